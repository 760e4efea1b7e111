"""Cases of the components: arguments, and the objects that are rendered from them, as files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from campus_voice.ai_app_backend import backup_jobs
from campus_voice.ai_app_backend import checks as application_checks
from campus_voice.contour_gateway import checks as gateway_checks
from campus_voice.contour_gateway import render as gateway
from campus_voice.cosyvoice_backend import checks as backend_checks
from campus_voice.cosyvoice_backend import render as backend
from campus_voice.observability import checks as observability_checks
from campus_voice.observability import render as observability
from campus_voice.shared.errors import InvalidSettingsError
from campus_voice.shared.manifests import Objects
from campus_voice.tenant_route import checks as route_checks
from campus_voice.tenant_route import render as route

FOLDER = Path(__file__).parent
REFRESH = ".venv/bin/python -m tests.cases.refresh"
"""Writes down what is rendered today; what changed is then read in the diff."""


def _gateway(args: Any) -> Objects:
    return gateway.objects(gateway_checks.settings("case", args), "Campus Voice 0a1b2c3d", b"")


def _application(args: Any) -> Objects:
    settings = application_checks.settings("case", args)
    return backup_jobs.everything(settings.application, settings.backup)


def _backend(args: Any) -> Objects:
    return backend.objects(backend_checks.settings("case", args))


def _route(args: Any) -> Objects:
    settings = route_checks.settings("case", args)
    return {
        **(route.child(settings) if settings.part != "root" else {}),
        **(route.root(settings) if settings.part != "child" else {}),
    }


def _observability(args: Any) -> Objects:
    return observability.objects(observability_checks.settings("case", args))


_RENDERERS: Mapping[str, Callable[[Any], Objects]] = {
    "ai_app_backend": _application,
    "contour_gateway": _gateway,
    "cosyvoice_backend": _backend,
    "observability": _observability,
    "tenant_route": _route,
}


def every() -> list[Path]:
    """Folders of all cases."""
    return sorted(file.parent for file in FOLDER.glob("*/*/args.yaml"))


def rendered(case: Path) -> dict[str, Any]:
    """What the component makes of the case's arguments: objects by suffix, or why it refuses."""
    args = yaml.safe_load((case / "args.yaml").read_text()) or {}
    try:
        return _RENDERERS[case.parent.name](args)
    except InvalidSettingsError as refusal:
        return {"refused": str(refusal).splitlines()}


def expected(case: Path) -> Any:
    """What the component made of them when the case was last looked at."""
    file = case / "expected.yaml"
    return yaml.safe_load(file.read_text()) if file.exists() else None


def write(case: Path) -> None:
    """Write down what is rendered today."""
    text = yaml.dump(rendered(case), Dumper=_PlainDumper, sort_keys=True, width=110, allow_unicode=True)
    (case / "expected.yaml").write_text(text)


class _PlainDumper(yaml.SafeDumper):
    """Writes every object out in full, and long texts as they are."""

    def ignore_aliases(self, data: Any) -> bool:
        """Repeat what occurs twice."""
        del data
        return True


def _block_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_PlainDumper.add_representer(str, _block_text)
