"""Taking over what an earlier deployment left behind."""

import pulumi

_RETAINED = frozenset(
    {
        "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition",
        "kubernetes:core/v1:Namespace",
        "kubernetes:core/v1:PersistentVolumeClaim",
    }
)


def adopt_existing(provider: pulumi.ProviderResource) -> pulumi.ResourceTransform:
    """Make a transform that gives the kinds of objects which outlive a stack to `provider`.

    A Kubernetes provider refuses to create what exists already, so that a rename cannot delete a live
    object. Namespaces, volumes and CustomResourceDefinitions are retained when a stack is destroyed;
    `provider`, made with `upsert_existing_objects=True`, takes them over at the next deployment, while
    every other object keeps the protection.
    """

    def give(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ not in _RETAINED:
            return None
        opts = args.opts
        opts.provider = provider
        return pulumi.ResourceTransformResult(props=args.props, opts=opts)

    return give
