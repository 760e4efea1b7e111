"""A local one-node Kubernetes for Campus Voice: built once into a cache, nothing is installed."""
