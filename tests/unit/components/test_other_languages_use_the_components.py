"""The components as a plugin: what a program in another language sends and gets back."""

import json
from typing import Any

import pulumi
import pytest
import yaml
from campus_voice import COMPONENTS

from tests.cases import cases
from tests.program.engine import Deployment, run
from tests.unit.components import plugin_schema, upstream
from tests.unit.components.programs import called, objects


def constructed(component: str, inputs: dict[str, Any], **outputs: Any) -> Deployment:
    """What the plugin registers for a component named `case`, and the component's outputs as the stack's.

    `outputs` are inputs that come from other resources.
    """

    def program() -> None:
        given = inputs | _as_outputs(outputs)
        made = plugin_schema.provider().construct("case", f"campus-voice:index:{component}", given)
        for name, value in made.state.items():
            pulumi.export(name, value)

    return run(program)


def _as_outputs(values: dict[str, Any]) -> dict[str, Any]:
    """The values as outputs: a map as a whole, the fields of `issuer`, which the schema calls plain, each."""
    return {
        name: {key: pulumi.Output.from_input(leaf) for key, leaf in value.items()}
        if name == "issuer"
        else pulumi.Output.from_input(value)
        for name, value in values.items()
    }


def sent(value: Any) -> Any:
    """Arguments as they travel: names in camel case, every number a float."""
    if isinstance(value, dict):
        return {_camel(key): sent(part) for key, part in value.items()}
    if isinstance(value, list):
        return [sent(part) for part in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(part.title() for part in rest) if key.isidentifier() else key


@pytest.mark.parametrize(
    ("component", "case"),
    [
        ("AiAppBackend", "ai_app_backend/images-on-a-slice-of-a-gpu"),
        ("AiAppBackend", "ai_app_backend/pictures-backed-up"),
        ("CosyVoiceBackend", "cosyvoice_backend/gpu"),
        ("CosyVoiceBackend", "cosyvoice_backend/stopped"),
        ("CosyVoiceBackend", "cosyvoice_backend/third-party"),
        ("TenantRoute", "tenant_route/whole"),
        ("TenantRoute", "tenant_route/child"),
        ("TenantRoute", "tenant_route/applications"),
        ("TenantRoute", "tenant_route/limits"),
        ("TenantRoute", "tenant_route/tls"),
        ("Observability", "observability/none"),
    ],
)
def test_every_language_gets_what_python_gets(component: str, case: str) -> None:
    args = yaml.safe_load((cases.FOLDER / case / "args.yaml").read_text())
    rendered = cases.rendered(cases.FOLDER / case)
    assert objects(constructed(component, sent(args))) == {
        f"case-{name}": made for name, made in rendered.items()
    }


def test_a_gateway_takes_nested_settings_and_gives_nested_outputs() -> None:
    inputs = {
        "manifests": str(upstream.file("contour").parent),
        "httpPort": 8080.0,
        "issuers": [{"kind": "acme", "email": "platform@example.org", "name": "public"}],
        "edgeNodeSelector": {"node-role.example.org/edge": "true"},
    }
    deployment = constructed("ContourGateway", inputs)
    daemons = called(deployment, "case-envoy-daemonset").inputs["spec"]["template"]["spec"]
    assert daemons["containers"][1]["ports"][0]["hostPort"] == 8080, "numbers arrive as floats"
    assert daemons["nodeSelector"] == inputs["edgeNodeSelector"], "keys of maps are nobody's to rename"
    assert called(deployment, "case-issuer-public").inputs["spec"]["acme"]["email"] == "platform@example.org"
    outputs = deployment.outputs
    assert outputs["issuer"] == {"name": "public", "kind": "ClusterIssuer"}
    assert outputs["httpPort"] == 8080
    assert outputs["envoySelector"] == {"app": "envoy"}
    assert "caSecret" not in outputs, "an ACME issuer has no authority to show"


def test_outputs_of_one_component_are_inputs_of_the_next() -> None:
    inputs = {"campus": "north", "domain": "voice.example.org", "backendNamespace": "voice"}
    selector = {"app.kubernetes.io/name": "cosyvoice"}
    issuer = {"name": "campus-voice", "kind": "ClusterIssuer"}
    asked = objects(constructed("TenantRoute", inputs, backendSelector=selector, issuer=issuer))
    wanted = cases.rendered(cases.FOLDER / "tenant_route" / "whole")
    assert asked == {f"case-{name}": made for name, made in wanted.items()}


def test_the_schema_is_the_committed_one() -> None:
    assert plugin_schema.FILE.read_text() == plugin_schema.current(), (
        f"the components' schema changed; if that is meant, run `{cases.REFRESH}` and read the diff"
    )


def _described(schema: dict[str, Any]) -> dict[str, Any]:
    """Every type, input and output of the schema, by where it is."""
    found = dict(schema["resources"])
    for name, part in (schema["resources"] | schema["types"]).items():
        found[name] = part
        for kind in ("inputProperties", "properties"):
            found |= {f"{name}.{field}": value for field, value in part.get(kind, {}).items()}
        found |= {f"{name}={value['value']}": value for value in part.get("enum", [])}
    return found


def test_everything_a_consumer_can_write_or_read_is_described() -> None:
    described = _described(json.loads(plugin_schema.current()))
    silent = [name for name, part in described.items() if not part.get("description")]
    assert silent == [], "an editor shows the description where the name is typed"
    tokens = {f"campus-voice:index:{component.__name__}" for component in COMPONENTS}
    assert tokens <= described.keys(), "the type tokens are a part of every stack's state: they never change"


def test_an_unknown_choice_is_refused_by_its_name() -> None:
    with pytest.raises(pulumi.InputPropertyError) as refusal:
        constructed("Observability", {"mode": "everything"})
    assert refusal.value.property_path == "mode"
