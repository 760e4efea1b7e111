"""Which authority signs a campus's certificate."""

from operations.cluster import Cluster
from operations.errors import OperationError
from operations.outputs import TlsSecret


def authority(cluster: Cluster, tls: TlsSecret) -> str | None:
    """The PEM text of the CA in a campus's TLS Secret; None when a public authority signed it.

    Raises:
        OperationError: there is no such Secret.
    """
    secret = cluster.secret(tls.namespace, tls.secret_name)
    if secret is None:
        raise OperationError(
            f"Secret {tls.namespace}/{tls.secret_name} is missing",
            "cert-manager has not issued the campus's certificate",
            "Run `make status` to see what it waits for.",
        )
    ca = secret.get("ca.crt")
    return ca.decode() if ca else None
