"""Each committed stack file, run as a whole: what it makes, where, in which order, and what it tells."""

from typing import Any

import pytest
from campus_voice.adoption import ADOPTED

from tests.program.conftest import PLATFORM, Committed, Program
from tests.program.engine import ROOT, Deployment

STACKS = sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml"))


@pytest.mark.parametrize("stack", STACKS)
def test_every_committed_stack_file_composes(committed: Committed, stack: str) -> None:
    made = committed(stack)
    assert (made.exit_code, made.errors) == (0, []), "a committed stack file must work as it is"
    assert made.of_kind("Deployment"), "a stack without a Deployment speaks to nobody"


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_tells_the_same_shapes(committed: Committed, stack: str) -> None:
    told = committed(stack).outputs
    assert set(told) == {"domain", "gateway", "backends", "campuses", "tls", "enrolmentKeys"}
    assert set(told["gateway"]) == {
        "namespace",
        "routesNamespace",
        "ingressClass",
        "envoySelector",
        "longestRequestSeconds",
        "nodeNetworks",
        "dnsRecords",
        "httpPort",
        "httpsPort",
        "issuer",
        "exposure",
    }
    for backend in told["backends"].values():
        told_always = {"namespace", "service", "port", "deployment", "selector", "outputsClaim", "image"}
        assert set(backend) - {"backup", "model"} == told_always
    for campus, entry in told["campuses"].items():
        told_of_each = {
            "name",
            "url",
            "host",
            "envoyClusters",
            "public",
            "allowFrom",
            "hstsSeconds",
            "audibleLabel",
        }
        assert set(entry) >= told_of_each
        assert entry["url"] == f"https://{campus}.{told['domain']}", "a campus answers under its own name"
        assert entry.get("backend") in {None, *told["backends"]}, (
            "a backend is named that the stack describes"
        )
        assert set(told["tls"][campus]) == {"namespace", "secretName"}


@pytest.mark.parametrize("stack", STACKS)
def test_every_namespace_of_ours_is_made_once_and_said_on_every_object(
    committed: Committed, stack: str
) -> None:
    made = committed(stack)
    namespaces = [one.inputs["metadata"]["name"] for one in made.of_kind("Namespace")]
    assert len(namespaces) == len(set(namespaces)), f"two resources must not own one namespace: {namespaces}"
    used = {
        one.inputs["metadata"]["namespace"]
        for one in made.resources.values()
        if "namespace" in one.inputs.get("metadata", {})
    }
    assert used - set(namespaces) <= {"cert-manager"}, "only cert-manager's namespace is there already"


