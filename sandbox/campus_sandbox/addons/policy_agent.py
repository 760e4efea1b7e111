"""The rights of the NetworkPolicy agent; the agent itself is one of the node's daemons."""

from typing import Final

from campus_sandbox.addons.addon import Addon, objects, role_ref

RULES: Final = (
    {"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["list", "watch"]},
    {"apiGroups": ["networking.k8s.io"], "resources": ["networkpolicies"], "verbs": ["list", "watch"]},
)
NAME: Final = "campus-voice:netpol"


def policy_agent() -> Addon:
    """Reading what the rules are made of, and nothing else."""
    return Addon(
        "NetworkPolicy agent",
        objects(
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": {"name": NAME},
                "rules": list(RULES),
            },
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": NAME},
                "roleRef": role_ref("ClusterRole", NAME),
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": NAME}],
            },
        ),
    )
