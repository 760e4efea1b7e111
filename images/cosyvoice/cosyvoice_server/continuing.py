"""Which sentences continue a text that has begun with the announcement, so that a reading hears it once.

A reader's page asks for each sentence on its own. It cannot be believed to have played the announcement, so whoever cuts a text
signs every sentence but the first, and only a signed sentence may do without.
"""

import hashlib
import hmac
import secrets
from dataclasses import replace

from cosyvoice_server.campus import Caller


class Continuing:
    """Signs sentences, with a key that lasts as long as the process: another server just announces once more."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def proof(self, caller: Caller, sentence: str) -> str:
        """Sign a sentence that does not begin a text of the caller's campus."""
        return hmac.new(self._key, f"{caller.campus}\0{sentence}".encode(), hashlib.sha256).hexdigest()

    def heard(self, caller: Caller, sentence: str, proof: str) -> Caller:
        """Return the caller as one to whom a sentence need not be announced, if its proof is right."""
        right = hmac.compare_digest(proof.encode(), self.proof(caller, sentence).encode())
        return replace(caller, audible_label=caller.audible_label and not right)