def test_production_is_backed_up_every_night_with_secrets_that_pulumi_never_sees(
    committed: Committed,
) -> None:
    made = committed("prod")
    jobs = {one.inputs["metadata"]["name"]: one.inputs["spec"] for one in made.of_kind("CronJob")}
    assert set(jobs) == {"cosyvoice-backup", "cosyvoice-restore"}
    assert jobs["cosyvoice-restore"]["suspend"] is True, "a restore starts by hand only"
    pod = jobs["cosyvoice-backup"]["jobTemplate"]["spec"]["template"]["spec"]
    saved = [one["mountPath"] for one in pod["containers"][0]["volumeMounts"] if one.get("readOnly")]
    assert saved == ["/root/CosyVoice/outputs", "/root/CosyVoice/voices"], "recordings and voices, unchanged"
    secret = {one["name"] for one in pod["containers"][0]["env"] if "valueFrom" in one}
    assert secret == {"RESTIC_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    made_here = {one.inputs["metadata"]["name"] for one in made.of_kind("Secret")}
    assert "cosyvoice-backup" not in made_here, "the Secret outlives every stack because none makes it"
    assert made.outputs["backends"]["voice"]["backup"] == "cosyvoice-backup"


def test_the_platform_stack_owns_the_hosts_and_the_shared_backend(committed: Committed) -> None:
    made = committed("dev")
    places = {
        (
            one.inputs["metadata"]["namespace"],
            one.inputs["metadata"]["name"],
            "virtualhost" in one.inputs["spec"],
        )
        for one in made.of_kind("HTTPProxy")
    }
    assert places == {
        ("campus-routes", "north", True),
        ("campus-routes", "south", True),
        ("campus-routes", "west", True),
        ("voice", "north", False),
        ("voice", "south", False),
    }, "hosts live in campus-routes, routes beside their backend, and west's routes in west's own stack"
    assert (
        made.named("HTTPProxy", "west", "campus-routes").inputs["spec"]["includes"][0]["namespace"]
        == "campus-west"
    )


def test_a_campus_stack_owns_nothing_outside_its_namespace(committed: Committed) -> None:
    made = committed("campus-west")
    objects = [one for one in made.resources.values() if one.kind.startswith("kubernetes:")]
    places = {one.inputs["metadata"].get("namespace", one.inputs["metadata"]["name"]) for one in objects}
    assert places == {"campus-west"}, "the platform's stack owns the gateway, the hosts and the certificates"
    assert [one.inputs["metadata"]["name"] for one in made.of_kind("HTTPProxy")] == ["west"]


def test_a_campus_on_a_shared_backend_says_whose_request_it_is(committed: Committed) -> None:
    made = committed("dev")
    container = made.named("Deployment", "cosyvoice", "voice").inputs["spec"]["template"]["spec"][
        "containers"
    ][0]
    assert {"name": "COSYVOICE_SHARED", "value": "true"} in container["env"]
    for campus in ("north", "south"):
        for route in made.named("HTTPProxy", campus, "voice").inputs["spec"]["routes"]:
            if "services" in route:
                assert {"name": "X-Campus-Id", "value": campus} in route["requestHeadersPolicy"]["set"]


def test_recordings_and_their_namespaces_are_kept_when_a_stack_goes(committed: Committed) -> None:
    made = committed("dev")
    kept = {
        (one.kind.rsplit(":", 1)[1], one.inputs["metadata"]["name"])
        for one in made.resources.values()
        if one.retained
    }
    assert {("Namespace", "voice"), ("PersistentVolumeClaim", "cosyvoice-output-pvc")} <= kept


def test_only_what_outlives_a_stack_is_taken_over(committed: Committed) -> None:
    made = committed("dev")
    takes_over = {
        one.name: one.inputs.get("upsertExistingObjects", "false") for one in made.of_kind("kubernetes")
    }
    assert takes_over == {"adopting": "true", "cluster": "false"}, "any other object that exists is refused"


@pytest.mark.parametrize("stack", STACKS)
def test_every_adopted_object_is_retained(committed: Committed, stack: str) -> None:
    made = committed(stack)
    adopted = [one for one in made.resources.values() if one.kind in ADOPTED]
    assert adopted, "every stack has a namespace"
    deleted = [f"{one.kind} {one.name}" for one in adopted if not one.retained]
    assert not deleted, f"it may have been somebody else's before, so destroy must not delete it: {deleted}"


@pytest.mark.parametrize("stack", STACKS)
def test_only_what_a_stack_may_have_found_is_left_behind(committed: Committed, stack: str) -> None:
    left = {one.kind for one in committed(stack).resources.values() if one.retained}
    assert left <= ADOPTED, "destroy takes everything else along, or the next up could not make it again"


def test_a_host_goes_before_the_routes_it_includes(committed: Committed) -> None:
    made = committed("dev")
    for campus in ("north", "south"):
        host, routes = (
            made.named("HTTPProxy", campus, "campus-routes"),
            made.named("HTTPProxy", campus, "voice"),
        )
        assert made.comes_after(host, routes), "removal is the reverse: the host must not outlive its routes"
        assert not made.comes_after(routes, host), "and nothing goes in circles"


def test_no_host_is_made_before_the_policy_that_protects_it(committed: Committed) -> None:
    made = committed("dev")
    bindings = made.of_kind("ValidatingAdmissionPolicyBinding")
    assert bindings, "without an admission policy any tenant can take another campus's host down"
    for route in made.of_kind("HTTPProxy"):
        for binding in bindings:
            assert made.comes_after(route, binding), f"{route.name} must wait for {binding.name}"


@pytest.mark.parametrize("stack", STACKS)
def test_no_route_is_made_before_the_wall_around_its_backend(committed: Committed, stack: str) -> None:
    made = committed(stack)
    wall = made.named("NetworkPolicy", "cosyvoice", next(iter(made.outputs["backends"])))
    for route in made.of_kind("HTTPProxy"):
        if "routes" in route.inputs["spec"]:
            assert made.comes_after(route, wall), f"{route.name} must wait for {wall.name}"


def test_a_backend_waits_for_its_namespace(committed: Committed) -> None:
    made = committed("dev")
    assert made.comes_after(made.named("Deployment", "cosyvoice", "voice"), made.named("Namespace", "voice"))


def serving(made: Deployment, campus: str, namespace: str) -> list[dict[str, Any]]:
    """The routes that lead to the speech server."""
    routes = made.named("HTTPProxy", campus, namespace).inputs["spec"]["routes"]
    return [route for route in routes if "services" in route]


def allowed(made: Deployment, campus: str, namespace: str) -> set[tuple[str, ...]]:
    """The networks of the routes that lead to the speech server: one element when all of them agree."""
    return {
        tuple(rule["cidr"] for rule in route.get("ipAllowPolicy", []))
        for route in serving(made, campus, namespace)
    }


def test_prod_serves_three_campuses_to_their_networks_only(committed: Committed) -> None:
    made = committed("prod")
    assert {campus: allowed(made, campus, "voice") for campus in ("north", "south", "harbour")} == {
        "north": {("198.51.100.0/25",)},
        "south": {("198.51.100.128/25",)},
        "harbour": {("203.0.113.0/24", "2001:db8:a::/48")},
    }, "allowFrom is enforced at the gateway, for the pages and the API"


def test_who_may_come_does_not_keep_out_the_authority_that_renews_the_certificate(
    committed: Committed,
) -> None:
    for host in committed("prod").of_kind("HTTPProxy"):
        assert "ipAllowPolicy" not in host.inputs["spec"].get("virtualhost", {}), (
            "a policy on the whole host also covers the answer to an ACME challenge"
        )


def test_a_campus_stack_lets_in_whom_the_platform_allows(program: Program) -> None:
    def limited(settings: dict[str, Any]) -> None:
        settings["campus-voice:campuses"][2]["allowFrom"] = ["10.20.0.0/16"]

    platform = program.up("dev", limited).outputs
    made = program.up("campus-west", stacks={PLATFORM: platform})
    assert allowed(made, "west", "campus-west") == {("10.20.0.0/16",)}, "the platform states who may come"


def test_a_campus_stack_takes_over_all_that_the_platform_says_about_the_campus(program: Program) -> None:
    login = {"namespace": "login", "service": "gatekeeper"}
    tokens = {
        "issuer": "https://login.example.org/",
        "jwksUrl": "https://login.example.org/keys",
        "audiences": ["campus-voice"],
        "caSecret": "login-ca",
    }

    def said(settings: dict[str, Any]) -> None:
        settings["campus-voice:campuses"][2] |= {
            "auth": {"jwt": tokens, "external": login},
            "certificateSecret": "wildcard-tls",
            "denyFrom": ["10.20.1.0/24"],
            "limits": {"requestsPerSecond": 7},
            "minimumTls": "1.3",
            "routes": [{"prefix": "/images", "services": [{"name": "images", "port": 8080}]}],
            "voiceCloning": True,
            "audibleLabel": True,
        }

    platform = program.up("dev", said)
    host = platform.named("HTTPProxy", "west", "campus-routes").inputs["spec"]["virtualhost"]
    assert host["tls"] == {"minimumProtocolVersion": "1.3", "secretName": "wildcard-tls"}
    assert host["authorization"]["extensionRef"]["namespace"] == "login"
    signed = [one.inputs["metadata"]["name"] for one in platform.of_kind("Certificate")]
    assert "west-tls" not in signed, "a certificate that is there already is not asked for"

    made = program.up("campus-west", stacks={PLATFORM: platform.outputs})
    routes = {route["conditions"][0]["prefix"]: route for route in serving(made, "west", "campus-west")}
    assert routes["/images"]["services"] == [{"name": "images", "port": 8080}]
    assert routes["/"]["rateLimitPolicy"]["local"]["requests"] == 7
    assert routes["/"]["ipDenyPolicy"] == [{"cidr": "10.20.1.0/24", "source": "Peer"}]
    assert routes["/v1"]["jwtVerificationPolicy"] == {"require": "tokens"}
    for switch in ("X-Campus-Voice-Cloning", "X-Campus-Audible-Label"):
        assert {"name": switch, "value": "enabled"} in routes["/"]["requestHeadersPolicy"]["set"]


def test_browsers_insist_on_a_trusted_certificate_only_where_a_public_authority_signs(
    committed: Committed,
) -> None:
    def insists(stack: str) -> set[bool]:
        return {
            "Strict-Transport-Security" in [one["name"] for one in route["responseHeadersPolicy"]["set"]]
            for route in serving(committed(stack), "north", "voice")
        }

    assert insists("prod") == {True}, "ACME signs for prod"
    assert insists("dev") == {False}, "a new authority per sandbox would lock its browsers out"


def test_envoy_in_the_network_of_its_nodes_reaches_every_backend(program: Program) -> None:
    def on_the_host(settings: dict[str, Any]) -> None:
        settings["campus-voice:exposure"] = "hostNetwork"
        settings["campus-voice:edge"] = {
            "nodeNetworks": ["10.20.0.0/16"],
            "nodeSelector": {"edge": "true"},
            "tolerations": [{"key": "edge", "operator": "Exists"}],
            "drainDelaySeconds": 5,
            "graceSeconds": 800,
            "addresses": ["192.0.2.10"],
            "externalDns": True,
            "cpus": 3,
            "memory": "1Gi",
        }

    platform = program.up("dev", on_the_host)
    attached = program.up("campus-west", stacks={PLATFORM: platform.outputs})
    for made, namespace in ((platform, "voice"), (attached, "campus-west")):
        wall = made.named("NetworkPolicy", "cosyvoice", namespace).inputs["spec"]["ingress"][0]
        assert {"ipBlock": {"cidr": "10.20.0.0/16"}} in wall["from"], (
            f"{namespace} lets in the nodes, since no label tells Envoy from them"
        )
    pod = platform.named("DaemonSet", "envoy", "projectcontour").inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"edge": "true"}
    assert pod["tolerations"] == [{"key": "edge", "operator": "Exists"}]
    assert pod["terminationGracePeriodSeconds"] == 800
    assert platform.outputs["gateway"]["dnsRecords"] == [
        {"name": f"{campus}.voice.localhost", "type": "A", "value": "192.0.2.10"}
        for campus in ("north", "south", "west")
    ], "whoever runs the DNS is told what to enter, a campus with its own stack included"
    assert pod["containers"][1]["resources"]["limits"] == {"cpu": "3", "memory": "1Gi"}


