"""Where a backend's model comes from: a volume that is there, or a pinned revision that is fetched."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from campus_voice.ai_app_backend.application import Claim
from campus_voice.shared import versions
from campus_voice.shared.enums import AccessMode
from campus_voice.shared.fields import Fields

CLAIM = "model"
CLAIM_NAME = "cosyvoice-model-pvc"
FOLDER = "/models"
"""Where the volume is mounted; each fetched revision has a folder of its own in it."""

CREDENTIAL_FOLDER = "/etc/cosyvoice/model"

ANNOTATION = "campus-voice/model"
"""Annotation of the Job that fetches a model, and of the Deployment that runs on one: which model it is."""

_SOURCES = ("claim", "hub", "url")
_COMMIT = re.compile("[0-9a-f]{40}")
_SHA256 = re.compile("[0-9a-f]{64}")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?(/[^\s?#]*)?")
_PORTS = {"https": 443, "http": 80}
_SHORT = 10


@dataclass(frozen=True)
class Fetch:
    """A pinned revision that a Job brings onto the volume."""

    told: Mapping[str, Any]
    """What decides what is fetched, defaults written out, in the words of the argument `model`; and
    `tensorrt` where `acceleration` has that on."""

    arguments: Sequence[str]
    """What the fetch program is told, the same for the same content from the same place."""

    revision: str
    ports: Sequence[int]
    """TCP ports that the fetch needs."""

    claim: Claim
    token_secret: str | None
    seconds: int
    """How long it may take."""

    @property
    def job_name(self) -> str:
        """Name of the Job: another one for another model, so that a new revision is fetched anew."""
        digest = hashlib.sha256(json.dumps(self.arguments).encode()).hexdigest()
        return f"cosyvoice-model-{digest[:_SHORT]}"


@dataclass(frozen=True)
class Model:
    """The model's volume, as the server sees it."""

    claim_name: str
    folder: str
    """The model's folder, in the server."""

    told: str
    """What of the argument `model` decides what is loaded, as JSON with the defaults: what is reviewed; and
    `tensorrt` where `acceleration` has that on."""

    fetch: Fetch | None
    """None: the volume is there already."""

    @property
    def claims(self) -> Sequence[Claim]:
        """The volume that is made for it, if one is."""
        return [] if self.fetch is None else [self.fetch.claim]


def read(fields: Fields, access: AccessMode, *, tensorrt: bool) -> Model | None:
    """Read the argument `model`; None where the model is in the image.

    Args:
        fields: the backend's arguments.
        access: from where the backend's volumes can be used.
        tensorrt: whether what TensorRT needs is fetched too.
    """
    if fields.given("model") is None:
        return None
    own = fields.nested("model")
    given = [source for source in _SOURCES if own.given(source) is not None]
    if len(given) != 1:
        own.refuse_as(
            ", ".join(given) or None,
            "hub",
            f"exactly one of {', '.join(_SOURCES)} has to be given",
            "it says where the model comes from",
            "Write {hub: {}} for the release's own model, {url: {address, revision}} for a mirror, or "
            "{claim} for a volume that holds it.",
        )
        return None
    if given == ["claim"]:
        claim = own.label("claim")
        told = {"claim": claim, **_accelerated(tensorrt=tensorrt)}
        return Model(claim, FOLDER, json.dumps(told), fetch=None)
    fetch = _fetch(own, given[0], access, tensorrt=tensorrt)
    return Model(CLAIM_NAME, f"{FOLDER}/{fetch.revision}", json.dumps(fetch.told), fetch)


