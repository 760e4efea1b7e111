"""Every message about settings that are right by themselves, in full, and where they stop short."""

from pathlib import Path
from typing import Any

import pytest

from settings import CampusStackSettings
from settings.attachment import unattachable
from tests.unit.settings.stack_file import PROJECT, Folder

OPEN = "domain: voice.example.org\ngpus: 0\nstorage: 20Gi\n"


def test_gpus_without_image_and_model_are_one_problem_that_names_both(folder: Folder) -> None:
    assert folder.refusal("domain: voice.example.org\nstorage: 20Gi\ngpus: 2", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:4: campus-voice:gpus is 2: it also needs campus-voice:image and campus-voice:model, because "
        "the release's own image speaks on the CPU and holds no model for a GPU. Set image to the speech server's "
        "CUDA image and model to `{hub: {}}`, or set gpus to 0."
    )


def test_gpus_with_an_image_only_miss_the_model(folder: Folder) -> None:
    told = folder.refusal("domain: a.example.org\nstorage: 20Gi\ngpus: 2\nimage: example.org/speech:1", "dev")
    assert "it also needs campus-voice:model, because" in told, f"only what is missing is asked for: {told}"


def test_gpus_of_a_campus_stack_need_image_and_model_too(folder: Folder) -> None:
    told = folder.refusal(
        "platform: o/campus-voice/prod\ncampus: {id: west}\nstorage: 20Gi\ngpus: 1", "campus-west"
    )
    assert "it also needs campus-voice:image and campus-voice:model, because" in told, told


def test_a_backup_has_one_place_and_keeps_nothing_longer_than_it_says(folder: Folder) -> None:
    backup = "backup:\n  secret: keys\n  storage: 40Gi\n  claim: nas\n  dailyDays: 60"
    assert folder.refusal(f"{OPEN}{backup}", "dev") == (
        "2 settings of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:7: campus-voice:backup.storage is 'storage, claim': exactly one of storage, claim, s3 has to "
        "be given, because it says where the backups are kept. Give storage for a volume that is made, claim for one "
        "that is there, or s3.\n"
        "  Pulumi.dev.yaml:9: campus-voice:backup.dailyDays is 60: it must not be above keepDays, which is 30, because "
        "nothing is kept longer than that. Lower dailyDays, or raise keepDays."
    )


GPU = "domain: a.example.org\nstorage: 20Gi\nimage: example.org/speech:1\nmodel: {claim: m}\ngpus: 1\n"

IMPOSSIBLE = {
    "gpuResource: nvidia.com/mig-1g.5gb": (
        "gpuResource is 'nvidia.com/mig-1g.5gb': it has to be a MIG profile with at least 8Gi of memory, because the "
        "model does not fit into 5 GB: the pod would start, load and be out of memory. Choose a larger profile such as "
        "nvidia.com/mig-1g.10gb or nvidia.com/mig-2g.20gb, or, if the model is smaller, say so in gpuMemory."
    ),
    "replicas: 2": (
        "replicas is 2: it must not be above 1 beside volumes of one node, such as cosyvoice-output-pvc, because the "
        "second pod would wait for ever on any other node. Write 1, or storageAccess ReadWriteMany with a storage class "
        "that can share a volume."
    ),
    "resources: {memoryRequest: 32Gi}": (
        "resources.memoryRequest is '32Gi': it must not be above memoryLimit, which is 16Gi, because nothing can "
        "reserve more than it may ever use, and Kubernetes refuses such a pod. Lower memoryRequest, or raise "
        "memoryLimit."
    ),
    "env: {COSYVOICE_PORT: '80'}": (
        "env is 'COSYVOICE_PORT': its names must not begin with COSYVOICE_, because the component tells this release's "
        "server what it is to do by them. Use the argument of the same meaning."
    ),
}


@pytest.mark.parametrize("line", IMPOSSIBLE)
def test_what_no_node_could_run_is_refused_in_the_words_of_the_stack_file(folder: Folder, line: str) -> None:
    assert folder.refusal(GPU + line, "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        f"  Pulumi.dev.yaml:7: campus-voice:{IMPOSSIBLE[line]}"
    ), "the component's own rule, told with the line and the key that a person has written"


