"""The labels of every object."""

CAMPUS = "campus-voice/campus"
"""Key of the label that names the campus an object belongs to."""

NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""Key of the label that Kubernetes puts on each namespace; its value is the namespace's name."""

MANAGED_BY = "app.kubernetes.io/managed-by"
"""Key of the label that names the tool by which an object is changed."""

_NAME = "app.kubernetes.io/name"
_COMPONENT = "app.kubernetes.io/component"
_PART_OF = "app.kubernetes.io/part-of"
_PRODUCT = "campus-voice"


def common(name: str, component: str, *, campus: str | None = None) -> dict[str, str]:
    """Make the labels of an object.

    Args:
        name: the application, such as `envoy`.
        component: the component of this package, such as `gateway`.
        campus: id of the campus that the object belongs to, when it belongs to one.
    """
    made = {
        _NAME: name,
        _COMPONENT: component,
        MANAGED_BY: "pulumi",
        _PART_OF: _PRODUCT,
    }
    if campus is not None:
        made[CAMPUS] = campus
    return made


def selector(name: str) -> dict[str, str]:
    """Make the labels that select the pods of the application `name`; they never change."""
    return {_NAME: name}


def namespaces_of(*components: str) -> dict[str, object]:
    """Make the selector of the namespaces that hold objects of these components of the package."""
    return {
        "matchExpressions": [{"key": _COMPONENT, "operator": "In", "values": list(components)}],
        "matchLabels": {_PART_OF: _PRODUCT},
    }
