"""The other ways in: what is said, noted, typed or sent there leaves no trace in any output."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, List

import pytest
import requests

from rasa_project.channels.tokens import conversation_of, hash_of
from tests.dialogues.conftest import Assistant
from tests.dialogues.web_chat import WebChat
from tests.fuzz.target import METRICS_TOKEN, Target, switched_on
from tests.handoff.chatwoot_stand_in import WEBHOOK_SECRET
from tests.privacy.test_no_trace import ALARM, BSN, MAIL, MESSAGE, NAME, NUMBER, traces_in


def over_telegram(target: Target) -> List[requests.Response]:
    """A message with a name in every place where Telegram puts one, then broken ones."""
    person = {"id": 4711, "is_bot": False, "first_name": NAME, "username": "quirinius"}
    chat = {"id": 4711, "type": "private", "first_name": NAME}
    updates: List[object] = [
        {
            "update_id": number,
            "message": {
                "message_id": number,
                "date": 1,
                "chat": chat,
                "from": person,
                "text": text,
            },
        }
        for number, text in ((1, MESSAGE), (2, ALARM))
    ]
    updates += [[MESSAGE], {"update_id": 3, "message": MESSAGE}, {"update_id": MESSAGE}]
    address = f"{target.assistant.address}/webhooks/telegram/{target.names.webhook_path}"
    secret = {"X-Telegram-Bot-Api-Secret-Token": target.names.webhook_secret}
    wrong = {"X-Telegram-Bot-Api-Secret-Token": MAIL}
    return [
        requests.post(address, json=update, headers=headers, timeout=20)
        for update in updates
        for headers in (secret, wrong)
    ]


def over_website(target: Target) -> List[requests.Response]:
    """A request to be called back, feedback, and whatever a browser may send wrongly."""
    chat = WebChat(target.assistant)
    for text in ("Bel me terug", NAME, NUMBER, "vanmiddag", MESSAGE):
        chat.say(text)
    event = chat.events()[-1]["id"]
    return [
        chat.call("POST", "feedback", {"event": event, "useful": False, "text": MESSAGE}),
        chat.call("POST", "feedback", {"event": MESSAGE, "useful": MESSAGE}),
        chat.call("POST", "messages", {"id": MAIL, "text": MESSAGE}),
        chat.call("POST", "messages", {"id": "trace-0001", "text": MESSAGE * 90}),
        chat.call("GET", f"events?after={MAIL}", None, **{"X-Name": BSN}),
        WebChat(target.assistant, NUMBER).call("GET", "events"),
    ]


def over_inbox(target: Target) -> List[requests.Response]:
    """Notes about a patient, words at one, and a login with all of it."""
    address = f"{target.assistant.address}/inbox"
    person = target.people[0]
    conversation = conversation_of(hash_of(target.other.token))
    headers = {"Origin": target.assistant.address, "X-CSRF": person.csrf}
    cookies = {"ruggesteun_inbox": person.token}
    for name in ("overnemen", "notitie", "schrijven"):
        done = requests.post(
            f"{address}/gesprek/{conversation}/{name}",
            data={"text": MESSAGE, "client_id": "trace-0002"},
            headers=headers,
            cookies=cookies,
            timeout=20,
            allow_redirects=False,
        )
        assert done.status_code in (200, 303), (name, done.status_code)
    # Who is logged in gets a form back with what they typed; nobody else does.
    answers = [
        requests.post(
            f"{address}/gesprek/{conversation}/notitie{ending}",
            data={"text": MESSAGE * 400, "csrf": MESSAGE},
            headers={"Origin": target.assistant.address},
            timeout=20,
        )
        for ending in ("", f"/{MAIL}")
    ]
    with requests.Session() as browser:
        page = browser.get(f"{address}/login", timeout=20).text
        form = page.partition('name="csrf" value="')[2].partition('"')[0]
        login = {"login": "x", "password": MESSAGE, "code": BSN, "csrf": form}
        failed = browser.post(
            f"{address}/login", data=login, headers={"Origin": target.assistant.address}, timeout=20
        )
        assert failed.status_code == 403
    return [*answers, failed]


def over_chatwoot(target: Target) -> List[requests.Response]:
    address = f"{target.assistant.address}/webhooks/chatwoot"
    event = {"event": "message_created", "content": MESSAGE, "sender": {"name": NAME}}
    return [
        requests.post(f"{address}/{secret}", json=body, timeout=20)
        for secret in (WEBHOOK_SECRET, "quirinius")
        for body in (event, [MESSAGE], {"event": MESSAGE})
    ]


@pytest.mark.model
def test_nothing_that_is_printed_or_refused_holds_a_word(
    launch: Callable[..., Assistant], practice_nl: Path
) -> None:
    with switched_on(launch, practice_nl) as target:
        server = target.assistant
        answers = [
            *over_telegram(target), *over_website(target), *over_inbox(target),
            *over_chatwoot(target),
        ]  # fmt: skip
        assert max(answer.status_code for answer in answers) < 500
        refused = [answer.text for answer in answers if answer.status_code >= 400]
        assert len(refused) >= 12
        token = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        told = [
            requests.get(f"{server.address}/{name}", headers=token, timeout=20).text
            for name in ("metrics", "health", "ready")
        ]
        server.stop()
        printed = f"{server.output}\n{server.errors}"
        for text in (*refused, *told, printed):
            assert traces_in(text) == [], text[-500:]
