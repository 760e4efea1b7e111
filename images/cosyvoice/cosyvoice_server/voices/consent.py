"""What a voice is enrolled with, and the consent that it may be imitated."""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

LONGEST_CONSENT = timedelta(days=3 * 366)
"""After so long a person is asked again."""
NAME = r"^[^\W\d_](?:[ ·'’-]?\w){0,39}$"
"""Letters and digits of any script, with single marks between them: 王老师, Anne-Marie O'Neill, 阿依古丽·买买提. Never a path."""

SENTENCES = {
    "name": "The name must begin with a letter and have at most 40 letters and digits, with single spaces, dots (·), hyphens or "
    "apostrophes between them: give another, such as 王老师.",
    "transcript": "The transcript must have 1 to 500 characters: write what is said in the recording, word for word.",
    "given_by": "consent_given_by must have 1 to 100 characters: write who consents.",
    "given_on": "consent_given_on must be a date that is not in the future: write it like 2026-09-01.",
    "scope": "consent_scope must have 1 to 500 characters: write what the voice may be used for.",
    "expires_on": "consent_expires_on must be a date after today, at most three years after consent_given_on: write it like 2027-07-31.",
}
"""What is said of a field that is wrong: the rule and the way out."""


class EnrolmentError(Exception):
    """This voice cannot be enrolled; the text says why and what to do, for the person who enrols it."""


def normalized(text: object) -> object:
    """Write a text in the one form in which it is compared: a name typed on two keyboards is one name."""
    return unicodedata.normalize("NFC", text).strip() if isinstance(text, str) else text


Line = Annotated[str, BeforeValidator(normalized)]


class Consent(BaseModel):
    """That a person allows their voice to be imitated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    given_by: Annotated[Line, Field(min_length=1, max_length=100)]
    """Who consents: the teacher."""
    given_on: date
    scope: Annotated[Line, Field(min_length=1, max_length=500)]
    """What the voice may be used for, in words: people hold to it, the server keeps it on record."""
    expires_on: date
    """The last day (UTC) on which the voice may be used."""

    def holds(self, today: date) -> bool:
        """Tell whether the voice may be used on a day."""
        return today <= self.expires_on


class Enrolment(BaseModel):
    """What is kept beside a recording."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[Line, Field(max_length=40, pattern=NAME)]
    transcript: Annotated[Line, Field(min_length=1, max_length=500)]
    """What is said in the recording."""
    consent: Consent
    enrolled_at: datetime


def enrolment(fields: Mapping[str, Any], now: datetime) -> Enrolment:
    """Check what a voice is to be enrolled with.

    Args:
        fields: ``name``, ``transcript``, and the fields of the consent with ``consent_`` before their names.
        now: when it is enrolled.

    Raises:
        EnrolmentError: with a sentence for each field that is wrong.
    """
    consent = {name: fields.get(f"consent_{name}") for name in Consent.model_fields}
    given = {"name": fields.get("name"), "transcript": fields.get("transcript"), "consent": consent, "enrolled_at": now}
    wrong: set[str] = set()
    try:
        checked = Enrolment.model_validate(given)
    except ValidationError as error:
        wrong.update(str(problem["loc"][-1]) for problem in error.errors())
    else:
        given_on, expires_on = checked.consent.given_on, checked.consent.expires_on
        if given_on > now.date():
            wrong.add("given_on")
        if not now.date() < expires_on <= given_on + LONGEST_CONSENT:
            wrong.add("expires_on")
        if not wrong:
            return checked
    raise EnrolmentError(" ".join(sentence for name, sentence in SENTENCES.items() if name in wrong))
