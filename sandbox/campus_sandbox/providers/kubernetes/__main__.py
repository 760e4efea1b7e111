"""The plugin's entry point."""

from campus_sandbox.providers.engine import serve
from campus_sandbox.providers.kubernetes.provider import KubernetesProvider

if __name__ == "__main__":
    serve(KubernetesProvider)
