"""A stand-in for the official Kubernetes provider, for custom resources on one cluster (see docs/adr/0030)."""
