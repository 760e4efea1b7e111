"""What the components have in common. Pure: nothing here imports Pulumi, except the module that says so."""
