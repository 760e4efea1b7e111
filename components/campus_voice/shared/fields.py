"""Reading a component's arguments: defaults filled in, numbers made whole, every problem noted."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from . import names
from .errors import Problem
from .quantities import canonical

_Choice = TypeVar("_Choice", bound=Enum)

_PORTS = (1, 65535)


@dataclass(frozen=True)
class _Form:
    """What a name has to look like, and what to say when it does not."""

    matches: Callable[[str], bool]
    rule: str
    why: str
    way_out: str


_LABEL = _Form(
    names.is_label,
    "it has to be a DNS label: at most 63 of a-z, 0-9 and '-', not beginning or ending with '-'",
    "Kubernetes accepts no other name",
    "Choose a name such as 'voice' or 'campus-north'.",
)
_CAMPUS = _Form(
    names.is_campus,
    f"it has to be a DNS label of at most {names.CAMPUS_MAXIMUM} characters, a letter first",
    "it becomes a part of a host name and of Service names",
    "Choose an id such as 'north' or 'music-school'.",
)
_DOMAIN = _Form(
    names.is_domain,
    "it has to be a DNS name in lower case without scheme, port or dot at the end",
    "each campus answers at <campus>.<domain>",
    "Write it like 'voice.example.org'.",
)


class Fields:
    """Arguments under reading.

    Args:
        values: the arguments, by their Python names.
        path: prefix of the field names in problems, such as `issuer.`.
        problems: where problems are noted; a nested reader shares its parent's list.
    """

    def __init__(
        self, values: Mapping[str, Any], path: str = "", problems: list[Problem] | None = None
    ) -> None:
        self._values = values
        self._path = path
        self.problems: list[Problem] = [] if problems is None else problems

    def nested(self, name: str) -> "Fields":
        """Read the arguments inside the argument `name`, absent ones as empty."""
        return Fields(self._values.get(name) or {}, f"{self._path}{name}.", self.problems)

    def each(self, name: str) -> "list[Fields]":
        """Read the arguments inside each entry of the list `name`; an absent list is empty."""
        entries = self._values.get(name) or []
        return [
            Fields(entry, f"{self._path}{name}[{position}].", self.problems)
            for position, entry in enumerate(entries)
        ]

    def names(self) -> AbstractSet[str]:
        """Return the names of all arguments that were given."""
        return self._values.keys()

    def given(self, name: str) -> Any:
        """Return the argument as it was given, or None."""
        return self._values.get(name)

    def refuse(self, name: str, rule: str, why: str, way_out: str) -> None:
        """Note that the argument `name` cannot work."""
        self.refuse_as(self._values.get(name), name, rule, why, way_out)

    def refuse_as(self, shown: object, name: str, rule: str, why: str, way_out: str) -> None:
        """Note that the argument `name` cannot work, with a value to show in place of its own."""
        self.problems.append(Problem(f"{self._path}{name}", shown, rule, why, way_out))

    def text(self, name: str, default: str | None = None) -> str:
        """Read a text that must be known before anything is deployed."""
        value = self._values.get(name, default)
        if isinstance(value, str) and value:
            return value
        self.refuse(
            name,
            "it has to be a text that is known before anything is deployed",
            "names of objects are derived from it",
            f"Give {name} as a plain, non-empty text.",
        )
        return default or name.replace("_", "-")

    def label(self, name: str, default: str | None = None) -> str:
        """Read the name of a namespace or an object."""
        return self._matching(name, default, _LABEL)

    def campus(self, name: str) -> str:
        """Read the id of a campus."""
        return self._matching(name, None, _CAMPUS)

    def domain(self, name: str) -> str:
        """Read a domain."""
        return self._matching(name, None, _DOMAIN)

    def integer(self, name: str, default: int | None, minimum: int, maximum: int, why: str) -> int:
        """Read a whole number between two bounds; 3.0 counts as 3, as other languages send it."""
        value = self._values.get(name, default)
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        if whole and minimum <= int(value) <= maximum:
            return int(value)
        self.refuse(
            name,
            f"it has to be a whole number from {minimum} to {maximum}",
            why,
            f"Give {name} a number in that range.",
        )
        return minimum

    def port(self, name: str, default: int) -> int:
        """Read a TCP port."""
        return self.integer(name, default, *_PORTS, "TCP has no other ports")

    def flag(self, name: str, *, default: bool) -> bool:
        """Read a yes or no."""
        value = self._values.get(name, default)
        if isinstance(value, bool):
            return value
        self.refuse(name, "it has to be true or false", "it is a switch", f"Write {name} as true or false.")
        return default

    def choice(self, name: str, default: _Choice) -> _Choice:
        """Read one of an enumeration's values."""
        value = self._values.get(name, default)
        try:
            return type(default)(value)
        except ValueError:
            allowed = ", ".join(str(member.value) for member in type(default))
            self.refuse(
                name,
                f"it has to be one of {allowed}",
                "nothing else is implemented",
                f"Choose one of {allowed}.",
            )
            return default

    def quantity(self, name: str, default: str | None = None) -> str:
        """Read a quantity, in the form in which the API server stores it."""
        value = self._values.get(name, default)
        try:
            return canonical(value if isinstance(value, str) else "")
        except ValueError:
            self.refuse(
                name,
                "it has to be a quantity above zero, no finer than a thousandth",
                "Kubernetes accepts no other form",
                "Write it like '20Gi', '500m' or '2'.",
            )
            return "1"

    def optional_quantity(self, name: str, default: str | None = None) -> str | None:
        """Read a quantity that may be left out."""
        if self.given(name) is None and default is None:
            return None
        return self.quantity(name, default)

    def network(self, name: str) -> str:
        """Read one network in CIDR notation, without host bits."""
        value = self._values.get(name)
        self._check_network(name, value if isinstance(value, str) else "")
        return str(value)

    def networks(self, name: str) -> Sequence[str]:
        """Read a list of networks in CIDR notation, without host bits."""
        networks = tuple(self._values.get(name) or ())
        for network in networks:
            self._check_network(name, network)
        return networks

    def _check_network(self, name: str, network: str) -> None:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            self.refuse(
                name,
                f"every entry has to be a network in CIDR notation ({error})",
                "addresses are compared with them",
                "Write networks such as 10.20.0.0/16 or 2001:db8::/48.",
            )

    def _matching(self, name: str, default: str | None, form: _Form) -> str:
        value = self._values.get(name, default)
        if isinstance(value, str) and form.matches(value):
            return value
        self.refuse(name, form.rule, form.why, form.way_out)
        return default or name.replace("_", "-")
