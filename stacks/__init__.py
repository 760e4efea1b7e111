"""What the two kinds of stacks are made of: the platform's, and that of a campus with its own backend."""

from .campus import deploy_campus, read_platform
from .cluster import connect
from .platform import deploy_platform

__all__ = ["connect", "deploy_campus", "deploy_platform", "read_platform"]
