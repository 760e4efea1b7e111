"""The logs of a stack's gateway and speech servers."""
