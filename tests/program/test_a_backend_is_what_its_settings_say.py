"""From the lines about the backend in a stack's file to the objects that Kubernetes is asked for."""

from base64 import b64decode
from typing import Any

from tests.program.conftest import PLATFORM, Committed, Program
from tests.program.engine import Deployment


def pod_of(made: Deployment, namespace: str) -> Any:
    """The spec of the speech pods in a namespace."""
    return made.named("Deployment", "cosyvoice", namespace).inputs["spec"]["template"]["spec"]


def test_every_setting_about_placement_reaches_the_pods(program: Program) -> None:
    def placed(settings: dict[str, Any]) -> None:
        settings["campus-voice:manifests"] = ".sandbox/manifests"
        settings["campus-voice:replicas"] = 2
        settings["campus-voice:storageAccess"] = "ReadWriteMany"
        settings["campus-voice:gpuResource"] = "nvidia.com/mig-1g.10gb"
        settings["campus-voice:gpuMemory"] = "9Gi"
        settings["campus-voice:tolerations"] = [{"key": "gpu", "operator": "Exists"}]
        settings["campus-voice:runtimeClass"] = "nvidia"
        settings["campus-voice:priorityClass"] = "lessons"
        settings["campus-voice:topologyKey"] = "topology.kubernetes.io/zone"
        settings["campus-voice:affinity"] = {"podAntiAffinity": {}}
        settings["campus-voice:resources"] = {"memoryLimit": "12Gi"}
        settings["campus-voice:acceleration"] = {"vllm": True, "storageClass": "fast"}

    made = program.up("prod", placed)
    assert (made.exit_code, made.errors) == (0, [])
    pod = pod_of(made, "voice")
    limits = pod["containers"][0]["resources"]["limits"]
    assert (limits["nvidia.com/mig-1g.10gb"], limits["memory"]) == ("1", "12Gi")
    assert pod["tolerations"] == [{"key": "gpu", "operator": "Exists"}], "given ones take the default's place"
    assert (pod["runtimeClassName"], pod["priorityClassName"]) == ("nvidia", "lessons")
    assert pod["topologySpreadConstraints"][0]["topologyKey"] == "topology.kubernetes.io/zone"
    assert pod["affinity"]["podAntiAffinity"] == {}
    (term,) = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    assert term["matchExpressions"] == [
        {"key": "nvidia.com/mig-1g.10gb.memory", "operator": "Gt", "values": ["9215"]}
    ], "9 GiB are 9216 MiB, and Gt means more than"
    (cache,) = (volume["ephemeral"] for volume in pod["volumes"] if "ephemeral" in volume)
    assert cache["volumeClaimTemplate"]["spec"]["storageClassName"] == "fast", (
        "two pods that build at once in one folder would spoil each other's work"
    )
    assert {"name": "COSYVOICE_VLLM", "value": "true"} in pod["containers"][0]["env"]
    routes = made.named("HTTPProxy", "north", "voice").inputs["spec"]["routes"]
    assert {"strategy": "Cookie"} in [route.get("loadBalancerPolicy") for route in routes], (
        "a page stays with one of the two pods"
    )


def test_a_third_partys_image_runs_as_it_is_in_a_namespace_that_lets_it(program: Program) -> None:
    def third_party(settings: dict[str, Any]) -> None:
        settings["campus-voice:server"] = "thirdParty"
        settings["campus-voice:image"] = "registry.example.org/cosyvoice3-webui:latest"

    made = program.up("campus-west", third_party, {PLATFORM: program.up("dev").outputs})
    assert (made.exit_code, made.errors) == (0, [])
    (namespace,) = made.of_kind("Namespace")
    assert namespace.inputs["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "baseline", (
        "`restricted` would refuse every pod that runs as root"
    )
    (container,) = pod_of(made, "campus-west")["containers"]
    assert (container["command"], container["workingDir"]) == (["bash", "run.sh"], "/root")
    assert "env" not in container, "the image knows nothing of ours"
    assert made.of_kind("Secret") == [], "nor of teachers who enrol"


def test_a_campus_that_allows_cloning_has_a_key_which_nobody_can_read_by_accident(
    committed: Committed,
) -> None:
    made = committed("prod")
    secret = made.named("Secret", "cosyvoice-enrolment", "voice").inputs["data"]
    assert "4dabf18193072939515e22adb298388d" in secret, "in the stack's state the keys are encrypted"
    keys = {campus: b64decode(key).decode() for campus, key in secret["value"].items()}
    assert keys == {campus: f"the {campus}-enrolment-key" for campus in ("north", "south", "harbour")}
    (only,) = committed("dev").of_kind("RandomPassword")
    assert only.name == "south-enrolment-key", "where nobody clones, there is no key to steal"


def test_keys_are_no_output_that_anybody_reads_by_accident(committed: Committed) -> None:
    told = committed("prod").outputs["enrolmentKeys"]
    assert "4dabf18193072939515e22adb298388d" in told, "`pulumi stack output` shows [secret]"


def test_recordings_and_voices_go_with_the_stack_only_when_it_says_so(program: Program) -> None:
    def kept(made: Deployment) -> set[str]:
        return {
            one.inputs["metadata"]["name"] for one in made.of_kind("PersistentVolumeClaim") if one.retained
        }

    assert kept(program.up("dev")) == {"cosyvoice-output-pvc", "cosyvoice-voices-pvc"}
    made = program.up("dev", lambda settings: settings.update({"campus-voice:deleteData": True}))
    assert kept(made) == set()
