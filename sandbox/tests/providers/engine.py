"""The real Pulumi engine on small Python programs, with a file backend of its own."""

from pathlib import Path


class Engine:
    def __init__(self, programs: Path, kubeconfig: Path, folder: Path) -> None: ...
