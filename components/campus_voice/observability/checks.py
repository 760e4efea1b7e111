"""What an Observability accepts, and its settings with every default filled in."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campus_voice.shared import errors
from campus_voice.shared.enums import ObservabilityMode
from campus_voice.shared.fields import Fields

if TYPE_CHECKING:
    from .args import ObservabilityArgs


@dataclass(frozen=True)
class ObservabilitySettings:
    """An Observability's arguments, checked."""

    mode: ObservabilityMode
    namespace: str


def settings(name: str, args: "ObservabilityArgs") -> ObservabilitySettings:
    """Check the arguments of the Observability `name`.

    Raises:
        InvalidSettingsError: some cannot work; all of them are named.
    """
    fields = Fields(args)
    checked = ObservabilitySettings(
        mode=fields.choice("mode", ObservabilityMode.ANNOTATIONS),
        namespace=fields.label("namespace", "monitoring"),
    )
    errors.refuse(f"Observability {name!r}", fields.problems)
    return checked
