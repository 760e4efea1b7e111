"""What every certificate of ours has in common."""

from .manifests import Manifest

API = "cert-manager.io/v1"


def private_key() -> Manifest:
    """Make the key of a certificate: elliptic, and a new one at each renewal."""
    return {"algorithm": "ECDSA", "rotationPolicy": "Always", "size": 256}
