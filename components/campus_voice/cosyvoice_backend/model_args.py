"""What a CosyVoiceBackend is told about its model."""

from typing import NotRequired, TypedDict


class CosyVoiceBackendHubArgs(TypedDict):
    """A model on a hub that speaks the Hugging Face API."""

    repository: NotRequired[str]
    """Name of the repository. Default: the release's, `FunAudioLLM/Fun-CosyVoice3-0.5B-2512`."""

    revision: NotRequired[str]
    """Commit of the repository, 40 hexadecimal digits. Default: the one that the release pins."""

    endpoint: NotRequired[str]
    """Address of the hub, or of a mirror of it. Default: `https://huggingface.co`."""


class CosyVoiceBackendUrlArgs(TypedDict):
    """A model in a folder of a web server, with a `SHA256SUMS` as sha256sum writes it."""

    address: str
    """Address of the folder, with http or https."""

    revision: str
    """SHA-256 of the `SHA256SUMS`, which pins every file."""


class CosyVoiceBackendModelArgs(TypedDict):
    """Where the model comes from. Exactly one of `claim`, `hub` and `url` is given."""

    claim: NotRequired[str]
    """PersistentVolumeClaim in the backend's namespace that holds the model at its root, with a `SHA256SUMS`
    or the marker of a finished fetch; mounted read-only."""

    hub: NotRequired[CosyVoiceBackendHubArgs]
    """Fetch it from a hub, onto a volume of its own. `{}` is the release's own model."""

    url: NotRequired[CosyVoiceBackendUrlArgs]
    """Fetch it from a web server, onto a volume of its own."""

    storage: NotRequired[str]
    """Size of the volume that is made: for two models, so that an update can go back. Default: `15Gi`."""

    storage_class: NotRequired[str]
    """StorageClass of the volume that is made. Default: the cluster's own."""

    token_secret: NotRequired[str]
    """Secret in the backend's namespace with a key `token`, for a model that not everybody may fetch.
    Default: none."""

    sha256: NotRequired[dict[str, str]]
    """By path of a file, a SHA-256 that it must have whatever its source says. Default: what the source
    says for the pinned revision."""

    fetch_seconds: NotRequired[int]
    """How long the fetch may take, in seconds; after that a deployment fails. Default: 5400."""
