"""How the API server's refusals, and its silence, are told."""

from collections.abc import Iterator
from contextlib import contextmanager

import urllib3.exceptions
from kubernetes.client.exceptions import ApiException

from operations.errors import OperationError


@contextmanager
def answering(what: str, done: str = "read") -> Iterator[None]:
    """Turns what the API server has against it into a sentence: `what` cannot be `done`."""
    subject = f"{what[0].upper()}{what[1:]} cannot be {done}"
    try:
        yield
    except ApiException as error:
        raise OperationError(
            subject,
            f"the API server answered {error.status} {error.reason}",
            "Look at what this kubeconfig may do with `kubectl auth can-i --list`.",
        ) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise OperationError(
            subject,
            f"the cluster's API server does not answer ({type(error).__name__})",
            "`make up` starts the sandbox; for a cluster of your own see `kubectl cluster-info`.",
        ) from error