def test_a_second_part_of_a_gpu_is_refused(folder: Folder) -> None:
    told = folder.refusal(GPU.replace("gpus: 1", "gpus: 2") + "gpuResource: nvidia.com/gpu.shared", "dev")
    assert "campus-voice:gpus is 2: it must not be above 1 of nvidia.com/gpu.shared, because" in told, told


def test_gpu_memory_of_a_cpu_is_refused(folder: Folder) -> None:
    told = folder.refusal(f"{OPEN}gpuMemory: 8Gi", "dev")
    assert "campus-voice:gpuMemory is '8Gi': it must not be given without GPUs, because" in told, told


def test_a_third_partys_server_serves_one_campus(folder: Folder) -> None:
    text = f"{OPEN}image: example.org/webui:1\nserver: thirdParty\n"
    told = folder.refusal(f"{text}campuses: [{{id: north}}, {{id: south}}]", "dev")
    assert told == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:6: campus-voice:server is 'thirdParty': it must not serve several campuses, here north, "
        "south, because it does not keep one campus's recordings from another's. Give each of them `ownStack: true` "
        "and a stack of its own, or use this release's server."
    )
    folder.load(f"{text}campuses: [{{id: north}}, {{id: south, ownStack: true}}]", "dev")


def test_a_third_partys_server_needs_an_image_and_understands_no_days(folder: Folder) -> None:
    told = folder.refusal(f"{OPEN}server: thirdParty\noutputsTtlDays: 7", "dev")
    named = [line.split(": ")[1].split(" is ")[0] for line in told.splitlines()[1:]]
    assert named == ["campus-voice:outputsTtlDays", "campus-voice:image"], told


def test_two_campuses_of_one_id_are_refused(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}campuses:\n  - id: north\n  - id: south\n  - id: north", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:8: campus-voice:campuses[2].id is 'north': it must differ from "
        "campus-voice:campuses[0].id, because every campus has a host name and objects of its own. Rename one of the "
        "two, or remove it."
    )


def test_a_list_without_a_campus_is_refused(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}campuses: []", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:5: campus-voice:campuses is []: it must name at least one campus, because a gateway without "
        "campuses serves nobody. Write one `- id: <campus>` per campus, or leave it out for a single campus named "
        "voice."
    )


def test_outside_dev_a_campus_that_does_not_state_who_may_come_is_refused(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}campuses:\n  - id: north\n    public: true\n  - id: south") == (
        "1 setting of stack prod cannot work; nothing was changed:\n"
        "  Pulumi.prod.yaml:8: campus-voice:campuses[1] is 'south': it must state who may come, because outside dev "
        "nobody should be let in by an oversight. Add `allowFrom: [<network>, ...]` or `auth: {external: {...}}`, or "
        "`public: true` for everybody."
    )


def test_outside_dev_the_campus_that_is_there_by_default_is_refused_too(folder: Folder) -> None:
    told = folder.refusal(OPEN)
    assert "campus-voice:campuses[0] is 'voice': it must state who may come" in told, told


def test_everybody_beside_a_list_of_networks_is_refused(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}campuses: [{{id: north, public: true, allowFrom: [10.0.0.0/8]}}]") == (
        "1 setting of stack prod cannot work; nothing was changed:\n"
        "  Pulumi.prod.yaml:5: campus-voice:campuses[0].public is True: it must not stand beside allowFrom, because "
        "everybody and a choice of people contradict each other. Remove one of the two."
    )


TOKENS = "jwt: {issuer: i, jwksUrl: 'https://i', audiences: [a], caSecret: c}"
LOGIN = "external: {namespace: login, service: gatekeeper}"


def test_everybody_beside_a_login_is_refused(folder: Folder) -> None:
    told = folder.refusal(f"{OPEN}campuses: [{{id: north, public: true, auth: {{{LOGIN}}}}}]")
    assert "campuses[0].public is True: it must not stand beside auth.external, because everybody" in told, (
        told
    )


def test_tokens_for_the_api_do_not_say_who_may_see_the_pages(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}campuses:\n  - {{id: north, auth: {{{TOKENS}}}}}") == (
        "1 setting of stack prod cannot work; nothing was changed:\n"
        "  Pulumi.prod.yaml:6: campus-voice:campuses[0] is 'north': it must state who may come, because outside dev "
        "nobody should be let in by an oversight, and auth.jwt guards /v1 alone. Add `allowFrom: [<network>, ...]` or "
        "`auth: {external: {...}}`, or `public: true` for everybody."
    )


