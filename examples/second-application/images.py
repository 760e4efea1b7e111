"""The second application: an HTTP server that draws a badge for each word it is asked for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi_kubernetes as kubernetes
from campus_voice import AiAppBackend

NAME = "images"
FILES = ("badge.svg", "httpd.conf")


def image_server(namespace: str, gateway: Mapping[str, Any]) -> AiAppBackend:
    """Place two pods that draw, and a Service in front of them which only the gateway reaches.

    `namespace` is that of the campus's backend, since routes reach no other; `gateway` is the output of that
    name of the platform's stack.
    """
    folder = Path(__file__).parent
    files = kubernetes.core.v1.ConfigMap(
        f"{NAME}-files",
        metadata={"namespace": namespace},
        data={file: (folder / file).read_text() for file in FILES},
    )
    return AiAppBackend(
        NAME,
        {
            "namespace": namespace,
            "image": "docker.io/library/busybox:1.35",
            "command": ["busybox", "httpd", "-f", "-p", "8080", "-h", "/www", "-c", "/www/httpd.conf"],
            "probes": {"readiness_path": "/badge.svg", "liveness_path": "/badge.svg"},
            "volumes": [
                {
                    "name": "www",
                    "mount_path": "/www",
                    "config_map": files.metadata["name"],
                    "read_only": True,
                }
            ],
            "replicas": 2,
            "resources": {"cpu_request": "10m", "memory_request": "16Mi", "memory_limit": "32Mi"},
            "gateway_namespace": gateway["namespace"],
            "gateway_selector": gateway["envoySelector"],
            "gateway_networks": list(gateway["nodeNetworks"]),
        },
    )
