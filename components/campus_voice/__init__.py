"""Pulumi components that give every campus its own voice service behind one gateway."""