CONTRADICTIONS = {
    "allowFrom: [10.0.0.0/8], denyFrom: [10.1.0.0/16]": (
        ".denyFrom is ['10.1.0.0/16']: it must not stand beside allowFrom, because Contour refuses a "
        "route that has both, and with it every route of the campus. Leave the denied networks out "
        "of the allowed ones."
    ),
    "auth: {}": (
        ".auth is {}: it must hold jwt, external or both, because an empty block would let everybody "
        "in. Say who decides, or leave auth out."
    ),
    "auth: {external: {namespace: login}}": (
        ".auth.external.service is missing: either it or extensionService must be given, and not "
        "both, because one of them leads to the service that decides. Name the gRPC service, or an "
        "ExtensionService that leads to it."
    ),
    "routes: [{prefix: /a, headers: [{name: X-A, exact: a, present: true}], services: [{name: a}]}]": (
        ".routes[0].headers[0] is 'X-A': it must have exactly one of exact, contains and present, "
        "because a condition compares in one way. Keep one of them."
    ),
    "routes: [{prefix: /a, services: [{name: a, weight: 0}]}]": (
        ".routes[0].services is ['a']: it must name a Service with a weight above 0, because a route "
        "leads somewhere. Name a Service of the backend's namespace, as in `[{name: images, port: "
        "8080}]`."
    ),
    "routes: [{prefix: /v1, services: [{name: a}]}]": (
        ".routes[0].prefix is '/v1': it needs a header condition beside it, because without one the "
        "speech server would never be asked. Add headers, or serve the application under another "
        "prefix."
    ),
    "routes: [{prefix: /monitoring/a, services: [{name: a}]}]": (
        ".routes[0].prefix is '/monitoring/a': it must not reach into /monitoring, because the "
        "gateway answers those paths itself. Serve the application under another prefix."
    ),
    "routes: [{prefix: /a, services: [{name: a}]}, {prefix: /a, services: [{name: b}]}]": (
        ".routes[1].prefix is '/a': it must differ from the routes before it, or have other headers, "
        "because Contour would serve one of the two and say nothing. Give one of them another "
        "prefix, or both Services to one route with weights."
    ),
}


@pytest.mark.parametrize("campus", CONTRADICTIONS)
def test_what_contradicts_itself_within_a_campus_is_refused(folder: Folder, campus: str) -> None:
    assert folder.refusal(f"{OPEN}campuses: [{{id: north, {campus}}}]", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        f"  Pulumi.dev.yaml:5: campus-voice:campuses[0]{CONTRADICTIONS[campus]}"
    )


def test_nobody_offers_voice_cloning_to_everybody(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}campuses: [{{id: north, public: true, voiceCloning: true}}]") == (
        "1 setting of stack prod cannot work; nothing was changed:\n"
        "  Pulumi.prod.yaml:5: campus-voice:campuses[0].voiceCloning is True: it must not stand beside public, because "
        "any recording is enough to clone a voice, and everybody could clone anybody. Write allowFrom or auth.external "
        "instead of public, or leave voiceCloning out."
    )


def test_a_public_campus_does_not_mind_that_others_clone_voices(folder: Folder) -> None:
    campuses = "[{id: north, allowFrom: [10.0.0.0/8], voiceCloning: true}, {id: west, public: true}]"
    with_gpu = "domain: v.example.org\ngpus: 1\nstorage: 20Gi\nimage: e.org/speech:1\nmodel: {claim: model}\n"
    assert folder.load(f"{with_gpu}campuses: {campuses}").settings.gpus == 1, (
        "each campus has a switch of its own"
    )


@pytest.mark.parametrize("domain", ["voice.localhost", "voice.home.arpa", "voice"])
def test_a_public_authority_is_not_asked_for_private_names(folder: Folder, domain: str) -> None:
    told = folder.refusal(f"domain: {domain}\ngpus: 0\nstorage: 1Gi\nacme: {{email: it@example.org}}", "dev")
    assert told == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        f"  Pulumi.dev.yaml:2: campus-voice:domain is '{domain}': it must be a public domain beside campus-voice:acme, "
        "because a public authority only signs names that the whole internet can resolve. Write a domain of your own, "
        "or remove acme: the gateway's own authority signs any name."
    )


