"""The node's daemons and their command lines; pure.

Flags that every cluster has to choose are in the documents of each program, for example
https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from campus_sandbox.node.layout import BIN, CONTAINERD_SOCKET, ETC, LOG, VOLUME_PLUGINS
from campus_sandbox.node.network import (
    API_PORT,
    ETCD_CLIENT_URL,
    ETCD_PEER_URL,
    FORWARDED_PORTS,
    NODE_ADDRESS,
    NODE_NAME,
    POD_RANGE,
    SERVICE_RANGE,
)


@dataclass(frozen=True)
class Address:
    """Where a daemon answers: `tcp` or `unix` in the words of Go's net.Dial, or `https` with a URL."""

    network: str
    address: str


@dataclass(frozen=True)
class Component:
    """A daemon of the node.

    Attributes:
        name: as `campus-sandbox status` and `logs` call it.
        argv: program and arguments.
        after: addresses that must answer before it starts; it would give up otherwise.
        listeners: whether it inherits the machine's listeners.
    """

    name: str
    argv: tuple[str, ...]
    after: tuple[Address, ...] = ()
    listeners: bool = False

    @property
    def log(self) -> str:
        """Its log file, as the node sees it."""
        return str(LOG / f"{self.name}.log")


RUNTIME: Final = "containerd"
"""Name of the component that runs containers."""

CONTAINERD_ANSWERS: Final = Address("unix", str(CONTAINERD_SOCKET))
ETCD_ANSWERS: Final = Address("tcp", ETCD_CLIENT_URL.removeprefix("http://"))
# Not before the roles that the daemons act by are there.
API_IS_READY: Final = Address("https", f"https://{NODE_ADDRESS}:{API_PORT}/readyz")


def components() -> tuple[Component, ...]:
    """Every daemon, in an order that reads from the bottom up."""
    api = (API_IS_READY,)
    return (
        Component(RUNTIME, ("containerd", "--config", f"{ETC}/containerd.toml")),
        Component("etcd", (f"{BIN}/etcd", *_etcd())),
        Component("kube-apiserver", _kube("kube-apiserver", _apiserver()), (ETCD_ANSWERS,)),
        Component("kube-controller-manager", _kube("kube-controller-manager", _controllers()), api),
        Component("kube-scheduler", _kube("kube-scheduler", _scheduler()), api),
        Component("kubelet", _kube("kubelet", _kubelet()), (CONTAINERD_ANSWERS, API_IS_READY)),
        Component("kube-proxy", _kube("kube-proxy", {"config": f"{ETC}/kube-proxy.yaml"}), api),
        Component(
            "netpol",
            (f"{BIN}/netpol", f"--kubeconfig={ETC}/netpol.kubeconfig", f"--node={NODE_NAME}"),
            api,
        ),
        Component(
            "forward",
            (f"{BIN}/sandbox-node", "forward", *(f"{NODE_ADDRESS}:{port.port}" for port in FORWARDED_PORTS)),
            listeners=True,
        ),
    )


def _kube(program: str, flags: Mapping[str, str]) -> tuple[str, ...]:
    return (f"{BIN}/kube", program, *_flags(flags))


def _flags(flags: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(f"--{name}={value}" for name, value in flags.items())


def _pki(name: str) -> str:
    return str(ETC / "pki" / name)


def _etcd() -> tuple[str, ...]:
    """One member. Without fsync a power cut may lose the sandbox, never anything else: `down`, then `up`."""
    return (
        *_flags(
            {
                "name": NODE_NAME,
                "data-dir": "/var/lib/etcd",
                "listen-client-urls": ETCD_CLIENT_URL,
                "advertise-client-urls": ETCD_CLIENT_URL,
                "listen-peer-urls": ETCD_PEER_URL,
                "initial-advertise-peer-urls": ETCD_PEER_URL,
                "initial-cluster": f"{NODE_NAME}={ETCD_PEER_URL}",
                "log-level": "warn",
            }
        ),
        "--unsafe-no-fsync",
    )


def _apiserver() -> Mapping[str, str]:
    return {
        "etcd-servers": ETCD_CLIENT_URL,
        "bind-address": NODE_ADDRESS,
        "advertise-address": NODE_ADDRESS,
        "secure-port": str(API_PORT),
        "service-cluster-ip-range": SERVICE_RANGE,
        "authorization-mode": "Node,RBAC",
        "authentication-config": f"{ETC}/authentication.yaml",
        "allow-privileged": "true",
        "enable-admission-plugins": "NodeRestriction",
        "enable-aggregator-routing": "false",
        "client-ca-file": _pki("ca.crt"),
        "tls-cert-file": _pki("apiserver.crt"),
        "tls-private-key-file": _pki("apiserver.key"),
        "kubelet-client-certificate": _pki("apiserver-kubelet-client.crt"),
        "kubelet-client-key": _pki("apiserver-kubelet-client.key"),
        "kubelet-certificate-authority": _pki("ca.crt"),
        "kubelet-preferred-address-types": "InternalIP",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": _pki("sa.pub"),
        "service-account-signing-key-file": _pki("sa.key"),
        "requestheader-client-ca-file": _pki("front-proxy-ca.crt"),
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-username-headers": "X-Remote-User",
        "proxy-client-cert-file": _pki("front-proxy-client.crt"),
        "proxy-client-key-file": _pki("front-proxy-client.key"),
        "profiling": "false",
    }


def _own_kubeconfig(name: str) -> Mapping[str, str]:
    file = f"{ETC}/{name}.kubeconfig"
    return {
        "kubeconfig": file,
        "authentication-kubeconfig": file,
        "authorization-kubeconfig": file,
        "bind-address": "127.0.0.1",
        "leader-elect": "false",
        "profiling": "false",
    }


def _controllers() -> Mapping[str, str]:
    """Allowed more than the default 20 requests a second, all controllers start within a second."""
    return {
        **_own_kubeconfig("controller-manager"),
        "kube-api-qps": "200",
        "kube-api-burst": "400",
        "flex-volume-plugin-dir": VOLUME_PLUGINS,
        "client-ca-file": _pki("ca.crt"),
        "root-ca-file": _pki("ca.crt"),
        "requestheader-client-ca-file": _pki("front-proxy-ca.crt"),
        "cluster-signing-cert-file": _pki("ca.crt"),
        "cluster-signing-key-file": _pki("ca.key"),
        "service-account-private-key-file": _pki("sa.key"),
        "use-service-account-credentials": "true",
        "allocate-node-cidrs": "true",
        "cluster-cidr": POD_RANGE,
        "service-cluster-ip-range": SERVICE_RANGE,
    }


def _scheduler() -> Mapping[str, str]:
    return _own_kubeconfig("scheduler")


def _kubelet() -> Mapping[str, str]:
    """`containerd` names the socket for cAdvisor: without it /metrics/cadvisor has no container names."""
    return {
        "config": f"{ETC}/kubelet.yaml",
        "kubeconfig": f"{ETC}/kubelet.kubeconfig",
        "hostname-override": NODE_NAME,
        "node-ip": NODE_ADDRESS,
        "root-dir": "/var/lib/kubelet",
        "cert-dir": "/var/lib/kubelet/pki",
        "containerd": str(CONTAINERD_SOCKET),
    }
