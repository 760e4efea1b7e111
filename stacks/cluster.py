"""The connection to the cluster."""

import pulumi
import pulumi_kubernetes as kubernetes
from campus_voice import adopt_existing

from settings import ClusterSettings


def connect(cluster: ClusterSettings) -> kubernetes.Provider:
    """Open the stack's cluster.

    Objects that outlive a stack are taken over when they are there already; creating any other object that
    is there already fails, so that two stacks never fight over one.
    """
    pulumi.runtime.register_resource_transform(adopt_existing(_provider("adopting", cluster, adopting=True)))
    return _provider("cluster", cluster, adopting=False)


def _provider(name: str, cluster: ClusterSettings, *, adopting: bool) -> kubernetes.Provider:
    if cluster.render_yaml_to_directory is not None:
        # Rendering excludes a cluster's address; an empty one keeps the class from reading KUBECONFIG.
        # What is only looked up is passed over then, as there is nothing to look into.
        return kubernetes.Provider(
            name,
            kubeconfig="",
            render_yaml_to_directory=cluster.render_yaml_to_directory,
            skip_update_unreachable=True,
        )
    return kubernetes.Provider(
        name,
        context=cluster.context,
        kubeconfig=None if cluster.kubeconfig is None else pulumi.Output.secret(cluster.kubeconfig),
        upsert_existing_objects=adopting,
    )
