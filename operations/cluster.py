"""The little of the Kubernetes API that the operations use; only a command in a pod can change anything."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException

from operations import execution
from operations.answering import answering
from operations.errors import OperationError


@dataclass(frozen=True)
class Pod:
    """One pod, as far as its health goes."""

    namespace: str
    name: str
    node: str
    phase: str
    ready: bool
    restarts: int
    trouble: str
    """Reason of the first container that is not well, such as CrashLoopBackOff; empty when all are."""

    containers: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
    """A PersistentVolumeClaim."""

    phase: str
    size: str


@dataclass(frozen=True)
class Custom:
    """One object of a custom kind."""

    name: str
    status: Mapping[str, Any]


class Cluster:
    """The cluster of one kubeconfig context."""

    def __init__(self, api: client.ApiClient) -> None:
        self._core = client.CoreV1Api(api)
        self._apps = client.AppsV1Api(api)
        self._custom = client.CustomObjectsApi(api)
        self._api = api

    def pods(self, namespace: str, selector: Mapping[str, str]) -> list[Pod]:
        """The pods that carry every label of `selector`, by name."""
        with answering(f"the pods of {namespace}"):
            found = self._core.list_namespaced_pod(namespace, label_selector=labels(selector)).items
        return sorted((_pod(pod) for pod in found), key=lambda pod: pod.name)

    def replicas(self, namespace: str, deployment: str) -> int | None:
        """How many pods the Deployment is to have; None when there is no such Deployment."""
        found = _if_there(
            f"Deployment {namespace}/{deployment}",
            lambda: self._apps.read_namespaced_deployment(deployment, namespace),
        )
        return None if found is None else int(found.spec.replicas)

    def secret(self, namespace: str, name: str) -> dict[str, bytes] | None:
        """The decoded data of a Secret; None when there is no such Secret."""
        found = _if_there(
            f"Secret {namespace}/{name}", lambda: self._core.read_namespaced_secret(name, namespace)
        )
        return (
            None
            if found is None
            else {key: base64.b64decode(value) for key, value in (found.data or {}).items()}
        )

    def claim(self, namespace: str, name: str) -> Claim | None:
        """A PersistentVolumeClaim; None when there is no such claim."""
        found = _if_there(
            f"PersistentVolumeClaim {namespace}/{name}",
            lambda: self._core.read_namespaced_persistent_volume_claim(name, namespace),
        )
        return (
            None
            if found is None
            else Claim(found.status.phase, (found.status.capacity or {}).get("storage", ""))
        )

    def proxies(self, namespace: str) -> list[Custom]:
        """The HTTPProxies of a namespace, by name."""
        return self._objects("projectcontour.io", "httpproxies", namespace)

    def certificates(self, namespace: str) -> list[Custom]:
        """The cert-manager Certificates of a namespace, by name."""
        return self._objects("cert-manager.io", "certificates", namespace)

    def log(self, pod: Pod, container: str, since: int) -> list[str]:
        """The lines a container wrote in the last `since` seconds."""
        with answering(f"the log of {pod.namespace}/{pod.name}"):
            text: str = self._core.read_namespaced_pod_log(
                pod.name, pod.namespace, container=container, since_seconds=since
            )
        return text.splitlines()

    def tail(self, pod: Pod, container: str, lines: int) -> list[str]:
        """The last `lines` lines of a container."""
        with answering(f"the log of {pod.namespace}/{pod.name}"):
            text: str = self._core.read_namespaced_pod_log(
                pod.name, pod.namespace, container=container, tail_lines=lines
            )
        return text.splitlines()

    def follow(self, pod: Pod, container: str, tail: int) -> Iterator[str]:
        """The last `tail` lines of a container and then every new one, until it ends."""
        with answering(f"the log of {pod.namespace}/{pod.name}"):
            stream = self._core.read_namespaced_pod_log(
                pod.name,
                pod.namespace,
                container=container,
                tail_lines=tail,
                follow=True,
                _preload_content=False,
            )
            rest = b""
            for chunk in stream.stream():
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (line.decode(errors="replace") for line in lines)

    def run(self, pod: Pod, container: str, command: Sequence[str]) -> execution.Ended:
        """Run a command in a container, to its end.

        Raises:
            OperationError: it cannot be started, or has no end.
        """
        return execution.run(self._core, (pod.namespace, pod.name, container), command)

    def raw(
        self, group: str, plural: str, selector: Mapping[str, str] | None = None
    ) -> list[Mapping[str, Any]]:
        """The objects of a kind in the whole cluster, as the API server tells them; the core group is ""."""
        with answering(f"the {plural} of the cluster"):
            answer: Mapping[str, Any] = self._call(
                "GET", f"{_root(group)}/{plural}", {"labelSelector": labels(selector or {})}
            )
        found: list[Mapping[str, Any]] = answer["items"]
        return found

    def rehearse(self, group: str, plural: str, namespace: str, name: str) -> None:
        """Write an object as it stands, as a dry run that only admission sees.

        Raises:
            kubernetes.client.exceptions.ApiException: what the API server says against it.
        """
        self._call("PATCH", f"{_root(group)}/namespaces/{namespace}/{plural}/{name}", {"dryRun": "All"}, {})

    def _call(self, method: str, path: str, query: Mapping[str, str], body: object = None) -> Any:
        headers = {"Accept": "application/json", "Content-Type": "application/merge-patch+json"}
        return self._api.call_api(
            path,
            method,
            query_params=list(query.items()),
            header_params=headers,
            body=body,
            response_type="object",
            auth_settings=["BearerToken"],
            _return_http_data_only=True,
        )

    def _objects(self, group: str, plural: str, namespace: str) -> list[Custom]:
        with answering(f"the {plural} of {namespace}"):
            found = self._custom.list_namespaced_custom_object(group, "v1", namespace, plural)["items"]
        objects = (Custom(item["metadata"]["name"], item.get("status", {})) for item in found)
        return sorted(objects, key=lambda item: item.name)


def connect(kubeconfig: str | None = None, context: str | None = None) -> Cluster:
    """The cluster of a kubeconfig's context.

    `kubeconfig` is a path or contents (default: the file KUBECONFIG names, else ~/.kube/config), `context`
    one of its contexts (default: its current one).

    Raises:
        OperationError: there is no such kubeconfig or context.
    """
    try:
        inline = yaml.safe_load(kubeconfig) if kubeconfig else None
        if isinstance(inline, dict):
            return Cluster(config.new_client_from_config_dict(inline, context=context))
        file = str(Path(kubeconfig).expanduser()) if kubeconfig else None
        return Cluster(config.new_client_from_config(file, context=context))
    except config.ConfigException as error:
        raise OperationError(
            "The stack's cluster is not known"
            if context is None
            else f"The cluster {context!r} is not known",
            str(error).removesuffix("."),
            "`make up` starts the sandbox; for your own cluster set KUBECONFIG, or its context in the stack.",
        ) from error


def labels(selector: Mapping[str, str]) -> str:
    """A label selector in the API's notation."""
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))


