"""The cluster that a stack is for: which one, and whether it can be found, before anything is changed."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from . import kubeconfig
from .rule import Broken, Rule
from .types import Folder, Text

NAMESPACE = "kubernetes"
"""Prefix of the settings that name the cluster, the same as of Pulumi's own Kubernetes provider."""


class ClusterSettings(BaseModel):
    """The cluster: the settings of Pulumi's Kubernetes provider that a stack may use."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)

    context: Text | None = None
    """Context of the kubeconfig. Default: its current one."""

    kubeconfig: Text | None = None
    """Path or contents of the kubeconfig. Default: `KUBECONFIG`, else `~/.kube/config`."""

    render_yaml_to_directory: Folder | None = None
    """Folder to write YAML to instead of talking to a cluster."""


def unreachable(cluster: ClusterSettings, environment: Mapping[str, str], folder: Path) -> Iterator[Broken]:
    """What keeps the program from finding `cluster`; nothing when it only renders YAML.

    `environment` holds `KUBECONFIG` and `HOME`; `folder` is what relative paths start from.
    """
    if cluster.render_yaml_to_directory is not None:
        return
    found, looked_at = kubeconfig.read(cluster.kubeconfig, environment, folder)
    if unusable := [one for one in found if isinstance(one, kubeconfig.Unusable)]:
        for one in unusable:
            yield Broken((f"{NAMESPACE}:kubeconfig",), one.name, _contents_rule(one.reason))
        return
    usable = [one for one in found if isinstance(one, kubeconfig.Kubeconfig)]
    if not usable:
        in_a_pod = "KUBERNETES_SERVICE_HOST" in environment
        if cluster.context or cluster.kubeconfig or not in_a_pod:
            yield Broken((f"{NAMESPACE}:kubeconfig",), looked_at, _FILE)
        return
    contexts = sorted({name for one in usable for name in one.contexts})
    current = next((one.current for one in usable if one.current), None)
    wanted = cluster.context or current
    if wanted not in contexts:
        yield Broken((f"{NAMESPACE}:context",), wanted, _context_rule(looked_at, contexts))


_FILE = Rule(
    "it must be an existing kubeconfig",
    "without one there is no cluster to deploy to",
    "Start the local cluster with `make up`, or name yours: kubernetes:kubeconfig and kubernetes:context.",
)


def _contents_rule(reason: str) -> Rule:
    return Rule(
        "it must be a kubeconfig",
        f"the way to the cluster is read from it, and {reason}",
        "Mend it until `kubectl config get-contexts` lists contexts, or name another: kubernetes:kubeconfig.",
    )


def _context_rule(looked_at: str, contexts: list[str]) -> Rule:
    there = ", ".join(contexts) or "none"
    return Rule(
        f"it must be a context of {looked_at}",
        f"that file says how to reach a cluster, and its contexts are: {there}",
        "Write one of them into the stack's file, or set KUBECONFIG to the file that has the context.",
    )
