"""What of a stack runs, where, and how healthy it is."""
