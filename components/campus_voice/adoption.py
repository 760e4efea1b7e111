"""Taking over what an earlier deployment left behind."""

import pulumi

ADOPTED = frozenset(
    {
        "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
        "kubernetes:core/v1:Namespace",
        "kubernetes:core/v1:PersistentVolumeClaim",
    }
)
"""Types of the objects that are taken over, and that have to be retained for that reason."""


def adopt_existing(provider: pulumi.ProviderResource) -> pulumi.ResourceTransform:
    """Make a transform that gives the kinds of objects which outlive a stack to `provider`.

    A Kubernetes provider refuses to create what exists already, so that a rename cannot delete a live
    object. Namespaces, volume claims and CustomResourceDefinitions are retained when a stack is destroyed;
    `provider`, made with `upsert_existing_objects=True`, takes them over at the next deployment, while
    every other object keeps the protection. One that somebody else made is taken over as well, so whoever
    registers an object of these kinds sets `retain_on_delete`: a stack must not delete what it found.
    """

    def give(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ not in ADOPTED:
            return None
        opts = args.opts
        opts.provider = provider
        return pulumi.ResourceTransformResult(props=args.props, opts=opts)

    return give
