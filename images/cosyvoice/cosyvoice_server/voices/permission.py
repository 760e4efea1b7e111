"""Who may enrol voices on a campus: whoever has its key."""

import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from cosyvoice_server.campus import Caller
from cosyvoice_server.gate import NO_CLONING

KEY_HEADER = "x-enrolment-key"
"""Where the key stands when the gateway wants a token in ``Authorization``."""
NOBODY = "Nobody may enrol voices on this campus: the operator has to give it an enrolment key."
WRONG_KEY = "This needs the campus's enrolment key: send it as 'Authorization: Bearer <key>', or as 'X-Enrolment-Key: <key>'."


class PermissionRefusedError(Exception):
    """The caller may not enrol or withdraw voices; the text says why and what to do."""

    def __init__(self, status: HTTPStatus, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def require_key(headers: Mapping[str, str], caller: Caller, keys: Path) -> None:
    """Let a caller enrol and withdraw voices on their campus, or refuse them.

    Args:
        headers: the request's headers, with names in lower case.
        caller: whose request it is.
        keys: folder with one file a campus, which holds the campus's key; without a file nobody enrols there.

    Raises:
        PermissionRefusedError: 403 where nobody may, 401 without the right key.
    """
    if not caller.cloning:
        raise PermissionRefusedError(HTTPStatus.FORBIDDEN, NO_CLONING)
    file = keys / caller.campus
    key = file.read_bytes().strip() if file.is_file() else b""
    if not key:
        raise PermissionRefusedError(HTTPStatus.FORBIDDEN, NOBODY)
    scheme, _, token = headers.get("authorization", "").partition(" ")
    given = headers.get(KEY_HEADER) or (token.strip() if scheme.lower() == "bearer" else "")
    if not hmac.compare_digest(hashlib.sha256(given.encode()).digest(), hashlib.sha256(key).digest()):
        raise PermissionRefusedError(HTTPStatus.UNAUTHORIZED, WRONG_KEY)
