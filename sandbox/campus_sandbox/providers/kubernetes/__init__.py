"""A stand-in for the official Kubernetes provider: objects on one cluster (see docs/adr/0030)."""