def _root(group: str) -> str:
    """Where the API server serves the first version of a group."""
    return f"/apis/{group}/v1" if group else "/api/v1"


def _pod(pod: Any) -> Pod:
    """The API's pod as ours."""
    statuses = [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]
    ready = any(item.type == "Ready" and item.status == "True" for item in pod.status.conditions or [])
    return Pod(
        namespace=pod.metadata.namespace,
        name=pod.metadata.name,
        node=pod.spec.node_name or "",
        phase="Terminating" if pod.metadata.deletion_timestamp else pod.status.phase,
        ready=ready,
        restarts=sum(status.restart_count for status in statuses),
        trouble=next((reason for reason in map(_trouble, statuses) if reason), _unplaced(pod)),
        containers=tuple(container.name for container in pod.spec.containers),
    )


def _trouble(status: Any) -> str:
    """Why a container is not running, if it is not and should be."""
    state = status.state
    if state.waiting and state.waiting.reason not in {"PodInitializing", "ContainerCreating"}:
        return str(state.waiting.reason)
    if state.terminated and state.terminated.exit_code:
        return f"{state.terminated.reason} ({state.terminated.exit_code})"
    return ""


def _unplaced(pod: Any) -> str:
    """Why no node takes the pod, if none does."""
    for condition in pod.status.conditions or []:
        if condition.type == "PodScheduled" and condition.status == "False":
            return f"{condition.reason}: {condition.message}"
    return ""


def _if_there(what: str, read: Callable[[], Any]) -> Any | None:
    """What `read` returns, or None when the API server knows no such object."""
    with answering(what):
        try:
            return read()
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None
