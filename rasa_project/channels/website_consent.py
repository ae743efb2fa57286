"""Consent and rights on the website: what is asked, agreed to, given and refused."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, Dict, Optional, Tuple

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels import website_errors
from rasa_project.channels.json_body import BadRequest, text_field
from rasa_project.channels.rate_limit import RateLimit
from rasa_project.channels.website_errors import Refusal, alarm_about
from rasa_project.channels.website_requests import HEADERS, body_of, json_answer, token_hash_of
from rasa_project.clock import utc_now
from rasa_project.conversation.log import ConversationLog, Stored
from rasa_project.privacy.consent import Consent, Consents
from rasa_project.privacy.consent_texts import consent_texts, right_asked_for
from rasa_project.privacy.own_data import as_json, own_data
from rasa_project.privacy.own_data_page import as_page

EXPORTS_A_MINUTE = 6
# Each with its own way to write it down.
_FORMS: Dict[str, Tuple[str, Callable[[Dict[str, Any]], str]]] = {
    "json": ("application/json; charset=utf-8", as_json),
    "html": ("text/html; charset=utf-8", as_page),
}
# It is a file to keep; should a browser show it all the same, then nothing in it runs.
_FILE_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'",
}


class WebsiteConsent:
    """The gate before the log, and the calls about consent and data.

    Args:
        database_url: SQLAlchemy URL.
        channel: The name of the channel, kept with a decision.
        log: What was said.
        check: Gives the conversation that a token opens, or refuses.
        agreed: Told of a conversation in which messages may be stored from now on.
    """

    def __init__(
        self,
        database_url: str,
        channel: str,
        log: ConversationLog,
        check: Callable[[str], Awaitable[str]],
        agreed: Callable[[str], None],
    ):
        self._url = database_url
        self._log = log
        self._check = check
        self._agreed = agreed
        self._consents = Consents(database_url, channel)
        self._exports = RateLimit(EXPORTS_A_MINUTE, 60.0)

    def forget(self, conversation: str) -> None:
        """Keep nothing of a conversation that was erased."""
        self._exports.forget(conversation)

    # ---- the gate

    def store(self, conversation: str, client_id: str, text: str, payload: Optional[str]) -> Stored:
        """Store a message, when its patient agreed to that.

        Raises:
            Refusal: They didn't (yet). It says what to do about an alarm sign in the message,
                of which nothing is kept.
        """
        state = self._consents.state(conversation)
        if state is Consent.GIVEN:
            return self._log.add_message(conversation, client_id, text, payload)
        known = self._log.message(conversation, client_id)
        if known is not None:
            # From before the text changed; the browser only wants to know that it is here.
            return Stored(known, is_new=False)
        more: Dict[str, Any] = {"consent": _shown(state)}
        # What stands on a button is ours.
        found = alarm_about(text) if payload is None else {}
        right = None if found or payload is not None else right_asked_for(text)
        if right is not None:
            # Nobody has to agree before seeing or erasing what is kept.
            more["right"] = right
        raise Refusal(website_errors.CONSENT, {**more, **found})

    # ---- the calls

    def due(self) -> Dict[str, str]:
        """How it stands in a conversation that has just begun."""
        return _shown(Consent.DUE)

    async def tell(self, request: Request) -> HTTPResponse:
        """Which consent is due."""
        conversation = await self._check(token_hash_of(request))
        return json_answer(_shown(await asyncio.to_thread(self._consents.state, conversation)))

    async def decide(self, request: Request) -> HTTPResponse:
        """Take a decision; the same twice is one."""
        token_hash = token_hash_of(request)
        body = body_of(request)
        version, given = text_field(body, "version", 64), body.get("given")
        if not isinstance(given, bool):
            raise BadRequest("`given` must be true or false")
        conversation = await self._check(token_hash)
        if version != consent_texts().version:
            # They read another text than the one that holds now.
            raise Refusal(website_errors.CONSENT_CHANGED, {"consent": _shown(Consent.DUE)})
        if not await asyncio.to_thread(self._consents.decide, conversation, given):
            raise Refusal(website_errors.AGREED_BEFORE, {"consent": _shown(Consent.GIVEN)})
        if given:
            self._agreed(conversation)
        return json_answer(_shown(Consent.GIVEN if given else Consent.REFUSED))

    async def export(self, request: Request) -> HTTPResponse:
        """Everything that is kept of the conversation, as a file."""
        token_hash = token_hash_of(request)
        form = request.args.get("form") or "json"
        if form not in _FORMS:
            raise BadRequest("`form` must be json or html")
        conversation = await self._check(token_hash)
        seconds = self._exports.take(conversation)
        if seconds:
            headers = {"Retry-After": str(seconds)}
            raise Refusal(website_errors.EXPORTED_OFTEN, headers=headers)
        kind, write = _FORMS[form]
        content = await asyncio.to_thread(self._written, conversation, write)
        texts = consent_texts().page
        name = texts.file_html if form == "html" else texts.file_json
        headers = {**_FILE_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return response.raw(content.encode("utf-8"), headers=headers, content_type=kind)

    def _written(self, conversation: str, write: Callable[[Dict[str, Any]], str]) -> str:
        return write(own_data(self._url, conversation, utc_now()))


def _shown(state: Consent) -> Dict[str, str]:
    return {"version": consent_texts().version, "state": state.value}
