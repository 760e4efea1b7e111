"""The Job that brings a pinned model onto its volume, and the wall around it.

It runs before the server: its own pods alone may talk to the world, and the server's never do.
"""

from campus_voice.ai_app_backend import placement, power, walls
from campus_voice.ai_app_backend.application import Application, Egress
from campus_voice.shared import labels
from campus_voice.shared.enums import AccessMode
from campus_voice.shared.manifests import Manifest, metadata, restricted_container, restricted_pod

from .model import CLAIM_NAME, CREDENTIAL_FOLDER, FOLDER, Fetch

JOB = "model-job"
NETWORK_POLICY = "model-network-policy"

_NAME = "cosyvoice-model"
_EVERYWHERE = ("0.0.0.0/0", "::/0")
_SCRATCH = "tmp"
_READABLE_BY_GROUP = 0o440
_TRIES = 6
_WRONG_COMMAND = 2
_LONGER_SECONDS = 30
"""What Pulumi waits beyond Kubernetes, whose own verdict names the reason."""

_POWER = power.Power(
    cpu_request="100m",
    cpu_limit=None,
    memory_request="256Mi",
    memory_limit="1Gi",
    storage_request="64Mi",
    storage_limit="1Gi",
)


def job(application: Application, fetch: Fetch) -> Manifest:
    """Render the Job.

    A try that fails leaves what it has brought, and the next one goes on from there. A drained node counts
    as no try, and a command that the image does not understand is not tried again.
    """
    waited = {"pulumi.com/timeoutSeconds": str(fetch.seconds + _LONGER_SECONDS)}
    annotations = {**application.annotations, **waited}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": _metadata(application, fetch.job_name, annotations),
        "spec": {
            "activeDeadlineSeconds": fetch.seconds,
            "backoffLimit": _TRIES,
            "podFailurePolicy": {
                "rules": [
                    {
                        "action": "FailJob",
                        "onExitCodes": {
                            "containerName": _NAME,
                            "operator": "In",
                            "values": [_WRONG_COMMAND],
                        },
                    },
                    {
                        "action": "Ignore",
                        "onPodConditions": [{"status": "True", "type": "DisruptionTarget"}],
                    },
                ]
            },
            "template": {"metadata": {"labels": _labels()}, "spec": _pod(application, fetch)},
        },
    }


def network_policy(application: Application, fetch: Fetch) -> Manifest:
    """Render the wall: the fetch reaches the ports it needs anywhere, and nobody reaches it.

    A hub sends a file from wherever it is stored, so no network can be named.
    """
    places = [Egress(network, port) for port in fetch.ports for network in _EVERYWHERE]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(application, _NAME),
        "spec": {
            "egress": walls.egress(places),
            "podSelector": {"matchLabels": labels.selector(_NAME)},
            "policyTypes": ["Ingress", "Egress"],
        },
    }


def _metadata(application: Application, name: str, annotations: dict[str, str] | None = None) -> Manifest:
    return metadata(name, _labels(), namespace=application.namespace, annotations=annotations)


def _labels() -> dict[str, str]:
    return labels.common(_NAME, "backend")


def _pod(application: Application, fetch: Fetch) -> Manifest:
    """Render the pod: on a node that the server may run on, because the volume may belong to the node."""
    volumes: list[Manifest] = [
        {"name": "model", "persistentVolumeClaim": {"claimName": CLAIM_NAME}},
        {"emptyDir": {"sizeLimit": "64Mi"}, "name": _SCRATCH},
    ]
    mounts: list[Manifest] = [
        {"mountPath": FOLDER, "name": "model"},
        {"mountPath": f"/{_SCRATCH}", "name": _SCRATCH},
    ]
    arguments = list(fetch.arguments)
    if fetch.token_secret is not None:
        secret = {"defaultMode": _READABLE_BY_GROUP, "secretName": fetch.token_secret}
        volumes.append({"name": "token", "secret": secret})
        mounts.append({"mountPath": CREDENTIAL_FOLDER, "name": "token", "readOnly": True})
        arguments += ["--token-file", f"{CREDENTIAL_FOLDER}/token"]
    made: Manifest = {
        "automountServiceAccountToken": False,
        "containers": [
            {
                "args": arguments,
                "image": application.image,
                "imagePullPolicy": "IfNotPresent",
                "name": _NAME,
                "resources": power.render(_POWER),
                "securityContext": restricted_container(),
                "terminationMessagePolicy": "FallbackToLogsOnError",
                "volumeMounts": mounts,
            }
        ],
        "enableServiceLinks": False,
        "restartPolicy": "Never",
        "securityContext": restricted_pod(application.user, fs_group=application.user),
        "volumes": volumes,
        **placement.render(application.placement, 1, labels.selector(_NAME)),
    }
    made.pop("runtimeClassName", None)
    if application.pull_secrets:
        made["imagePullSecrets"] = [{"name": name} for name in application.pull_secrets]
    if fetch.claim.access is AccessMode.ONE_NODE:
        made["affinity"] = _beside_the_server(application, made.get("affinity", {}))
    return made


def _beside_the_server(application: Application, affinity: Manifest) -> Manifest:
    """Draw the fetch to the node of a running server, which may be the only one that has the volume."""
    by_pod = affinity.get("podAffinity", {})
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    server = {
        "podAffinityTerm": {
            "labelSelector": {"matchLabels": labels.selector(application.name)},
            "topologyKey": placement.HOSTNAME,
        },
        "weight": 100,
    }
    return {**affinity, "podAffinity": {**by_pod, preferred: [*by_pod.get(preferred, ()), server]}}
