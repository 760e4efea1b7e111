"""Why pods do not run, in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from campus_sandbox.providers.kubernetes.objects import Object, dig, name_of
from campus_sandbox.providers.kubernetes.state import condition

_HARMLESS: Final = frozenset({"ContainerCreating", "PodInitializing", "Completed"})


def problems(pods: Sequence[Object]) -> list[str]:
    """One sentence for each thing that keeps a pod from running, without repetitions."""
    return list(dict.fromkeys(sentence for pod in pods for sentence in _of_pod(pod)))


def _of_pod(pod: Object) -> Iterator[str]:
    scheduled = condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        yield f"pod {name_of(pod)}: {scheduled.get('reason', 'unscheduled')}: {scheduled.get('message', '')}"
    if dig(pod, "status", "phase") == "Failed" and dig(pod, "status", "reason"):
        yield f"pod {name_of(pod)}: {dig(pod, 'status', 'reason')}: {dig(pod, 'status', 'message') or ''}"
    for key in ("initContainerStatuses", "containerStatuses"):
        for status in dig(pod, "status", key) or []:
            reason = _of_container(status)
            if reason:
                yield f"pod {name_of(pod)}, container {status.get('name')}: {reason}"


def _of_container(status: Mapping[str, Any]) -> str:
    stuck = dig(status, "state", "waiting") or {}
    ended = dig(status, "state", "terminated") or dig(status, "lastState", "terminated") or {}
    last = _exit(ended)
    if stuck.get("reason") and stuck["reason"] not in _HARMLESS:
        told = f"{stuck['reason']}: {stuck.get('message', '')}".rstrip(": ")
        return f"{told} ({last})" if last else told
    return last if dig(status, "state", "terminated") else ""


def _exit(ended: Mapping[str, Any]) -> str:
    if not ended.get("exitCode"):
        return ""
    text = str(ended.get("message") or "").strip()
    return f"exit code {ended['exitCode']} ({ended.get('reason', 'Error')})" + (f": {text}" if text else "")