def _fetch(fields: Fields, source: str, access: AccessMode, *, tensorrt: bool) -> Fetch:
    of_source = fields.nested(source)
    if source == "hub":
        address = _matching(of_source, "endpoint", versions.model("endpoint"), _ADDRESS, _AN_ADDRESS)
        revision = _matching(of_source, "revision", versions.model("revision"), _COMMIT, _A_COMMIT)
        repository = versions.model("repository")
        named = _matching(of_source, "repository", repository, _REPOSITORY, _A_REPOSITORY)
        if named != repository and of_source.given("revision") is None:
            of_source.refuse("revision", *_OWN_REVISION)
        place = ["--endpoint", address, "--repository", named]
        told = {"endpoint": address, "repository": named, "revision": revision}
    else:
        address = _matching(of_source, "address", None, _ADDRESS, _AN_ADDRESS)
        revision = _matching(of_source, "revision", None, _SHA256, _SUMS)
        place = ["--url", address]
        told = {"address": address, "revision": revision}
    checksums = dict(sorted(_checksums(fields).items()))
    folder = f"{FOLDER}/{revision}"
    return Fetch(
        told={
            source: told,
            **({"sha256": checksums} if checksums else {}),
            **_accelerated(tensorrt=tensorrt),
        },
        arguments=[
            *("model", "fetch", "--source", source, *place, "--revision", revision, "--folder", folder),
            "--remove-older",
            *(["--tensorrt"] if tensorrt else []),
            *(f"--sha256={path}={sha256}" for path, sha256 in checksums.items()),
        ],
        revision=revision,
        ports=sorted({_PORTS["https"], *_port(address)}),
        claim=Claim(
            CLAIM,
            CLAIM_NAME,
            fields.quantity("storage", versions.model("storage")),
            fields.given("storage_class"),
            access,
        ),
        token_secret=fields.label("token_secret") if fields.given("token_secret") is not None else None,
        seconds=fields.integer("fetch_seconds", 5400, 60, 86400, "it bounds how long a deployment waits"),
    )


def _accelerated(*, tensorrt: bool) -> Mapping[str, bool]:
    return {"tensorrt": True} if tensorrt else {}


_Words = tuple[str, str, str]
_AN_ADDRESS: _Words = (
    "it has to be an http or https address without a query",
    "the fetch asks there, and an address is shown in logs",
    "Write it like https://mirror.example.org/models; a token goes into token_secret.",
)
_A_COMMIT: _Words = (
    "it has to be a commit, 40 hexadecimal digits",
    "a branch or a tag moves, and then nobody has reviewed what runs",
    "Write the commit that the hub shows in the repository's history.",
)
_A_REPOSITORY: _Words = (
    "it has to be <owner>/<name>",
    "the hub knows repositories by that",
    "Write it like FunAudioLLM/Fun-CosyVoice3-0.5B-2512.",
)
_SUMS: _Words = (
    "it has to be the SHA-256 of the folder's SHA256SUMS, 64 hexadecimal digits",
    "it pins every file of the model at once",
    "Run `sha256sum SHA256SUMS` on the mirror.",
)
_OWN_REVISION: _Words = (
    "it has to be given beside a repository of your own",
    "the release pins a revision of its own repository only",
    "Write the commit that you have reviewed.",
)


def _matching(fields: Fields, name: str, default: str | None, form: re.Pattern[str], words: _Words) -> str:
    value = fields.given(name) if fields.given(name) is not None else default
    if isinstance(value, str) and form.fullmatch(value):
        return value
    fields.refuse(name, *words)
    return default or "0"


def _port(address: str) -> Sequence[int]:
    parts = urlsplit(address)
    return [parts.port or _PORTS.get(parts.scheme, _PORTS["https"])]


def _checksums(fields: Fields) -> Mapping[str, str]:
    """Read the checksums that bind whatever the source says."""
    given: Mapping[str, str] = fields.given("sha256") or {}
    for path, sha256 in given.items():
        if not _SHA256.fullmatch(sha256):
            fields.refuse_as(
                {path: sha256},
                "sha256",
                "each has to be a SHA-256, 64 hexadecimal digits in lower case",
                "the fetch compares the file with it",
                "Write what sha256sum says of a file that you have reviewed.",
            )
    return given
