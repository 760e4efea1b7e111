"""The node: a real one-node Kubernetes in namespaces and a root file system of its own."""
