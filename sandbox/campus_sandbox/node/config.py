"""Configuration files of the node's daemons; pure."""

import json
from collections.abc import Mapping
from typing import Any, Final

from campus_sandbox.node.layout import CONTAINERD_SOCKET, ETC, VOLUME_PLUGINS
from campus_sandbox.node.network import (
    DNS_SERVICE_ADDRESS,
    NODE_ADDRESS,
    NODE_NAME,
    NODE_POD_RANGE,
)

CNI_CONFIGURATION: Final = "cni/10-sandbox.conflist"


def configuration_files(pause_image: str) -> Mapping[str, str]:
    """Content of each file below the node's configuration folder, by its relative path.

    Args:
        pause_image: holds a pod's namespaces.
    """
    return {
        "containerd.toml": containerd(pause_image),
        CNI_CONFIGURATION: _json(cni()),
        "authentication.yaml": _json(authentication()),
        "kubelet.yaml": _json(kubelet()),
        "kube-proxy.yaml": _json(kube_proxy()),
        # Pods that ask for the node's own DNS (CoreDNS itself) get none: the node has no way out.
        "resolv.conf": "nameserver 127.0.0.1\n",
    }


def _json(value: Mapping[str, Any]) -> str:
    """JSON, which is YAML too."""
    return json.dumps(value, indent=2) + "\n"


def containerd(pause_image: str) -> str:
    """Containerd 1.6 with the CRI plugin only.

    `restrict_oom_score_adj` and `disable_hugetlb_controller` let it run where the caller may not lower scores
    and the kernel has no huge page controller, as in many containers and small virtual machines.
    """
    return f"""version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
]

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.internal.v1.opt"]
path = "/var/lib/containerd/opt"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause_image}"
restrict_oom_score_adj = true
tolerate_missing_hugetlb_controller = true
disable_hugetlb_controller = true
disable_apparmor = true
enable_selinux = false
stream_server_address = "127.0.0.1"
stream_server_port = "0"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{(ETC / CNI_CONFIGURATION).parent}"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
"""


def cni() -> Mapping[str, Any]:
    """Pods as points on routed links: each packet between two pods is forwarded, so the policy agent sees it.

    On a bridge that needs the module br_netfilter, which a network namespace cannot ask for.
    """
    return {
        "cniVersion": "0.4.0",
        "name": "sandbox",
        "plugins": [
            {
                "type": "ptp",
                "ipMasq": False,
                "ipam": {
                    "type": "host-local",
                    "dataDir": "/run/cni/addresses",
                    "routes": [{"dst": "0.0.0.0/0"}],
                    "ranges": [[{"subnet": NODE_POD_RANGE}]],
                },
            },
            {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True},
        ],
    }


def authentication() -> Mapping[str, Any]:
    """Callers without a certificate or token may only ask whether the API server is ready."""
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "anonymous": {
            "enabled": True,
            "conditions": [{"path": path} for path in ("/readyz", "/livez", "/healthz")],
        },
    }


def kubelet() -> Mapping[str, Any]:
    """The kubelet's configuration.

    Image collection is off: images were packed on this machine and cannot be pulled again. `oomScoreAdj` 0
    and `maxOpenFiles` fit a caller without CAP_SYS_RESOURCE.
    """
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "healthzBindAddress": "127.0.0.1",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(ETC / "pki/ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(ETC / "pki/kubelet-server.crt"),
        "tlsPrivateKeyFile": str(ETC / "pki/kubelet-server.key"),
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "clusterDNS": [DNS_SERVICE_ADDRESS],
        "clusterDomain": "cluster.local",
        "resolvConf": str(ETC / "resolv.conf"),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "volumePluginDir": VOLUME_PLUGINS,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "maxOpenFiles": 20000,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "nodeStatusUpdateFrequency": "5s",
    }


def kube_proxy() -> Mapping[str, Any]:
    """Services by nftables. Connection tracking limits belong to the whole machine: 0 leaves them alone."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "bindAddress": NODE_ADDRESS,
        "healthzBindAddress": "127.0.0.1:10256",
        "metricsBindAddress": "127.0.0.1:10249",
        "clientConnection": {"kubeconfig": str(ETC / "proxy.kubeconfig")},
        "clusterCIDR": NODE_POD_RANGE,
        "hostnameOverride": NODE_NAME,
        "mode": "nftables",
        "oomScoreAdj": 0,
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
        "nodePortAddresses": [f"{NODE_ADDRESS}/32"],
    }
