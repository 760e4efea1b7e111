"""What an earlier deployment left behind is taken over, and nothing else is."""

import pulumi
import pulumi_kubernetes as kubernetes
import pytest
from campus_voice import adopt_existing
from campus_voice.shared import registration

from tests.program.engine import run


def _provider_of(kind: str) -> str | None:
    """Name of the provider that an object of that kind is given by the transform."""
    found: list[str | None] = []

    def program() -> None:
        adopting = kubernetes.Provider("adopting", upsert_existing_objects=True)
        asked = pulumi.ResourceTransformArgs(
            custom=True, type_=kind, name="object", props={}, opts=pulumi.ResourceOptions(protect=True)
        )
        answer = adopt_existing(adopting)(asked)
        if answer is None:
            found.append(None)
            return
        assert isinstance(answer, pulumi.ResourceTransformResult)
        assert answer.opts.protect, "the other options stay what they were"
        found.append(answer.opts.provider._name if answer.opts.provider else None)

    run(program)
    return found[0]


@pytest.mark.parametrize(
    "kind",
    [
        "kubernetes:core/v1:Namespace",
        "kubernetes:core/v1:PersistentVolumeClaim",
        "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
    ],
)
def test_what_is_retained_is_taken_over(kind: str) -> None:
    assert _provider_of(kind) == "adopting"


@pytest.mark.parametrize(
    "kind", ["kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Secret", "pulumi:pulumi:Stack"]
)
def test_nobody_elses_object_is_taken_over(kind: str) -> None:
    assert _provider_of(kind) is None, "creating what exists already has to fail"


def test_every_kind_of_object_that_is_rendered_has_a_class_of_the_provider() -> None:
    assert all(callable(made) for made in registration._classes().values())