def test_wrong_settings_do_not_hide_wrong_combinations_of_the_others(folder: Folder) -> None:
    told = folder.refusal("domain: Voice\ngpus: 1\nstorage: 20Gi\ncampuses: [{id: a}, {id: a}]", "dev")
    assert [line.split(": ")[1].split(" is ")[0] for line in told.splitlines()[1:]] == [
        "campus-voice:domain",
        "campus-voice:gpus",
        "campus-voice:campuses[1].id",
    ], f"all problems come in one message, in the order of the file: {told}"


def test_a_context_that_does_not_exist_is_told_with_those_that_do(folder: Folder) -> None:
    kubeconfig = folder.environment["KUBECONFIG"]
    assert folder.refusal(f"{OPEN}kubernetes:context: campsu", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        f"  Pulumi.dev.yaml:5: kubernetes:context is 'campsu': it must be a context of {kubeconfig}, because that file "
        "says how to reach a cluster, and its contexts are: campus, laptop. Write one of them into the stack's file, or "
        "set KUBECONFIG to the file that has the context."
    )


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"contexts:\n- name: 'far\n", "it stops being YAML in line 3"),
        (b"contexts: \x01", "it is not YAML"),
        (b"since: 2026-13-40", "it is not YAML"),
        (b"\xff\xfe", "it is not text in UTF-8"),
        (b"- a list", "it holds no keys and values"),
        (b"contexts: far", "its contexts are not a list"),
        (b"contexts: [{name: near}, {context: {}}]", "its contexts[1] has no name"),
        (b"contexts: [far]", "its contexts[0] has no name"),
        (b"current-context: [far]", "its current-context is not a name"),
    ],
)
def test_a_kubeconfig_that_is_none_is_told_in_one_sentence(
    folder: Folder, contents: bytes, reason: str
) -> None:
    kubeconfig = Path(folder.environment["KUBECONFIG"])
    kubeconfig.write_bytes(contents)
    assert folder.refusal(OPEN, "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        f"  Pulumi.dev.yaml: kubernetes:kubeconfig is '{kubeconfig}': it must be a kubeconfig, because the way to the "
        f"cluster is read from it, and {reason}. Mend it until `kubectl config get-contexts` lists contexts, or name "
        "another: kubernetes:kubeconfig."
    )


@pytest.mark.parametrize(
    ("unreadable", "reason"),
    [("/proc/self/mem", "Input/output error"), ("a" * 300, "File name too long")],
)
def test_a_kubeconfig_that_cannot_be_read_is_told_with_the_systems_reason(
    folder: Folder, unreadable: str, reason: str
) -> None:
    told = folder.refusal(f"{OPEN}kubernetes:kubeconfig: {unreadable}", "dev")
    assert f"kubernetes:kubeconfig is '{unreadable}': it must be a kubeconfig" in told, told
    assert f"and it cannot be read ({reason})." in told, told


@pytest.mark.parametrize(
    "contents", ["'{users: [{token: geheim}'", "|\n  users:\n  - token: geheim\n  contexts: far"]
)
def test_a_broken_kubeconfig_in_the_stacks_file_is_refused_without_its_credentials(
    folder: Folder, contents: str
) -> None:
    told = folder.refusal(f"{OPEN}kubernetes:kubeconfig: {contents}", "dev")
    assert "kubernetes:kubeconfig is '(contents, not shown)': it must be a kubeconfig" in told, told
    assert "geheim" not in told, "a refusal must not print what opens the cluster"


def test_a_kubeconfig_that_does_not_exist_is_told_with_the_way_to_get_one(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}kubernetes:kubeconfig: .sandbox/kubeconfig", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:5: kubernetes:kubeconfig is '.sandbox/kubeconfig': it must be an existing kubeconfig, because "
        "without one there is no cluster to deploy to. Start the local cluster with `make up`, or name yours: "
        "kubernetes:kubeconfig and kubernetes:context."
    )


ATTACHED = CampusStackSettings.model_validate_json(
    '{"platform": "o/campus-voice/prod", "campus": {"id": "west"}, "gpus": 1, "storage": "1Gi"}'
)


def attachment(campuses: dict[str, Any]) -> list[str]:
    platform = {"campuses": campuses, "domain": "voice.example.org", "gateway": {}, "tls": {}}
    return [f"{one.path[-1]}: {one.rule.must}" for one in unattachable(ATTACHED, PROJECT, platform)]


