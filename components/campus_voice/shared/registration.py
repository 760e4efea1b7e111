"""Where plain Kubernetes objects become Pulumi resources: the only shared module that imports Pulumi."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pulumi
import pulumi_kubernetes as kubernetes

from .errors import InvalidSettingsError
from .manifests import Manifest, Objects, Text

_Settings = TypeVar("_Settings")
_Args = TypeVar("_Args")
_Value = TypeVar("_Value")


def _classes() -> Mapping[tuple[str, str], Callable[..., pulumi.CustomResource]]:
    """Map the kinds of built-in objects to the provider's classes, which are only loaded when asked for."""
    admission = kubernetes.admissionregistration.v1
    rbac = kubernetes.rbac.v1
    return {
        ("v1", "ConfigMap"): kubernetes.core.v1.ConfigMap,
        ("v1", "Namespace"): kubernetes.core.v1.Namespace,
        ("v1", "PersistentVolumeClaim"): kubernetes.core.v1.PersistentVolumeClaim,
        ("v1", "Secret"): kubernetes.core.v1.Secret,
        ("v1", "Service"): kubernetes.core.v1.Service,
        ("v1", "ServiceAccount"): kubernetes.core.v1.ServiceAccount,
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"): admission.ValidatingAdmissionPolicy,
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingAdmissionPolicyBinding",
        ): admission.ValidatingAdmissionPolicyBinding,
        (
            "admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration",
        ): admission.MutatingWebhookConfiguration,
        (
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
        ): admission.ValidatingWebhookConfiguration,
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
        ): kubernetes.apiextensions.v1.CustomResourceDefinition,
        ("apps/v1", "DaemonSet"): kubernetes.apps.v1.DaemonSet,
        ("apps/v1", "Deployment"): kubernetes.apps.v1.Deployment,
        ("batch/v1", "CronJob"): kubernetes.batch.v1.CronJob,
        ("batch/v1", "Job"): kubernetes.batch.v1.Job,
        ("networking.k8s.io/v1", "NetworkPolicy"): kubernetes.networking.v1.NetworkPolicy,
        ("policy/v1", "PodDisruptionBudget"): kubernetes.policy.v1.PodDisruptionBudget,
        ("rbac.authorization.k8s.io/v1", "ClusterRole"): rbac.ClusterRole,
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): rbac.ClusterRoleBinding,
        ("rbac.authorization.k8s.io/v1", "Role"): rbac.Role,
        ("rbac.authorization.k8s.io/v1", "RoleBinding"): rbac.RoleBinding,
    }


class Registrar:
    """Registers the objects of one component as its children.

    Args:
        component: the component that the objects belong to.
        name: its name, with which the names of its children begin.
        objects: what was rendered, by suffix.
        after: what every object waits for.
    """

    def __init__(
        self,
        component: pulumi.ComponentResource,
        name: str,
        objects: Objects,
        after: Sequence[pulumi.Resource] = (),
    ) -> None:
        self._component = component
        self._name = name
        self._objects = objects
        self._after = list(after)
        self._built_in = _classes()

    def add(
        self,
        suffix: str,
        depends_on: Sequence[pulumi.Resource] = (),
        *,
        retain: bool = False,
        delete_first: bool = False,
    ) -> pulumi.CustomResource:
        """Register the object with that suffix, after `depends_on`.

        Args:
            suffix: names the object.
            depends_on: what it waits for.
            retain: whether it is kept on destroy.
            delete_first: whether one that has to be replaced goes before the new one is made, also where that
                has another name. Otherwise it is there until everything else is done, and where the new one
                failed, a deployment that goes back would make it a second time, which Kubernetes refuses.
        """
        manifest = self._objects[suffix]
        opts = pulumi.ResourceOptions(
            parent=self._component,
            depends_on=[*self._after, *depends_on],
            retain_on_delete=True if retain else None,
            delete_before_replace=True if delete_first else None,
        )
        return self._construct(f"{self._name}-{suffix}", manifest, opts)

    def add_all(
        self, suffixes: Sequence[str], depends_on: Sequence[pulumi.Resource] = (), *, retain: bool = False
    ) -> list[pulumi.Resource]:
        """Register several objects, none of which needs another."""
        return [self.add(suffix, depends_on, retain=retain) for suffix in suffixes]

    def _construct(
        self, name: str, manifest: Manifest, opts: pulumi.ResourceOptions
    ) -> pulumi.CustomResource:
        kind = (manifest["apiVersion"], manifest["kind"])
        fields = {key: value for key, value in manifest.items() if key not in {"apiVersion", "kind"}}
        if "stringData" in fields:
            fields["data"] = _encoded(fields.pop("stringData"))
        built_in = self._built_in.get(kind)
        if built_in is not None:
            return built_in(name, opts=opts, **{_snake(key): value for key, value in fields.items()})
        return kubernetes.apiextensions.CustomResource(
            name, api_version=kind[0], kind=kind[1], opts=opts, **fields
        )


def found(
    component: pulumi.ComponentResource, name: str, definition: str
) -> kubernetes.apiextensions.v1.CustomResourceDefinition:
    """Look up a definition that somebody else brings, in previews too.

    Without it the run ends with the engine's sentence, which consists of `name` and of what does not exist:
    a program learns nothing any more that it could tell. So `name` says what is wrong. Where YAML is
    rendered nothing is looked up.
    """
    return kubernetes.apiextensions.v1.CustomResourceDefinition.get(
        name, definition, opts=pulumi.ResourceOptions(parent=component)
    )


def known_after(value: _Value, *resources: pulumi.Resource) -> pulumi.Output[_Value]:
    """Make an output that previews already know and that whoever uses it waits for `resources` with."""

    def known(_: list[Any]) -> _Value:
        return value

    return pulumi.Output.all(*(resource.urn for resource in resources)).apply(known)


def checked(check: Callable[[str, _Args], _Settings], name: str, args: _Args) -> _Settings:
    """Check a component's arguments.

    Raises:
        pulumi.RunError: they cannot work; the message lists every problem, and Pulumi prints it without a
            traceback.
    """
    try:
        return check(name, args)
    except InvalidSettingsError as refusal:
        raise pulumi.RunError(str(refusal)) from refusal


def _encoded(texts: Mapping[str, Text]) -> dict[str, pulumi.Output[str]]:
    """Write the texts of a Secret as its `data`.

    Server-side apply never removes a key that came in `stringData`
    (https://github.com/kubernetes/kubernetes/issues/108008).
    """
    return {
        key: pulumi.Output.from_input(text).apply(lambda known: base64.b64encode(known.encode()).decode())
        for key, text in texts.items()
    }


def _snake(key: str) -> str:
    """Turn a Kubernetes field name into the provider's Python one: `roleRef` into `role_ref`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)
