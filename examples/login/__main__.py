"""A campus that asks who comes: people for a password, programs for a token."""

from typing import Any

import pulumi
from campus_voice import TenantRoute
from server import AUDIENCE, LoginServer

SHARED = "voice"
"""Namespace of the speech server that the platform's campuses share; the login is served beside it."""


async def main() -> pulumi.Inputs:
    """Start the login in the platform's namespace, and open a campus that is guarded by it."""
    settings = pulumi.Config()
    platform = pulumi.StackReference(settings.require("platform"))
    gateway = await _output(platform, "gateway")
    backends = await _output(platform, "backends")
    domain = await _output(platform, "domain")
    campus = settings.require("campus")
    issuer = f"https://{campus}.{domain}/login"
    login = LoginServer(
        "login",
        {
            "namespace": SHARED,
            "routes_namespace": gateway["routesNamespace"],
            "gateway_namespace": gateway["namespace"],
            "gateway_selector": gateway["envoySelector"],
            "issuer": issuer,
            "user": "student",
        },
    )
    route = TenantRoute(
        campus,
        {
            "campus": campus,
            "domain": domain,
            "routes_namespace": gateway["routesNamespace"],
            "ingress_class": gateway["ingressClass"],
            "issuer": {"name": gateway["issuer"]["name"], "kind": gateway["issuer"]["kind"]},
            "backend_namespace": SHARED,
            "backend_selector": backends[SHARED]["selector"],
            "auth": {
                "external": {"namespace": SHARED, "service": login.name},
                "jwt": {
                    "issuer": issuer,
                    "jwks_url": login.keys_url,
                    "audiences": [AUDIENCE],
                    "ca_secret": login.ca_secret,
                },
            },
            "routes": [{"prefix": "/login", "services": [{"name": login.name}]}],
        },
        pulumi.ResourceOptions(depends_on=[login]),
    )
    return {"url": route.url, "user": "student", "password": login.password}


async def _output(platform: pulumi.StackReference, name: str) -> Any:
    """An output of the platform's stack as a plain value: names have to be known before anything is made."""
    found = (await platform.get_output_details(name)).value
    if found is None:
        raise pulumi.RunError(
            f"The stack that `login:platform` names has no output {name!r}: deploy it first."
        )
    return found


if __name__ == "__main__":
    pulumi.run(main)
