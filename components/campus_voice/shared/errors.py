"""How a setting that cannot work is refused: value, rule, reason and way out, all problems at once."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One setting that cannot work."""

    field: str
    """Path of the setting, such as `issuer.email` or `campuses[2].id`."""

    value: object
    """The value that was given; None when there was none."""

    rule: str
    """What the value has to be."""

    why: str
    """Why the rule exists."""

    way_out: str
    """What to write instead."""

    def __str__(self) -> str:
        """The problem in one line."""
        given = "is missing" if self.value is None else f"is {self.value!r}"
        return f"{self.field} {given}: {self.rule}, because {self.why}. {self.way_out}"


class InvalidSettingsError(ValueError):
    """Settings that cannot work, with every problem that was found."""

    def __init__(self, subject: str, problems: Iterable[Problem]) -> None:
        self.subject = subject
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"{subject} cannot work; nothing was changed:\n{lines}")


def refuse(subject: str, problems: Iterable[Problem]) -> None:
    """Raise InvalidSettingsError about `subject` when there is a problem."""
    found = tuple(problems)
    if found:
        raise InvalidSettingsError(subject, found)
