"""Cluster DNS. It serves the cluster's own names and `localhost`: the node has no way out to ask for others.

Names below `localhost` lead to the node, whose ports 80 and 443 are those of the machine's 127.0.0.1: a pod
reaches a campus by the name that a browser on the machine uses.
"""

from typing import Final

from campus_sandbox.addons.addon import (
    RESTRICTED_CONTAINER,
    Addon,
    Deployed,
    Manifest,
    objects,
    role_ref,
    subject,
)
from campus_sandbox.node.network import DNS_SERVICE_ADDRESS, NODE_ADDRESS

NAMESPACE: Final = "kube-system"
LABELS: Final = {"k8s-app": "kube-dns"}
# Above 1023, where a program without privileges may listen.
PORT: Final = 1053
WATCH: Final = ["list", "watch"]
# Short lifetimes: a Service that was made anew is found within seconds.
COREFILE: Final = f""".:{PORT} {{
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
       pods insecure
       ttl 5
    }}
    template IN A localhost {{
       match "^.+[.]localhost[.]$"
       answer "{{{{ .Name }}}} 5 IN A {NODE_ADDRESS}"
    }}
    template IN ANY localhost
    cache 5
    reload
    loadbalance
}}
"""


def coredns(version: str) -> Addon:
    """CoreDNS behind the service address that the kubelet tells every pod.

    Args:
        version: of CoreDNS, without a leading v.
    """
    content = objects(*_rights(), _corefile(), _deployment(version), _service())
    return Addon("CoreDNS", content, (Deployed(NAMESPACE, "coredns"),))


def _metadata(name: str) -> Manifest:
    return {"name": name, "namespace": NAMESPACE, "labels": LABELS}


def _rights() -> tuple[Manifest, ...]:
    role = "system:coredns"
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata("coredns")},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": {"name": role},
            "rules": [
                {
                    "apiGroups": [""],
                    "resources": ["services", "pods", "namespaces"],
                    "verbs": ["list", "watch"],
                },
                {
                    "apiGroups": ["discovery.k8s.io"],
                    "resources": ["endpointslices"],
                    "verbs": ["list", "watch"],
                },
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": role},
            "roleRef": role_ref("ClusterRole", role),
            "subjects": [subject("coredns", NAMESPACE)],
        },
    )


def _corefile() -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata("coredns"),
        "data": {"Corefile": COREFILE},
    }


def _deployment(version: str) -> Manifest:
    container = {
        "name": "coredns",
        "image": f"registry.k8s.io/coredns/coredns:v{version}",
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"containerPort": PORT, "name": "dns", "protocol": "UDP"},
            {"containerPort": PORT, "name": "dns-tcp", "protocol": "TCP"},
        ],
        # Without a request DNS starves whenever speech is synthesised on both cores.
        "resources": {"requests": {"cpu": "100m", "memory": "32Mi"}, "limits": {"memory": "170Mi"}},
        "securityContext": {**RESTRICTED_CONTAINER, "runAsNonRoot": True, "runAsUser": 65532},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181}, "periodSeconds": 1},
        "livenessProbe": {"httpGet": {"path": "/health", "port": 8080}, "periodSeconds": 10},
        "volumeMounts": [{"name": "config", "mountPath": "/etc/coredns", "readOnly": True}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata("coredns"),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {
                    "serviceAccountName": "coredns",
                    "priorityClassName": "system-cluster-critical",
                    "dnsPolicy": "Default",
                    "containers": [container],
                    "volumes": [{"name": "config", "configMap": {"name": "coredns"}}],
                },
            },
        },
    }


def _service() -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata("kube-dns"),
        "spec": {
            "clusterIP": DNS_SERVICE_ADDRESS,
            "selector": LABELS,
            "ports": [
                {"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "targetPort": "dns-tcp", "protocol": "TCP"},
            ],
        },
    }
