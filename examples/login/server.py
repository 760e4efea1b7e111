"""The login in Kubernetes: its keys, its people, its pods, and who reaches them."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random

NAME = "login"
IMAGE = "ghcr.io/campus-voice/login:0.1.0"
LABELS = {"app.kubernetes.io/name": NAME}
AUDIENCE = "campus-voice"
DECISIONS, KEYS, TOKENS = 9001, 8443, 8080
USER = 65532
FOLDER = "/etc/login"
TEN_YEARS = "87600h0m0s"
"""Life of the example's keys: the gateway gets a copy of what vouches for them, which no renewal changes."""

READY = {"pulumi.com/waitFor": "condition=Ready"}


class LoginServerArgs(TypedDict):
    """What a LoginServer is told."""

    namespace: str
    """Namespace in which it is placed."""

    routes_namespace: str
    """Namespace of the virtual hosts, where the gateway looks for the authority behind the public key."""

    gateway_namespace: str
    """Namespace of the gateway's Envoy."""

    gateway_selector: dict[str, str]
    """Labels of the gateway's Envoy pods, the only ones that reach it."""

    issuer: str
    """What its tokens hold in `iss`."""

    user: str
    """Name of the one person who may come."""


class LoginServer(pulumi.ComponentResource):
    """Two pods that decide about people and sign tokens for programs."""

    name = NAME
    """Name of the Service: port 9001 decides, port 80 signs."""

    ca_secret = f"{NAME}-ca"
    """Name of the Secret beside the virtual hosts whose `ca.crt` vouches for `keys_url`."""

    keys_url: str
    """Where the gateway fetches the public key of the tokens."""

    password: pulumi.Output[str]
    """The password of `user`."""

    def __init__(self, name: str, args: LoginServerArgs) -> None:
        """Register the login."""
        super().__init__("login:index:LoginServer", name)
        here, namespace = pulumi.ResourceOptions(parent=self), args["namespace"]
        metadata: kubernetes.meta.v1.ObjectMetaArgsDict = {
            "name": NAME,
            "namespace": namespace,
            "labels": LABELS,
        }
        host = f"{NAME}.{namespace}.svc.cluster.local"
        self.keys_url = f"https://{host}:{KEYS}/keys"

        word = random.RandomPassword(f"{name}-password", length=20, special=False, opts=here)
        self.password = word.result
        users = kubernetes.core.v1.Secret(
            f"{name}-users",
            metadata={"namespace": namespace, "labels": LABELS},
            string_data={args["user"]: word.result},
            opts=here,
        )
        certificates = self._certificates(name, namespace, host)
        self._authority(name, namespace, args["routes_namespace"], certificates)
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
                "template": {
                    "metadata": {"labels": LABELS},
                    "spec": _pod(args["issuer"], users.metadata["name"]),
                },
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(certificates.values())),
        )
        ports = {"decisions": (DECISIONS, DECISIONS), "keys": (KEYS, KEYS), "tokens": (80, TOKENS)}
        kubernetes.core.v1.Service(
            f"{name}-service",
            metadata=metadata,
            spec={
                "selector": LABELS,
                "ports": [
                    {"name": port, "port": outside, "target_port": inside}
                    for port, (outside, inside) in ports.items()
                ],
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[pods]),
        )
        self.register_outputs({"password": self.password})

    def _certificates(self, name: str, namespace: str, host: str) -> Mapping[str, pulumi.CustomResource]:
        """Let cert-manager make two keys: one of the port of the public key, one that signs tokens.

        Neither is renewed for ten years: with keys of your own, renew what the gateway trusts first.
        """
        api = "cert-manager.io/v1"
        issuer = kubernetes.apiextensions.CustomResource(
            f"{name}-issuer",
            api_version=api,
            kind="Issuer",
            metadata={"name": NAME, "namespace": namespace, "labels": LABELS},
            spec={"selfSigned": {}},
            opts=pulumi.ResourceOptions(parent=self),
        )
        keys = {
            "tls": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Never"},
            "signing": {"algorithm": "RSA", "size": 2048, "encoding": "PKCS8", "rotationPolicy": "Never"},
        }
        return {
            use: kubernetes.apiextensions.CustomResource(
                f"{name}-{use}-certificate",
                api_version=api,
                kind="Certificate",
                metadata={
                    "name": f"{NAME}-{use}",
                    "namespace": namespace,
                    "labels": LABELS,
                    "annotations": READY,
                },
                spec={
                    "dnsNames": [host],
                    "isCA": True,
                    "duration": TEN_YEARS,
                    "issuerRef": {"name": NAME, "kind": "Issuer"},
                    "privateKey": key,
                    "secretName": f"{NAME}-{use}",
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[issuer]),
            )
            for use, key in keys.items()
        }

    def _authority(
        self, name: str, namespace: str, routes: str, certificates: Mapping[str, pulumi.CustomResource]
    ) -> None:
        """Copy the public half of the certificate to where the gateway looks for authorities."""
        served = kubernetes.core.v1.Secret.get(
            f"{name}-tls",
            # Unknown in a preview until the certificate is there, so that nothing is read too early.
            certificates["tls"].id.apply(lambda _: f"{namespace}/{NAME}-tls"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        kubernetes.core.v1.Secret(
            f"{name}-ca",
            metadata={"name": self.ca_secret, "namespace": routes, "labels": LABELS},
            data={"ca.crt": served.data["ca.crt"]},
            opts=pulumi.ResourceOptions(parent=self),
        )


def _only_from(namespace: str, pods: dict[str, str]) -> kubernetes.networking.v1.NetworkPolicySpecArgsDict:
    """Let the gateway in and nobody else: whoever reached port 8080 past it could claim any name."""
    envoy: kubernetes.networking.v1.NetworkPolicyPeerArgsDict = {
        "namespace_selector": {"match_labels": {"kubernetes.io/metadata.name": namespace}},
        "pod_selector": {"match_labels": pods},
    }
    return {
        "pod_selector": {"match_labels": LABELS},
        "policy_types": ["Ingress", "Egress"],
        "ingress": [
            {
                "from_": [envoy],
                "ports": [{"port": port, "protocol": "TCP"} for port in (DECISIONS, KEYS, TOKENS)],
            }
        ],
    }


def _pod(issuer: str, users: pulumi.Input[str]) -> kubernetes.core.v1.PodSpecArgsDict:
    """Keep the Pod Security level `restricted`, which the namespace enforces."""
    secrets = {"users": users, "tls": f"{NAME}-tls", "signing": f"{NAME}-signing"}
    return {
        "automount_service_account_token": False,
        "containers": [
            {
                "name": NAME,
                "image": IMAGE,
                "image_pull_policy": "IfNotPresent",
                "args": ["-issuer", issuer, "-audience", AUDIENCE],
                "ports": [{"container_port": port} for port in (DECISIONS, KEYS, TOKENS)],
                "readiness_probe": {
                    "http_get": {"path": "/keys", "port": KEYS, "scheme": "HTTPS"},
                    "period_seconds": 5,
                },
                "resources": {
                    "requests": {"cpu": "10m", "memory": "32Mi"},
                    "limits": {"memory": "64Mi"},
                },
                "security_context": {
                    "allow_privilege_escalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "read_only_root_filesystem": True,
                },
                "volume_mounts": [
                    {"name": name, "mount_path": f"{FOLDER}/{name}", "read_only": True} for name in secrets
                ],
            }
        ],
        "security_context": {
            "fs_group": USER,
            "run_as_group": USER,
            "run_as_non_root": True,
            "run_as_user": USER,
            "seccomp_profile": {"type": "RuntimeDefault"},
        },
        "volumes": [{"name": name, "secret": {"secret_name": secret}} for name, secret in secrets.items()],
    }
