"""The Kubernetes objects of an application that answers HTTP."""

from campus_voice.shared import labels, scrape
from campus_voice.shared.enums import SecurityProfile
from campus_voice.shared.manifests import SKIP_AWAIT, Manifest, Objects, metadata, namespace

from . import pod, walls
from .application import Application, Claim

ACCOUNT = "service-account"
BUDGET = "disruption-budget"
DEPLOYMENT = "deployment"
NETWORK_POLICY = "network-policy"
SERVICE = "service"

_LONGER_SECONDS = 30
"""What Pulumi waits beyond Kubernetes, whose own verdict names the reason."""


def objects(application: Application) -> Objects:
    """Render everything of one application."""
    return {
        **{one.suffix: claim(application, one) for one in application.claims},
        ACCOUNT: _account(application),
        BUDGET: _budget(application),
        DEPLOYMENT: _deployment(application),
        NETWORK_POLICY: {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": _metadata(application, application.name),
            "spec": walls.spec(application, selector(application)),
        },
        SERVICE: _service(application),
    }


def selector(application: Application) -> dict[str, str]:
    """Make the labels that select the application's pods; they never change."""
    return labels.selector(application.name)


def backend_namespace(name: str, profile: SecurityProfile = SecurityProfile.RESTRICTED) -> Manifest:
    """Make the Namespace that a backend needs; whoever deploys the backend registers it.

    It enforces the Pod Security level of the backend's `security_profile`, and so nothing weaker can be
    started beside it.
    """
    return namespace(name, labels.common("campus-voice", "backend"), enforce=profile.value)


def _metadata(application: Application, name: str, annotations: dict[str, str] | None = None) -> Manifest:
    return metadata(name, _labels(application), namespace=application.namespace, annotations=annotations)


def _labels(application: Application) -> dict[str, str]:
    return labels.common(application.name, "backend")


def claim(application: Application, wanted: Claim) -> Manifest:
    """Render a volume that the application brings.

    It is not waited for: most storage classes bind a volume only when its first pod is there, and that
    pod is waited for where it has to be.
    """
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata(application, wanted.name, SKIP_AWAIT),
        "spec": wanted.spec,
    }


def _account(application: Application) -> Manifest:
    """Render the pods' own account, without rights and without a token."""
    return {
        "apiVersion": "v1",
        "automountServiceAccountToken": False,
        "kind": "ServiceAccount",
        "metadata": _metadata(application, application.name),
    }


def _budget(application: Application) -> Manifest:
    """Render what a drained node may do to the pods: one at a time goes, and a broken one always.

    A lone pod may go too: a node that can never be drained is worse than the minutes without speech.
    """
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": _metadata(application, application.name),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector(application)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def _service(application: Application) -> Manifest:
    port = {
        "name": "http",
        "port": application.service_port,
        "protocol": "TCP",
        "targetPort": application.port,
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(application, application.service, SKIP_AWAIT),
        "spec": {"ports": [port], "selector": selector(application), "type": "ClusterIP"},
    }


def _deployment(application: Application) -> Manifest:
    """Render the pods.

    Where the old pods end before the new ones start, a new one starts only after an old one's last
    request. The deadline therefore counts both.
    """
    deadline = application.stop_seconds + application.start_seconds
    template: Manifest = {"labels": {**_labels(application), **selector(application)}}
    if application.scrape_annotations and application.metrics_port is not None:
        template["annotations"] = dict(scrape.annotations(application.metrics_port, application.metrics_path))
    rolling = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}, "type": "RollingUpdate"}
    waited = {"pulumi.com/timeoutSeconds": str(deadline + _LONGER_SECONDS)}
    annotations = {**application.annotations, **waited}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(application, application.name, annotations),
        "spec": {
            "progressDeadlineSeconds": deadline,
            **({} if application.scaled else {"replicas": application.replicas}),
            "selector": {"matchLabels": selector(application)},
            "strategy": {"type": "Recreate"} if application.recreate else rolling,
            "template": {"metadata": template, "spec": pod.spec(application, selector(application))},
        },
    }