def test_a_campus_stack_is_attached_to_a_platform_that_leaves_the_campus_to_it() -> None:
    assert attachment({"west": {"backend": None, "public": False}}) == []


def test_a_campus_stack_waits_for_a_platform_that_has_been_deployed() -> None:
    (broken,) = unattachable(ATTACHED, PROJECT, {"domain": "voice.example.org"})
    assert (broken.path, broken.value) == ((f"{PROJECT}:platform",), "o/campus-voice/prod")
    assert broken.rule.must == "it must be a platform's stack that has been deployed"


def test_a_campus_promises_no_longer_requests_than_its_gateway_waits_for() -> None:
    platform = {
        "campuses": {"west": {"backend": None, "public": False}},
        "domain": "voice.example.org",
        "gateway": {"longestRequestSeconds": 300.0},
        "tls": {},
    }
    (broken,) = unattachable(ATTACHED, PROJECT, platform)
    assert (broken.path, broken.value) == ((f"{PROJECT}:longestRequestSeconds",), 600)
    assert broken.rule.must == "it must be at most the 300 of o/campus-voice/prod"


@pytest.mark.parametrize("campuses", [{}, {"west": {"backend": "voice", "public": False}}])
def test_a_campus_that_the_platform_keeps_or_does_not_know_is_refused(campuses: dict[str, Any]) -> None:
    assert attachment(campuses) == [
        "id: it must be a campus that o/campus-voice/prod leaves to a stack of its own"
    ]


def test_the_network_of_the_nodes_needs_their_addresses(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}exposure: hostNetwork", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml: campus-voice:edge.nodeNetworks is missing: it must be given beside campus-voice:exposure "
        "of hostNetwork, because no NetworkPolicy can tell Envoy from its node there, so the walls let the nodes "
        "through. List the networks of the nodes and of the tunnels between them, or choose another exposure."
    )


def test_addresses_of_nodes_open_no_wall_that_can_stay_closed(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}edge:\n  nodeNetworks: [10.20.0.0/16]", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:6: campus-voice:edge.nodeNetworks is ['10.20.0.0/16']: it must not stand beside "
        "campus-voice:exposure of hostPort, because Envoy has an address of its own there, and walls that let whole "
        "nodes through are weaker. Remove it."
    )


def test_cert_manager_is_installed_from_a_folder_only(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}certManager: install", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:5: campus-voice:certManager is 'install': it also needs campus-voice:manifests, because "
        "nothing is fetched without a pinned sha256, and for cert-manager none is pinned. Put its release into a "
        "folder as cert-manager/cert-manager.yaml, with Contour's contour/01-crds.yaml, and name the folder; or "
        "install cert-manager yourself and leave this out."
    )


def test_a_campus_names_an_issuer_that_is_there(folder: Folder) -> None:
    assert folder.refusal(f"{OPEN}campuses: [{{id: north, issuer: staging}}]", "dev") == (
        "1 setting of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:5: campus-voice:campuses[0].issuer is 'staging': it must be the name of an entry of "
        "campus-voice:issuers, because nobody else is set up to sign. Leave it out, or add the issuer."
    )


def test_issuers_are_told_apart_and_have_what_they_need(folder: Folder) -> None:
    issuers = (
        "[{name: campus-voice, kind: selfSigned}, {name: own, kind: ownCa}, {name: staging, kind: acme}]"
    )
    assert folder.refusal(f"{OPEN}issuers: {issuers}", "dev") == (
        "3 settings of stack dev cannot work; nothing was changed:\n"
        "  Pulumi.dev.yaml:5: campus-voice:issuers[0].name is 'campus-voice': it must differ from the other issuers' "
        "names and from campus-voice, the default's, because a campus names its issuer. Choose another name, such as "
        "staging.\n"
        "  Pulumi.dev.yaml:5: campus-voice:issuers[1].kind is 'ownCa': it must not be a second authority of the "
        "gateway's own, because people are asked to trust it by hand, and two would look alike. Remove the entry: "
        "without campus-voice:acme the default issuer is such an authority.\n"
        "  Pulumi.dev.yaml:5: campus-voice:issuers[2].acme is missing: it must be given beside kind acme, and only "
        "there, because a public authority wants an account, and nobody else does. Write `acme: {email: <address>}` "
        "and kind acme, or neither."
    )
