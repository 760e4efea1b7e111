"""What a stack's file may say about where the speech model comes from."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, TypeAlias

from pydantic import Field, StringConstraints

from .rule import Rule
from .strict import Strict
from .types import ObjectName, Quantity

FetchSeconds: TypeAlias = Annotated[
    int,
    Field(ge=60, le=86400),
    Rule(
        "it must be a whole number of seconds from 60 to 86400",
        "a deployment waits that long for the model",
        "Leave it out for 5400.",
    ),
]

Repository: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$"),
    Rule(
        "it must be the name of a repository, <owner>/<name>",
        "the hub knows models by it",
        "Write it like FunAudioLLM/Fun-CosyVoice3-0.5B-2512.",
    ),
]

Commit: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{40}$"),
    Rule(
        "it must be a commit, 40 hexadecimal digits",
        "a branch or a tag moves, and then nobody has reviewed what runs",
        "Write the commit that the hub shows in the repository's history, in quotes.",
    ),
]

Checksum: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9a-f]{64}$"),
    Rule(
        "it must be a SHA-256, 64 hexadecimal digits in lower case",
        "what is fetched is compared with it",
        "Write what sha256sum says, in quotes.",
    ),
]

Checksums: TypeAlias = Annotated[
    dict[str, Checksum],
    Rule(
        "it must be a block of paths with a SHA-256 each",
        "the files are compared with it",
        "Write it like `{llm.pt: <SHA-256>}`, or leave it out.",
    ),
]

Mirror: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\s?#]*)?$"),
    Rule(
        "it must be an http:// or https:// address without user, query or fragment",
        "the fetch asks there, and logs show the address",
        "Write it like https://mirror.example.org/models; a token goes into tokenSecret.",
    ),
]


class HubSettings(Strict):
    """A model on a hub that speaks the Hugging Face API."""

    repository: Repository | None = None
    """Name of the repository. Default: the release's, `FunAudioLLM/Fun-CosyVoice3-0.5B-2512`."""

    revision: Commit | None = None
    """Commit of the repository. Default: the one that the release pins."""

    endpoint: Mirror | None = None
    """Address of the hub, or of a mirror of it. Default: `https://huggingface.co`."""


class UrlSettings(Strict):
    """A model in a folder of a web server, with a `SHA256SUMS`."""

    address: Mirror
    """Address of the folder."""

    revision: Checksum
    """SHA-256 of the `SHA256SUMS`, which pins every file."""


class ModelSettings(Strict):
    """Where the speech model comes from: exactly one of `claim`, `hub` and `url`."""

    elsewhere: ClassVar[Mapping[str, Rule]] = {
        "tensorrt": Rule(
            "it is no setting of the model",
            "what TensorRT needs is fetched where the GPU is to use it",
            "Write `campus-voice:acceleration: {tensorrt: true}` instead.",
        )
    }

    claim: ObjectName | None = None
    """PersistentVolumeClaim, in the backend's namespace, with the model's files and their `SHA256SUMS`."""

    hub: (
        Annotated[
            HubSettings,
            Rule(
                "it must be a block with some of the keys repository, revision, endpoint",
                "the model is fetched from there",
                "Write `hub: {}` for the release's own model.",
            ),
        ]
        | None
    ) = None
    """Fetch it from a hub."""

    url: (
        Annotated[
            UrlSettings,
            Rule(
                "it must be a block with the keys address and revision",
                "the model is fetched from there",
                "Write `url: {address: <address>, revision: <SHA-256 of its SHA256SUMS>}`.",
            ),
        ]
        | None
    ) = None
    """Fetch it from a web server."""

    storage: Quantity | None = None
    """Size of the volume that a fetched model is kept on. Default: `15Gi`, for two of the release's model."""

    storage_class: ObjectName | None = None
    """StorageClass of that volume. Default: the cluster's own."""

    token_secret: ObjectName | None = None
    """Secret in the backend's namespace whose key `token` opens the hub or the mirror. Default: none."""

    sha256: Checksums = Field(default_factory=dict)
    """By path of a file, a SHA-256 that it must have whatever its source says. Default: none."""

    fetch_seconds: FetchSeconds | None = None
    """How long a fetch may take, in seconds, until a deployment fails. Default: 5400."""
