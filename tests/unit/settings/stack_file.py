"""A stack's file as a person writes it, handed to the settings the way Pulumi hands it over."""

import json
from pathlib import Path
from textwrap import dedent

import pytest
import yaml

from settings import Configuration, Given, SettingsError, load
from settings.source import StackFile

PROJECT = "campus-voice"
KUBECONFIG = {"contexts": [{"name": "campus"}, {"name": "laptop"}], "current-context": "laptop"}


class Folder:
    """A project's folder with a kubeconfig in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.environment = {"HOME": str(path), "KUBECONFIG": str(path / "kubeconfig")}
        (path / "kubeconfig").write_text(yaml.safe_dump(KUBECONFIG))

    def given(self, text: str, stack: str = "prod") -> Given:
        """What Pulumi hands over when the file of `stack` holds `text` under `config:`."""
        body = dedent(text).strip("\n")
        file = self.path / f"Pulumi.{stack}.yaml"
        file.write_text("config:\n" + "\n".join(f"  {line}" for line in body.split("\n")) + "\n")
        written = yaml.safe_load(file.read_text())["config"]
        values = {
            key if ":" in key else f"{PROJECT}:{key}": value if isinstance(value, str) else json.dumps(value)
            for key, value in written.items()
        }
        return Given(stack, PROJECT, values, frozenset(), StackFile.read(self.path, stack, PROJECT))

    def load(self, text: str, stack: str = "prod") -> Configuration:
        """The configuration of a file that can work."""
        return load(self.given(text, stack), self.environment, self.path)

    def refusal(self, written: str | Given, stack: str = "prod") -> str:
        """What a person reads about settings that cannot work."""
        given = self.given(written, stack) if isinstance(written, str) else written
        with pytest.raises(SettingsError) as refused:
            load(given, self.environment, self.path)
        return str(refused.value)
