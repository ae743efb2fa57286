"""What the calls of the website's chat read from a request, and how they answer."""

from __future__ import annotations

import json
import logging
from functools import wraps
from typing import Any, Callable, Coroutine, Dict, Mapping, Optional

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from rasa_project.channels import tokens, website_errors
from rasa_project.channels.json_body import BadRequest, TooLarge, json_body
from rasa_project.channels.origins import decide
from rasa_project.channels.typed_text import button_name
from rasa_project.channels.website_errors import Refusal
from rasa_project.conversation.log import ConversationGone
from rasa_project.errors import StorageError
from rasa_project.settings import current_practice

logger = logging.getLogger(__name__)

Handler = Callable[[Request], Coroutine[Any, Any, Optional[HTTPResponse]]]
MOST_BODY_BYTES = 16 * 1024
MOST_WAIT_SECONDS = 25.0
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def json_answer(body: Mapping[str, Any], status: int = 200) -> HTTPResponse:
    """An answer in JSON."""
    # Rasa's server would use another writer of JSON, that refuses some characters.
    return response.json(body, status, headers=dict(HEADERS), dumps=json.dumps)


def refused(refusal: Refusal) -> HTTPResponse:
    """The answer to a request that is refused."""
    answer = json_answer(refusal.body, refusal.status)
    answer.headers.update(refusal.headers)
    return answer


def token_hash_of(request: Request) -> str:
    """What is stored of the token that came.

    Raises:
        Refusal: None of ours came.
    """
    token = tokens.token_in(request.headers.get("authorization"))
    if token is None:
        raise Refusal(website_errors.EXPIRED)
    return tokens.hash_of(token)


def body_of(request: Request) -> Dict[str, Any]:
    """The body as an object.

    Raises:
        BadRequest: It is none.
    """
    return json_body(request.body, MOST_BODY_BYTES)


def payload_in(body: Mapping[str, Any]) -> Optional[str]:
    """The payload of a button, if it says something else than its text.

    Raises:
        BadRequest: It is no string.
    """
    payload = body.get("payload")
    if payload is not None and not isinstance(payload, str):
        raise BadRequest("`payload` must be a string")
    # A button may also say what the patient says; then the text is all there is.
    return payload if payload and button_name(payload) is not None else None


def seconds_to_wait(text: Optional[str]) -> float:
    """For how long a poll wants to wait.

    Raises:
        BadRequest: It is no number.
    """
    if text is None:
        return 0.0
    try:
        seconds = float(text)
    except ValueError:
        raise BadRequest("`wait` must be a number of seconds") from None
    # Also for what isn't a number at all ("nan").
    return min(seconds, MOST_WAIT_SECONDS) if seconds > 0 else 0.0


def origin_decision(request: Request) -> Any:
    """Whether the website that a request comes from may call."""
    return decide(
        request.headers.get("origin"),
        request.headers.get("host"),
        current_practice().websites,
        is_preflight=request.method == "OPTIONS",
    )


def close_after(request: Request) -> None:
    """End the connection with the response: a server that stops waits for open ones."""
    if request.stream is not None:
        request.stream.keep_alive = False


def answered(handler: Handler) -> Handler:
    """Make an answer in JSON of whatever goes wrong in a call."""

    @wraps(handler)
    async def call(request: Request) -> Optional[HTTPResponse]:
        try:
            return await handler(request)
        except Refusal as error:
            return refused(error)
        except ConversationGone:
            return refused(Refusal(website_errors.EXPIRED))
        except TooLarge:
            return refused(Refusal(website_errors.TOO_LARGE))
        except BadRequest:
            return refused(Refusal(website_errors.BAD_REQUEST))
        except StorageError as error:
            logger.error("A call of the website's chat failed: %s", error)
        except Exception:  # noqa: BLE001 - whatever fails, the patient is told whom to call
            logger.exception("A call of the website's chat failed.")
        return None if request.responded else refused(Refusal(website_errors.UNAVAILABLE))

    return call
