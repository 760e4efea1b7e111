"""The model's files: fetching a pinned revision onto a volume, and telling whether a folder holds all of it."""