def test_a_campus_may_be_signed_for_by_another_issuer_than_its_neighbours(program: Program) -> None:
    dns01 = {"cloudflare": {"apiTokenSecretRef": {"name": "dns-provider", "key": "token"}}}

    def rehearsing(settings: dict[str, Any]) -> None:
        settings["campus-voice:domain"] = "voice.example.org"
        settings["campus-voice:acme"] = {"email": "platform@example.org", "dns01": dns01}
        account = {"email": "platform@example.org", "server": "https://acme-staging.example.org/directory"}
        settings["campus-voice:issuers"] = [{"name": "staging", "kind": "acme", "acme": account}]
        settings["campus-voice:campuses"][1]["issuer"] = "staging"

    made = program.up("dev", rehearsing)
    solvers = {
        one.inputs["metadata"]["name"]: one.inputs["spec"]["acme"]["solvers"]
        for one in made.of_kind("ClusterIssuer")
    }
    assert solvers["campus-voice"] == [{"dns01": dns01}], "the provider's settings are passed on untouched"
    assert list(solvers["staging"][0]) == ["http01"]
    signing = {
        campus: made.named("Certificate", f"{campus}-tls", "campus-routes").inputs["spec"]["issuerRef"][
            "name"
        ]
        for campus in ("north", "south")
    }
    assert signing == {"north": "campus-voice", "south": "staging"}


def test_prod_asks_for_a_gpu_on_the_chosen_nodes(committed: Committed) -> None:
    pod = committed("prod").named("Deployment", "cosyvoice", "voice").inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"nvidia.com/gpu.product": "NVIDIA-L40S"}
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert pod["containers"][0]["image"] == "ghcr.io/campus-voice/cosyvoice:0.1.0-cuda"


def test_prod_has_certificates_of_a_public_authority(committed: Committed) -> None:
    (issuer,) = committed("prod").of_kind("ClusterIssuer")
    assert issuer.inputs["spec"]["acme"]["email"] == "voice-operations@example.org"
