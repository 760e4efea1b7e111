"""What cannot work together in a backend: the component's own rules, told about the stack's file."""

import re
from collections.abc import Collection, Iterator

from campus_voice import Problem, SpeechServer, backend_problems
from pydantic.alias_generators import to_camel

from .backend import BackendSettings, ResourcesSettings
from .backend_args import backend_args
from .backup import BackupS3Settings, BackupSettings
from .rule import Broken, KeyPath, Rule

_PREFIX = "campus-voice"
_OWN_RULE = frozenset({"image", "model"})
_BLOCKS = (BackendSettings, BackupSettings, BackupS3Settings, ResourcesSettings)
_NAMES = {name for block in _BLOCKS for name in block.model_fields}
_IN_TEXT = re.compile(rf"\b({'|'.join(sorted(name for name in _NAMES if '_' in name))})\b")
_STEP = re.compile(r"[^.\[\]]+")


def broken(settings: BackendSettings, valid: Collection[str]) -> Iterator[Broken]:
    """What the backend would refuse about the fields named in `valid`."""
    if {"gpus", "image", "model", "server"} <= set(valid):
        yield from _gpus_need_image_and_model(settings)
    for problem in backend_problems(backend_args(settings, valid)):
        field = problem.field.split(".", maxsplit=1)[0].split("[", maxsplit=1)[0]
        if field in valid and not _told_already(settings, problem):
            yield Broken(_path(problem.field), problem.value, _rule(problem))


def _gpus_need_image_and_model(settings: BackendSettings) -> Iterator[Broken]:
    missing = [key for key, value in (("image", settings.image), ("model", settings.model)) if value is None]
    if settings.gpus and missing and settings.server is SpeechServer.CAMPUS_VOICE:
        yield Broken(
            (f"{_PREFIX}:gpus",),
            settings.gpus,
            Rule(
                f"it also needs {' and '.join(f'{_PREFIX}:{key}' for key in missing)}",
                "the release's own image speaks on the CPU and holds no model for a GPU",
                "Set image to the speech server's CUDA image and model.claim to the volume with the model's "
                "files, or set gpus to 0.",
            ),
        )


def _told_already(settings: BackendSettings, problem: Problem) -> bool:
    """Whether one problem that names both has been told instead."""
    missing = problem.value is None and problem.field in _OWN_RULE
    return missing and settings.server is SpeechServer.CAMPUS_VOICE


def _path(field: str) -> KeyPath:
    """Turn a component's field, such as `egress[0].network`, into a setting."""
    first, *rest = _STEP.findall(field)
    return (
        f"{_PREFIX}:{to_camel(first)}",
        *(int(step) if step.isdigit() else to_camel(step) for step in rest),
    )


def _rule(problem: Problem) -> Rule:
    texts = (problem.rule, problem.why, problem.way_out)
    return Rule(*(_IN_TEXT.sub(lambda found: to_camel(found[0]), text) for text in texts))
