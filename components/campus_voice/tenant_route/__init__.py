"""The way from a campus's host name to its backend."""
