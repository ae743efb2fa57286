"""What the website's chat answers when it can't do what is asked."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from rasa_project.conversation.events import reply_content
from rasa_project.conversation.failure import active_findings, emergency_reply
from rasa_project.conversation.texts import filled, texts
from rasa_project.privacy import consent_texts as about_consent
from rasa_project.privacy.consent_texts import consent_texts

BAD_REQUEST, EMPTY, TOO_LONG, TOO_LARGE = "bad_request", "empty", "too_long", "too_large"
EXPIRED, ORIGIN, UNKNOWN_EVENT = "expired", "origin", "unknown_event"
TOO_FAST, TOO_MANY, UNAVAILABLE = "too_fast", "too_many", "unavailable"
CONSENT, CONSENT_CHANGED, AGREED_BEFORE = "consent", "consent_changed", "consent_given"
EXPORTED_OFTEN = "exported_often"
_STATUS = {
    BAD_REQUEST: 400,
    EMPTY: 400,
    TOO_LONG: 400,
    EXPIRED: 401,
    ORIGIN: 403,
    UNKNOWN_EVENT: 404,
    CONSENT: 403,
    CONSENT_CHANGED: 409,
    AGREED_BEFORE: 409,
    TOO_LARGE: 413,
    EXPORTED_OFTEN: 429,
    TOO_FAST: 429,
    TOO_MANY: 429,
    UNAVAILABLE: 503,
}


class Refusal(Exception):
    """A request is refused.

    Args:
        code: One of the codes above.
        more: What the body holds besides the code and the sentence.
        headers: What the response carries.
    """

    def __init__(
        self,
        code: str,
        more: Optional[Mapping[str, Any]] = None,
        headers: Optional[Mapping[str, str]] = None,
    ):
        super().__init__(code)
        self.status = _STATUS[code]
        self.body = {**error_body(code), **(more or {})}
        self.headers = dict(headers or {})


def error_body(code: str) -> Dict[str, Any]:
    """The code, and one Dutch sentence for the patient."""
    ours = consent_texts()
    about = {
        CONSENT: ours.waiting,
        CONSENT_CHANGED: ours.changed,
        AGREED_BEFORE: ours.agreed_before,
        EXPORTED_OFTEN: ours.said.export_too_often,
    }
    if code in about:
        return {"error": code, "text": about_consent.said(about[code])}
    sentence = texts().bad_request if code == BAD_REQUEST else getattr(texts().website, code)
    return {"error": code, "text": filled(sentence)}


def alarm_in(content: Mapping[str, Any]) -> Dict[str, Any]:
    """Of a reply that could not be given in the usual way: what must be shown all the same."""
    return {"alarm": content["alarm"], "parts": content["parts"]}


def alarm_about(text: str) -> Dict[str, Any]:
    """The alarm that a message calls for although it is refused; empty when none does."""
    return alarm_in(reply_content(emergency_reply(text))) if active_findings(text) else {}


def unavailable(reply: List[Dict[str, Any]]) -> Refusal:
    """The refusal of a message that can't be stored.

    Args:
        reply: What the patient is told in place of an answer.
    """
    return Refusal(UNAVAILABLE, alarm_in(reply_content(reply)))
