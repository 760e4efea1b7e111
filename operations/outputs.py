"""The outputs of a stack as the other operations read them: the only thing they know about the program."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from operations.errors import OperationError


class _Output(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Campus(_Output):
    """One campus, as the gateway serves it."""

    url: str
    """Where people go, such as https://north.voice.localhost."""

    host: str
    """The name in TLS and in the Host header."""

    envoy_clusters: tuple[str, ...]
    """Envoy's names for this campus's upstreams, `<namespace>_<service>_<port>`."""

    backend: str | None
    """Namespace of the speech server; None when a campus stack of its own brings it."""

    audible_label: bool
    """Whether each reply says first that a machine speaks."""


class Issuer(_Output):
    """The cert-manager issuer that signs the campuses' certificates."""

    name: str
    kind: str


class Gateway(_Output):
    """Where Contour and Envoy run."""

    namespace: str
    routes_namespace: str
    ingress_class: str
    envoy_selector: Mapping[str, str]
    http_port: int
    https_port: int
    issuer: Issuer
    exposure: str

    @property
    def contour_selector(self) -> Mapping[str, str]:
        """The labels of Contour's own pods, as upstream's manifests have them."""
        return {"app": "contour"}


class Backend(_Output):
    """One speech server."""

    namespace: str
    service: str
    port: int
    deployment: str
    selector: Mapping[str, str]
    outputs_claim: str
    image: str | None = None
    """Its image, by the last `up` that went well."""

    model: str | None = None
    """Its model, as JSON, by the last `up` that went well; None where the image holds it."""

    backup: str | None = None
    """The CronJob that backs it up; None where none does."""


class TlsSecret(_Output):
    """The Secret that holds a campus's certificate, its key and, with a CA of our own, `ca.crt`."""

    namespace: str
    secret_name: str


class StackOutputs(_Output):
    """Everything a stack says about itself, keyed by campus id or by backend namespace."""

    domain: str | None = None
    campuses: Mapping[str, Campus] = Field(min_length=1)
    gateway: Gateway
    backends: Mapping[str, Backend]
    tls: Mapping[str, TlsSecret]

    def spoken_here(self) -> dict[str, Campus]:
        """The campuses whose speech server this stack brings."""
        return {name: campus for name, campus in self.campuses.items() if campus.backend is not None}


def parse_outputs(stack: str, values: Mapping[str, object]) -> StackOutputs:
    """The typed outputs of `stack`.

    Raises:
        OperationError: the stack is not up, or its outputs have another shape.
    """
    if not values:
        raise OperationError(
            f"Stack {stack} has no outputs",
            "nothing has been brought up in it yet",
            f"Run `make up STACK={stack}` first.",
        )
    try:
        return StackOutputs.model_validate(dict(values))
    except ValidationError as error:
        fields = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
        raise OperationError(
            f"Stack {stack} has outputs of another shape",
            fields,
            f"Bring it up once more with this version: `make up STACK={stack}`.",
        ) from error
