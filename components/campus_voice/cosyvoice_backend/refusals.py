"""Arguments of a CosyVoiceBackend that are right by themselves and cannot work together."""

from typing import TYPE_CHECKING

from campus_voice.shared.enums import Engine
from campus_voice.shared.fields import Fields

if TYPE_CHECKING:
    from .checks import BackendSettings

_PREFIX = "COSYVOICE_"


def combinations(fields: Fields, checked: "BackendSettings") -> None:
    """Note what cannot work together."""
    if checked.backup is not None and checked.storage.voices is None and not checked.backup_recordings:
        fields.nested("backup").refuse(
            "recordings",
            "it must not be false beside a third party's server",
            "such a server keeps nothing else",
            "Leave it out, or remove backup.",
        )
    if checked.ours:
        _of_our_server(fields, checked)
    else:
        _of_a_third_partys(fields, checked)


def _of_our_server(fields: Fields, checked: "BackendSettings") -> None:
    gpus = checked.placement.gpus
    if gpus and fields.given("image") is None:
        fields.refuse(
            "image",
            "a backend with GPUs needs an image",
            "the default image speaks on a CPU only",
            "Name an image of the speech server that was built for CUDA, or set gpus to 0.",
        )
    if checked.engine is Engine.COSYVOICE and checked.model is None and fields.given("model") is None:
        fields.refuse(
            "model",
            "the engine cosyvoice needs a model",
            "no image contains its several gigabytes",
            "Write {hub: {}} to fetch the release's own, name the claim of a volume that holds one, or "
            "choose the engine kokoro.",
        )
    if checked.engine is Engine.COSYVOICE and not gpus:
        fields.refuse(
            "engine",
            "cosyvoice needs at least one GPU",
            "on a CPU a sentence takes minutes",
            "Set gpus to 1 or more, or choose the engine kokoro.",
        )
    if checked.engine is not Engine.COSYVOICE and fields.given("acceleration"):
        fields.refuse_as(
            sorted(fields.given("acceleration")),
            "acceleration",
            "it must not be given without the engine cosyvoice",
            f"{checked.engine.value} uses no GPU",
            "Remove it, or choose the engine cosyvoice, which needs a GPU, an image and a model.",
        )
    for name in sorted(checked.start.environment):
        if name.startswith(_PREFIX):
            fields.refuse_as(
                name,
                "env",
                f"its names must not begin with {_PREFIX}",
                "the component tells this release's server what it is to do by them",
                "Use the argument of the same meaning.",
            )


def _of_a_third_partys(fields: Fields, checked: "BackendSettings") -> None:
    if fields.given("image") is None:
        fields.refuse(
            "image",
            "a third party's server needs an image",
            "only this release's is known by itself",
            "Name the image, with its tag or digest.",
        )
    if checked.shared:
        fields.refuse(
            "shared",
            "a third party's server must not be shared",
            "it does not keep one campus's recordings from another's",
            "Give each campus a backend of its own, or use this release's server.",
        )
    if checked.model is not None and checked.model.fetch is not None:
        fields.refuse_as(
            checked.model.fetch.revision,
            "model",
            "a third party's server must not have a model fetched",
            "only this release's image holds the program that fetches and verifies it",
            "Name the claim of a volume that holds the model, or leave it out if the image does.",
        )
    for name in ("acceleration", "enrolment_keys", "voices_storage", "outputs_ttl_days", "engine"):
        if given := fields.given(name):
            fields.refuse_as(
                sorted(given) if isinstance(given, dict) else given,
                name,
                "it must not be given beside a third party's server",
                "only this release's server understands it",
                "Remove it, or use this release's server.",
            )
