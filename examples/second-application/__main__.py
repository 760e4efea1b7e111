"""A campus with two applications behind one host name: speech under `/`, images under `/images`."""

from typing import Any

import pulumi
from campus_voice import TenantRoute

from images import NAME, image_server

SHARED = "voice"
"""Namespace of the speech server that the platform's campuses share; the images are served beside it."""


async def main() -> pulumi.Inputs:
    """Serve images in the platform's namespace, and open a campus that leads to both applications."""
    settings = pulumi.Config()
    platform = pulumi.StackReference(settings.require("platform"))
    gateway = await _output(platform, "gateway")
    backends = await _output(platform, "backends")
    images = image_server(SHARED, gateway)
    campus = TenantRoute(
        settings.require("campus"),
        {
            "campus": settings.require("campus"),
            "domain": await _output(platform, "domain"),
            "routes_namespace": gateway["routesNamespace"],
            "ingress_class": gateway["ingressClass"],
            "issuer": {"name": gateway["issuer"]["name"], "kind": gateway["issuer"]["kind"]},
            "backend_namespace": SHARED,
            "backend_selector": backends[SHARED]["selector"],
            "routes": [{"prefix": "/images", "services": [{"name": NAME}]}],
        },
        pulumi.ResourceOptions(depends_on=[images]),
    )
    return {"url": campus.url, "images": pulumi.Output.concat(campus.url, "/images/badge.svg?", campus.host)}


async def _output(platform: pulumi.StackReference, name: str) -> Any:
    """An output of the platform's stack as a plain value: names have to be known before anything is made."""
    found = (await platform.get_output_details(name)).value
    if found is None:
        raise pulumi.RunError(
            f"The stack that `second-application:platform` names has no output {name!r}: deploy it first."
        )
    return found


if __name__ == "__main__":
    pulumi.run(main)
