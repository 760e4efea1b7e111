"""Enrolling and withdrawing voices over HTTP: ``POST /v1/voices`` and ``DELETE /v1/voices/{name}``."""

import logging
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from cosyvoice_server.campus import Caller, caller_of
from cosyvoice_server.problems import REFUSED
from cosyvoice_server.voices.consent import EnrolmentError
from cosyvoice_server.voices.permission import PermissionRefusedError, require_key
from cosyvoice_server.voices.removal import Removal
from cosyvoice_server.voices.store import NameTakenError, TeacherVoice

FIELDS = ("name", "transcript", "consent_given_by", "consent_given_on", "consent_scope", "consent_expires_on")
LONGEST_FIELD = 16_384
"""Bytes; every field has a tighter bound in characters."""
NO_RECORDING = "The form lacks the file 'recording': send a WAV file."
NOT_FOUND = "This campus has no such voice."
FULL = "The voices volume cannot be written: tell the operator. Nothing was changed."
LOG = logging.getLogger(__name__)

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [*FIELDS, "recording"],
                    "properties": {
                        "name": {"type": "string", "description": "What the voice is called in lists, such as 王老师."},
                        "transcript": {"type": "string", "description": "What is said in the recording, word for word."},
                        "consent_given_by": {"type": "string", "description": "Who consents."},
                        "consent_given_on": {"type": "string", "format": "date", "description": "When they did."},
                        "consent_scope": {"type": "string", "description": "What the voice may be used for."},
                        "consent_expires_on": {"type": "string", "format": "date", "description": "The last day of the consent."},
                        "recording": {"type": "string", "format": "binary", "description": "WAV, 3 to 30 s, 16 kHz or more."},
                    },
                }
            }
        },
    }
}


def router(removal: Removal, keys: Path, *, shared: bool) -> APIRouter:
    """Make the routes. ``keys`` holds the campuses' enrolment keys; ``shared`` tells whether a request has to name its campus."""
    described = HTTPBearer(scheme_name="enrolmentKey", description="The campus's key for enrolment.", auto_error=False)
    made = APIRouter(prefix="/v1/voices", tags=["voices"], dependencies=[Depends(described)])

    def permitted(request: Request) -> Caller:
        caller = caller_of(request.headers, shared=shared)
        try:
            require_key(request.headers, caller, keys)
        except PermissionRefusedError as error:
            LOG.info("a caller of campus %s may not change voices (audit id %s)", caller.campus, caller.audit_id)
            challenge = {"WWW-Authenticate": "Bearer"} if error.status is HTTPStatus.UNAUTHORIZED else None
            raise HTTPException(error.status, str(error), challenge) from None
        return caller

    @made.post("", status_code=HTTPStatus.CREATED, openapi_extra=FORM, responses={"default": REFUSED})
    async def enrol_voice(request: Request) -> dict[str, str]:
        """Enrol a teacher's voice on the caller's campus."""
        caller = permitted(request)  # before the body is read
        async with request.form(max_files=1, max_fields=len(FIELDS), max_part_size=LONGEST_FIELD) as form:
            file = form.get("recording")
            if not isinstance(file, UploadFile):
                raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, NO_RECORDING)
            sound = await file.read()
            fields = {name: form.get(name) for name in FIELDS}
        voice = await run_in_threadpool(enrol, removal, caller, fields, sound)
        LOG.info("voice %s is enrolled on campus %s (audit id %s)", voice.id, caller.campus, caller.audit_id)
        return {"name": voice.name, "consent_expires_on": voice.consent.expires_on.isoformat()}

    @made.delete("/{name}", status_code=HTTPStatus.NO_CONTENT, responses={"default": REFUSED})
    async def withdraw_voice(name: str, request: Request) -> Response:
        """Withdraw a voice of the caller's campus: it and all that was spoken with it are removed."""
        caller = permitted(request)
        voice = await run_in_threadpool(removal.withdraw, caller.campus, name)
        if voice is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, NOT_FOUND)
        LOG.info("voice %s is withdrawn from campus %s (audit id %s)", voice.id, caller.campus, caller.audit_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return made


def enrol(removal: Removal, caller: Caller, fields: dict[str, Any], sound: bytes) -> TeacherVoice:
    """Enrol a voice.

    Raises:
        HTTPException: 409 for a name that is taken, 422 for what is wrong, 507 for a volume that is full.
    """
    try:
        return removal.store.enrol(caller.campus, fields, sound)
    except NameTakenError as error:
        raise HTTPException(HTTPStatus.CONFLICT, str(error)) from None
    except EnrolmentError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    except OSError as error:
        LOG.error("a voice of campus %s was not kept: %s (audit id %s)", caller.campus, error.strerror, caller.audit_id)
        raise HTTPException(HTTPStatus.INSUFFICIENT_STORAGE, FULL) from None
