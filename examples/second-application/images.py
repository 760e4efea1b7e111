"""The second application: an HTTP server that draws a badge for each word it is asked for."""

from pathlib import Path
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

NAME = "images"
PORT = 8080
LABELS = {"app.kubernetes.io/name": NAME}
IMAGE = "docker.io/library/busybox:1.35"
FILES = ("badge.svg", "httpd.conf")
USER = 65534


class ImageServerArgs(TypedDict):
    """What an ImageServer is told."""

    namespace: str
    """Namespace in which it is placed: that of the backend, since routes reach no other."""

    gateway_namespace: str
    """Namespace of the gateway's Envoy."""

    gateway_selector: dict[str, str]
    """Labels of the gateway's Envoy pods, the only ones that reach it."""


class ImageServer(pulumi.ComponentResource):
    """Two pods that draw, and a Service in front of them."""

    service = NAME
    """Name of the Service, on port 80."""

    def __init__(self, name: str, args: ImageServerArgs) -> None:
        """Register the application."""
        super().__init__("second-application:index:ImageServer", name)
        here = pulumi.ResourceOptions(parent=self)
        metadata: kubernetes.meta.v1.ObjectMetaArgsDict = {
            "name": NAME,
            "namespace": args["namespace"],
            "labels": LABELS,
        }
        folder = Path(__file__).parent
        files = kubernetes.core.v1.ConfigMap(
            f"{name}-files",
            metadata={"namespace": args["namespace"], "labels": LABELS},
            data={file: (folder / file).read_text() for file in FILES},
            opts=here,
        )
        kubernetes.networking.v1.NetworkPolicy(
            f"{name}-network-policy",
            metadata=metadata,
            spec=_only_from(args["gateway_namespace"], args["gateway_selector"]),
            opts=here,
        )
        pods = kubernetes.apps.v1.Deployment(
            f"{name}-deployment",
            metadata=metadata,
            spec={
                "replicas": 2,
                "selector": {"match_labels": LABELS},
                "template": {"metadata": {"labels": LABELS}, "spec": _pod(files.metadata["name"])},
            },
            opts=here,
        )
        kubernetes.core.v1.Service(
            f"{name}-service",
            metadata=metadata,
            spec={"selector": LABELS, "ports": [{"name": "http", "port": 80, "target_port": PORT}]},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[pods]),
        )
        self.register_outputs({})


def _only_from(namespace: str, pods: dict[str, str]) -> kubernetes.networking.v1.NetworkPolicySpecArgsDict:
    """Let the gateway in and nobody else; the application itself talks to nobody."""
    envoy: kubernetes.networking.v1.NetworkPolicyPeerArgsDict = {
        "namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": namespace}},
        "pod_selector": {"match_labels": pods},
    }
    return {
        "pod_selector": {"match_labels": LABELS},
        "policy_types": ["Ingress", "Egress"],
        "ingress": [{"from_": [envoy], "ports": [{"port": PORT, "protocol": "TCP"}]}],
    }


def _pod(files: pulumi.Input[str]) -> kubernetes.core.v1.PodSpecArgsDict:
    """Keep the Pod Security level `restricted`, which the namespace enforces."""
    serve = ["busybox", "httpd", "-f", "-p", str(PORT), "-h", "/www", "-c", "/www/httpd.conf"]
    return {
        "automount_service_account_token": False,
        "containers": [
            {
                "name": NAME,
                "image": IMAGE,
                "image_pull_policy": "IfNotPresent",
                "command": serve,
                "ports": [{"container_port": PORT, "name": "http"}],
                "readiness_probe": {"http_get": {"path": "/badge.svg", "port": PORT}, "period_seconds": 5},
                "resources": {
                    "requests": {"cpu": "10m", "memory": "16Mi"},
                    "limits": {"memory": "32Mi"},
                },
                "security_context": {
                    "allow_privilege_escalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "read_only_root_filesystem": True,
                },
                "volume_mounts": [{"name": "www", "mount_path": "/www"}],
            }
        ],
        "security_context": {
            "run_as_group": USER,
            "run_as_non_root": True,
            "run_as_user": USER,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": "www", "config_map": {"name": files}}],
    }
