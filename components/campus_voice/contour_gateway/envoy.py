"""The containers of an Envoy pod: what prepares Envoy, Envoy itself, and what lets it finish."""

from collections.abc import Sequence

from campus_voice.shared.manifests import Manifest, environment_of_pod, restricted_container
from campus_voice.shared.quantities import whole

from . import control_plane, drain
from .checks import GatewaySettings
from .contour_config import CONNECTION_BUFFER_BYTES
from .exposure_checks import METRICS_PORT, SHUTDOWN_PORT

NAME = "envoy"
USER = control_plane.USER

_FIRST_UNPRIVILEGED_PORT = 1024
_CHECK_SECONDS = 1
_HEAP_PERCENT = 90


def binds_privileged_ports(settings: GatewaySettings) -> bool:
    """Tell whether Envoy itself has to bind a port that Linux reserves for root."""
    return settings.on_host_network and (
        min(settings.http_listener, settings.https_listener) < _FIRST_UNPRIVILEGED_PORT
    )


def shutdown_manager(settings: GatewaySettings) -> Manifest:
    """Render the container that lets Envoy finish: it fails the health checks, then counts connections.

    It has no liveness probe, which would kill it in the middle
    (https://github.com/projectcontour/contour/issues/4851).
    """
    made: Manifest = {
        "args": ["envoy", "shutdown-manager", f"--serve-port={SHUTDOWN_PORT}"],
        "command": ["/bin/contour"],
        "image": settings.contour_image,
        "imagePullPolicy": "IfNotPresent",
        "lifecycle": {
            "preStop": {
                "exec": {
                    "command": [
                        "/bin/contour",
                        "envoy",
                        "shutdown",
                        f"--drain-delay={settings.drain_delay_seconds}s",
                        f"--check-interval={_CHECK_SECONDS}s",
                    ]
                }
            }
        },
        "name": "shutdown-manager",
        "resources": _resources("25m", "50Mi", {"memory": "128Mi"}),
        "securityContext": restricted_container(),
        "volumeMounts": [{"mountPath": "/admin", "name": "envoy-admin"}],
    }
    if settings.on_host_network:
        made["ports"] = [_host_port("shutdown", SHUTDOWN_PORT)]
    return made


def container(settings: GatewaySettings) -> Manifest:
    """Render Envoy."""
    return {
        "args": [
            "-c",
            "/config/envoy.json",
            "--service-cluster",
            "$(CONTOUR_NAMESPACE)",
            "--service-node",
            "$(ENVOY_POD_NAME)",
            "--concurrency",
            # One worker per CPU of the limit; left alone Envoy counts the node's.
            str(settings.envoy.cpus),
            # Left alone, Envoy cuts what is spoken longer than ten minutes when its host changes.
            "--drain-time-s",
            str(drain.listener_seconds(settings.longest_request_seconds)),
            "--drain-strategy",
            "immediate",
            "--log-level",
            "info",
            # People follow the access log: the default of ten seconds makes them wait for every line.
            "--file-flush-interval-msec",
            "1000",
        ],
        "command": ["envoy"],
        "env": environment_of_pod(
            {"CONTOUR_NAMESPACE": "metadata.namespace", "ENVOY_POD_NAME": "metadata.name"}
        ),
        "image": settings.envoy_image,
        "imagePullPolicy": "IfNotPresent",
        "lifecycle": {"preStop": {"httpGet": _shutdown_hook(settings)}},
        "name": NAME,
        "ports": _ports(settings),
        "readinessProbe": {
            "failureThreshold": 3,
            "httpGet": {"path": "/ready", "port": METRICS_PORT},
            "periodSeconds": 2,
        },
        # Without a reserved share a busy speech server on the same node doubles every response time.
        "resources": _resources(
            "300m", "128Mi", {"cpu": str(settings.envoy.cpus), "memory": settings.envoy.memory}
        ),
        "securityContext": _security(settings),
        "volumeMounts": [
            {"mountPath": "/config", "name": "envoy-config", "readOnly": True},
            {"mountPath": "/certs", "name": "envoycert", "readOnly": True},
            {"mountPath": "/admin", "name": "envoy-admin"},
        ],
    }


