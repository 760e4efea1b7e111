"""Stand-ins for Pulumi resource providers that cannot be downloaded where the sandbox runs."""
