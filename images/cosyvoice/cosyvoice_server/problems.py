"""Errors as OpenAI's API words them, so that its clients raise their own exceptions with our sentence.

https://platform.openai.com/docs/guides/error-codes
"""

from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.responses import JSONResponse

INVALID = "invalid_request_error"
UNAVAILABLE = "service_unavailable"
FAILED = "server_error"
TOO_LONG = "string_above_max_length"
PRIVATE = ("input", "text", "instructions")
"""Fields whose value an answer never repeats."""


class Problem(BaseModel):
    """What went wrong with a request."""

    message: str
    """A sentence for the person who reads it: what is wrong, and the way out."""
    type: str
    """``invalid_request_error``, ``service_unavailable`` or ``server_error``."""
    param: str | None = None
    """The field that is wrong, where it is one."""
    code: str | None = None
    """A word for programs, where there is one."""


class ProblemBody(BaseModel):
    """The body of every answer that is an error."""

    error: Problem


REFUSED: dict[str, Any] = {"model": ProblemBody, "description": "The request is refused, and the answer says why."}
"""How OpenAPI describes it."""


class ApiError(Exception):
    """A request that is answered with an error."""

    def __init__(
        self, status: HTTPStatus, message: str, *, param: str | None = None, code: str | None = None, retry_after: int | None = None
    ) -> None:
        """Word it; ``retry_after`` is in seconds."""
        super().__init__(message)
        self.status = status
        self.problem = Problem(message=message, type=_type(status), param=param, code=code)
        self.retry_after = retry_after

    def response(self) -> JSONResponse:
        """Answer with it."""
        headers = None if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return JSONResponse(ProblemBody(error=self.problem).model_dump(), self.status, headers)


def _type(status: HTTPStatus) -> str:
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return INVALID
    return UNAVAILABLE if status is HTTPStatus.SERVICE_UNAVAILABLE else FAILED


def of_validation(error: RequestValidationError) -> ApiError:
    """Word what is wrong with a request's fields, all at once; what a person wanted to be read is not repeated."""
    wrongs = error.errors()
    fields = [str(wrong["loc"][-1]) if len(wrong["loc"]) > 1 and wrong["type"] != "json_invalid" else None for wrong in wrongs]
    sentences = [_sentence(field, wrong) for field, wrong in zip(fields, wrongs, strict=True)]
    too_long = any(wrong["type"] == "string_too_long" for wrong in wrongs)
    return ApiError(HTTPStatus.BAD_REQUEST, " ".join(sentences), param=fields[0], code=TOO_LONG if too_long else None)


def _sentence(field: str | None, wrong: dict[str, Any]) -> str:
    value, rule = wrong.get("input"), wrong["msg"][:1].lower() + wrong["msg"][1:]
    if field is None:
        return "The body is no JSON object: send one, with Content-Type application/json."
    if wrong["type"] == "missing":
        return f"{field} is missing: give it."
    if wrong["type"] == "string_too_long":
        return f"{field} has {len(str(value))} characters: {rule}; send it in parts."
    told = f"{field} is {value!r}" if isinstance(value, str | int | float) and field not in PRIVATE else f"{field} is wrong"
    return f"{told}: {rule}."
