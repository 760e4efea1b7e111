"""Package registries in, artefacts in the cache out."""