def _shutdown_hook(settings: GatewaySettings) -> Manifest:
    """Render the question that the shutdown manager answers when Envoy may stop.

    In its node's network a pod has no address of its own to be asked at: the kubelet would give up, stop
    Envoy at once, and leave the shutdown manager to wait for it in vain
    (https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/lifecycle/handlers.go).
    """
    hook: Manifest = {"path": "/shutdown", "port": SHUTDOWN_PORT, "scheme": "HTTP"}
    if settings.on_host_network:
        hook["host"] = "127.0.0.1"
    return hook


def _security(settings: GatewaySettings) -> Manifest:
    made = restricted_container()
    if binds_privileged_ports(settings):
        made["capabilities"] = {"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]}
    return made


def _ports(settings: GatewaySettings) -> Sequence[Manifest]:
    """Render the ports; those of the host are declared, so that no other pod is placed on them.

    Two Envoys on one port would both be served by the kernel, and one steal the other's connections
    (https://github.com/envoyproxy/envoy/issues/17259).
    """
    if settings.on_host_network:
        return [
            _host_port("http", settings.http_listener),
            _host_port("https", settings.https_listener),
            _host_port("metrics", METRICS_PORT),
        ]
    ports: list[Manifest] = [
        {"containerPort": settings.http_listener, "name": "http", "protocol": "TCP"},
        {"containerPort": settings.https_listener, "name": "https", "protocol": "TCP"},
        {"containerPort": METRICS_PORT, "name": "metrics", "protocol": "TCP"},
    ]
    if settings.takes_host_ports:
        ports[0]["hostPort"] = settings.http_port
        ports[1]["hostPort"] = settings.https_port
    return ports


def _host_port(name: str, port: int) -> Manifest:
    return {"containerPort": port, "hostPort": port, "name": name, "protocol": "TCP"}


def bootstrap(settings: GatewaySettings) -> Manifest:
    """Render the container that writes Envoy's first configuration.

    With `--resources-dir` Envoy reads its certificate for Contour from files that it watches, and so
    follows each renewal without a restart. The overload manager refuses requests, and tells that it is not
    ready, shortly before the kernel would kill Envoy with everybody's connections; and it takes no more
    connections than the memory can buffer.
    """
    memory = whole(settings.envoy.memory)
    return {
        "args": [
            "bootstrap",
            "/config/envoy.json",
            f"--xds-address={control_plane.NAME}",
            f"--xds-port={control_plane.XDS_PORT}",
            "--xds-resource-version=v3",
            "--resources-dir=/config/resources",
            "--envoy-cafile=/certs/ca.crt",
            "--envoy-cert-file=/certs/tls.crt",
            "--envoy-key-file=/certs/tls.key",
            f"--overload-max-heap={memory * _HEAP_PERCENT // 100}",
            f"--overload-downstream-max-conn={memory // (2 * CONNECTION_BUFFER_BYTES)}",
        ],
        "command": ["contour"],
        "env": environment_of_pod({"CONTOUR_NAMESPACE": "metadata.namespace"}),
        "image": settings.contour_image,
        "imagePullPolicy": "IfNotPresent",
        "name": "envoy-initconfig",
        "resources": _resources("25m", "50Mi", {"memory": "128Mi"}),
        "securityContext": restricted_container(),
        "volumeMounts": [
            {"mountPath": "/config", "name": "envoy-config"},
            {"mountPath": "/certs", "name": "envoycert", "readOnly": True},
        ],
    }


def _resources(cpu: str, memory: str, limits: dict[str, str]) -> Manifest:
    return {"limits": limits, "requests": {"cpu": cpu, "memory": memory}}
