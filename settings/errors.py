"""How everything that is wrong with a stack's settings is told at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from campus_voice import Problem

NOT_SHOWN = "(a secret, not shown)"
"""Stands for the value of a setting that is kept encrypted."""


@dataclass(frozen=True)
class Finding:
    """One problem and where it was written."""

    place: str
    """The stack's file with the line, as in `Pulumi.prod.yaml:12`; without a line when the key is missing."""

    problem: Problem
    """What is wrong; its field is the full key, such as `campus-voice:campuses[1].id`."""

    note: str = ""
    """What is told once below all findings."""

    def __str__(self) -> str:
        """The finding in one line."""
        return f"{self.place}: {self.problem}"


class SettingsError(Exception):
    """Settings that cannot work; its text is all that a user needs to see."""

    def __init__(self, stack: str, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        count = "1 setting" if len(self.findings) == 1 else f"{len(self.findings)} settings"
        notes = dict.fromkeys(finding.note for finding in self.findings if finding.note)
        lines = "\n".join([*(f"  {finding}" for finding in self.findings), *notes])
        super().__init__(f"{count} of stack {stack} cannot work; nothing was changed:\n{lines}")
