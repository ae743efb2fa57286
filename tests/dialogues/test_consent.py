"""Before the first message patients are asked; nothing of one is stored before they agree."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List

import pytest
import requests

from rasa_project.channels.tokens import conversation_of, hash_of
from rasa_project.conversation.log import ConversationLog
from rasa_project.privacy.consent_texts import EXPORT_PAYLOAD, consent_texts
from rasa_project.storage.keyring import sealer
from tests.dialogues.conftest import PHONE, TURN_SECONDS, Assistant, Launcher
from tests.dialogues.web_chat import WebChat, new_id, said
from tests.privacy.filled import files_with, where_in_database

pytestmark = pytest.mark.model
WORD = "kwabbelsnor"
QUESTION = f"Mag ik fietsen met rugpijn? {WORD}"
ALARM = f"Ik kan sinds vanochtend niet meer plassen. {WORD}"
MIND = f"Ik wil niet meer leven. {WORD}"


@pytest.fixture(scope="module")
def server(assistant: Assistant) -> Assistant:
    return assistant


@pytest.fixture
def chat(server: Assistant) -> WebChat:
    """A patient who wasn't asked yet."""
    return WebChat(server, agrees=False)


def name_of(chat: WebChat) -> str:
    return conversation_of(hash_of(chat.token))


def refused(chat: WebChat, text: str, **more: Any) -> Dict[str, Any]:
    response = chat.post(text, **more)
    assert response.status_code == 403, response.text
    body = dict(response.json())
    assert body["error"] == "consent"
    assert body["text"]
    return body


def rows(server: Assistant, chat: WebChat) -> List[Any]:
    with closing(sqlite3.connect(server.database, timeout=20)) as connection:
        return connection.execute(
            "SELECT version, given, channel, decided_at FROM consent WHERE conversation = ?"
            " ORDER BY id",
            (name_of(chat),),
        ).fetchall()


def assert_nowhere(server: Assistant, word: str = WORD) -> None:
    """Not in a table, not in the bytes of a file of the server, not in what it printed."""
    url = f"sqlite:///{server.database}"
    assert where_in_database(url, word) == []
    assert files_with(server.database, word) == []
    for file in server.folder.rglob("*"):
        if file.is_file():
            assert word.encode() not in file.read_bytes(), file


def test_nothing_is_stored_before_a_patient_agreed(server: Assistant, chat: WebChat) -> None:
    text = f"Mag ik fietsen? nimmerstore {new_id()}"
    word = text.split()[-1]
    body = refused(chat, text)
    assert body["consent"] == {"version": consent_texts().version, "state": "due"}
    refused(chat, f"Ik wil een mens {word}", payload="/mens-spreken")
    refused(chat, f"Ik kan niet meer plassen {word}")
    chat.decide(False)
    refused(chat, text)
    assert chat.events() == []
    time.sleep(0.5)
    assert_nowhere(server, word)
    with closing(sqlite3.connect(server.database, timeout=20)) as connection:
        known = connection.execute(
            "SELECT count(*) FROM events WHERE sender_id = ?", (name_of(chat),)
        ).fetchone()
    assert known == (0,)


def test_an_alarm_comes_before_the_question(server: Assistant, chat: WebChat) -> None:
    begun = time.monotonic()
    body = refused(chat, ALARM)
    assert time.monotonic() - begun < 10
    assert body["alarm"] == "same_day"
    assert "Bel nu je huisarts" in body["parts"][0]["text"]
    assert "113" in refused(chat, MIND)["parts"][0]["text"]
    # Also for who said no.
    chat.decide(False)
    assert refused(chat, ALARM)["alarm"] == "same_day"
    assert "parts" not in refused(chat, QUESTION)
    assert_nowhere(server)


def test_an_alarm_in_a_flood_is_told_too(chat: WebChat) -> None:
    for _ in range(20):
        refused(chat, "Helpt warmte?")
    response = chat.post(ALARM)
    assert response.status_code == 429
    assert response.json()["alarm"] == "same_day"


def test_the_question_of_before_is_answered_after_it(server: Assistant, chat: WebChat) -> None:
    client_id = new_id()
    refused(chat, "Helpt paracetamol?", client_id=client_id)
    assert chat.decide(True) == {"version": consent_texts().version, "state": "given"}
    reply = chat.say("Helpt paracetamol?", client_id=client_id)
    assert reply["topics"] == ["paracetamol"]
    ((version, given, channel, moment),) = rows(server, chat)
    assert (version, given, channel) == (consent_texts().version, 1, "website")
    assert datetime.fromisoformat(moment)


def test_a_session_and_the_info_tell_what_is_asked(server: Assistant) -> None:
    begun = requests.post(f"{server.address}/chat/api/session", json={}, timeout=20).json()
    assert begun["consent"] == {"version": consent_texts().version, "state": "due"}
    asked = requests.get(f"{server.address}/chat/api/info", timeout=20).json()["consent"]
    text = " ".join([*asked["points"], asked["question"]])
    for words in ("computerprogramma", "arts", "112", "gezondheid", "30 dagen", "1 jaar", "wissen"):
        assert words in text, words
    assert "{" not in json.dumps(asked["points"] + asked["refused"]["points"])
    refusal = " ".join(asked["refused"]["points"])
    for words in ("112", "huisarts", "113", PHONE):
        assert words in refusal, words
    assert "1813" not in refusal
    assert "concept" in " ".join(asked["notes"])


def test_what_is_said_in_flanders(assistant_be: Assistant) -> None:
    asked = requests.get(f"{assistant_be.address}/chat/api/info", timeout=20).json()["consent"]
    refusal = " ".join(asked["refused"]["points"])
    assert "1813" in refusal
    assert "1733" in refusal
    assert "113 " not in refusal
    assert "kinesitherapeut" in " ".join(asked["points"])


def test_clicked_twice_or_in_two_tabs_it_is_one_decision(server: Assistant, chat: WebChat) -> None:
    other = WebChat(server, chat.token)
    threads = [threading.Thread(target=one.decide, args=(True,)) for one in (chat, other) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rows(server, chat)) == 1


def test_who_said_no_may_say_yes_and_who_said_yes_takes_it_back_by_erasing(
    server: Assistant, chat: WebChat
) -> None:
    assert chat.decide(False)["state"] == "refused"
    assert chat.decide(True)["state"] == "given"
    chat.say("Helpt warmte?")
    late = chat.call("POST", "consent", {"given": False, "version": consent_texts().version})
    assert late.status_code == 409
    assert late.json()["error"] == "consent_given"
    assert "Verwijder" in late.json()["text"]
    assert [given for _, given, _, _ in rows(server, chat)] == [0, 1]
    assert chat.call("DELETE", "conversation").status_code == 204
    assert rows(server, chat) == []


@pytest.mark.parametrize(
    "body", [{}, {"given": True}, {"given": 1, "version": "1"}, {"given": True, "version": 1}]
)
def test_a_decision_that_is_none_is_refused(chat: WebChat, body: Dict[str, Any]) -> None:
    assert chat.call("POST", "consent", body).status_code == 400
    assert chat.call("GET", "consent").json()["state"] == "due"


def test_another_text_than_the_present_one_cannot_be_agreed_to(
    server: Assistant, chat: WebChat
) -> None:
    response = chat.call("POST", "consent", {"given": True, "version": "0-old"})
    assert response.status_code == 409
    assert response.json()["error"] == "consent_changed"
    refused(chat, QUESTION)
    assert rows(server, chat) == []


def test_who_talked_before_there_was_consent_is_asked_and_keeps_what_was_said(
    server: Assistant, chat: WebChat
) -> None:
    chat.decide(True)
    client_id = new_id()
    chat.say("Helpt paracetamol?", client_id=client_id)
    with closing(sqlite3.connect(server.database, timeout=20)) as connection, connection:
        connection.execute("DELETE FROM consent WHERE conversation = ?", (name_of(chat),))
    before = chat.events()
    assert chat.call("GET", "consent").json()["state"] == "due"
    refused(chat, QUESTION)
    # What came already is only confirmed.
    again = chat.post("Helpt paracetamol?", client_id=client_id)
    assert (again.status_code, again.json()["event"]) == (200, before[0]["id"])
    assert chat.events() == before
    chat.decide(True)
    assert chat.say("Helpt warmte?")["topics"]


def test_a_new_text_asks_again_and_a_restart_forgets_nothing(
    launch: Launcher, project: Path, practice_nl: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(project, folder, symlinks=True)
    server = launch(folder, RUGGESTEUN_PRACTICE=str(practice_nl))
    chat, later = WebChat(server), WebChat(server, agrees=False)
    chat.say("Helpt paracetamol?")
    refused(later, QUESTION)
    assert WebChat(server, chat.token).say("Helpt warmte?")["topics"]
    server.stop()
    file = folder / "data" / "consent.yml"
    file.write_text(file.read_text("utf-8").replace('version: "1"', 'version: "2"'), "utf-8")
    server.start()
    assert later.call("GET", "consent").json() == {"version": "2", "state": "due"}
    count = len(chat.events())
    body = refused(chat, ALARM)
    assert body["consent"] == {"version": "2", "state": "due"}
    assert body["alarm"]
    assert len(chat.events()) == count
    assert chat.decide(True, "2")["state"] == "given"
    chat.say("Helpt kou?")
    assert [version for version, *_ in rows(server, chat)] == ["1", "2"]


# ---- "mijn gegevens"


def export(chat: WebChat, form: str) -> requests.Response:
    return chat.call("GET", f"export?form={form}")


def test_everything_is_given_as_data_and_as_a_page(server: Assistant) -> None:
    chat = WebChat(server)
    chat.say("Ik heb al 3 weken pijn in mijn rug. <b>vet</b>")
    reply = chat.say("Helpt paracetamol?")
    chat.call("POST", "feedback", {"event": reply["id"], "useful": True})
    chat.say("Ik kan niet meer plassen")
    answer = export(chat, "json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mijn-gegevens.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    data = answer.json()
    assert data["consent"][0]["given"] is True
    assert [m["text"] for m in data["messages"] if m["author"] == "patient"] == [
        "Ik heb al 3 weken pijn in mijn rug. <b>vet</b>",
        "Helpt paracetamol?",
        "Ik kan niet meer plassen",
    ]
    assert [m for m in data["messages"] if m.get("found_useful")][0]["topics"] == ["paracetamol"]
    assert data["noted"]["slots"]["pain_days"] == 21
    assert data["alarm_signs"][0]["flag"] == "RF01"
    assert len(data["noted"]["understood"]) == 3
    assert chat.token not in answer.text
    page = export(chat, "html")
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert "&lt;b&gt;vet&lt;/b&gt;" in page.text
    for words in ("Helpt paracetamol?", "3 weken", "cauda", "je ging akkoord", "aantekeningen"):
        assert words in page.text, words
    assert chat.call("GET", "export?form=exe").status_code == 400


def test_what_colleagues_note_for_each_other_is_left_out(server: Assistant) -> None:
    chat = WebChat(server)
    chat.say("Helpt warmte?")
    with closing(sqlite3.connect(server.database, timeout=20)) as connection, connection:
        connection.execute(
            "INSERT INTO conversation_note (conversation, written_at, account, name, text)"
            " VALUES (?, '2026-11-22 10:00:00', 1, 'Anna', ?)",
            (name_of(chat), sealer().seal("onder-ons")),
        )
    for form in ("json", "html"):
        assert "onder-ons" not in export(chat, form).text
    assert "left_out" in export(chat, "json").json()


def test_of_anothers_conversation_nothing_is_given(server: Assistant) -> None:
    mine, other = WebChat(server), WebChat(server)
    mine.say("Helpt paracetamol? abrikoos")
    for form in ("json", "html"):
        assert "abrikoos" not in export(other, form).text
    for token in ("", "x" * 43, name_of(mine), hash_of(mine.token), mine.token[:-1] + "A"):
        if token == mine.token:
            continue
        stranger = WebChat(server, token)
        answers = [export(stranger, "json"), stranger.call("GET", "consent")]
        body = {"given": True, "version": consent_texts().version}
        answers.append(stranger.call("POST", "consent", body))
        for answer in answers:
            assert answer.status_code == 401
            assert "abrikoos" not in answer.text
    # No token in an address opens anything.
    address = f"{mine.base}/export?form=json&token={mine.token}&conversation={name_of(mine)}"
    assert requests.get(address, timeout=TURN_SECONDS).status_code == 401


def test_exports_have_a_limit_with_a_sentence(server: Assistant) -> None:
    chat = WebChat(server)
    answers = [export(chat, "json") for _ in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert PHONE in answers[-1].json()["text"]
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_typed_it_is_understood_and_not_taken_for_a_question(server: Assistant) -> None:
    chat = WebChat(server)
    chat.say("Helpt warmte?")
    reply = chat.say("Mijn gegevens.")
    assert [button["payload"] for part in reply["parts"] for button in part["buttons"]] == [
        EXPORT_PAYLOAD
    ]
    assert "downloaden" in said(reply)
    erase = chat.say("Verwijder mijn gegevens!")
    assert "ongedaan" in said(erase)
    # Asking for it erases nothing.
    assert len(chat.events()) == 6
    # Such a button, sent by who can't act upon it, is answered in the same way.
    assert "ongedaan" in said(chat.say("Verwijder", payload="/verwijder-gegevens"))
    # Something else is in it, so it is a question, and an alarm is one.
    assert chat.say("Verwijder mijn gegevens, ik kan niet meer plassen")["alarm"] == "same_day"
    conversation = name_of(chat)
    with closing(sqlite3.connect(server.database, timeout=20)) as connection:
        told = connection.execute(
            "SELECT count(*) FROM events WHERE sender_id = ? AND type_name = 'user'",
            (conversation,),
        ).fetchone()
    assert told == (2,)


def test_nobody_has_to_agree_before_seeing_or_erasing(chat: WebChat) -> None:
    assert refused(chat, "mijn gegevens")["right"] == "export"
    assert refused(chat, "Wis mijn gegevens")["right"] == "erase"
    assert export(chat, "json").json()["messages"] == []
    assert chat.call("DELETE", "conversation").status_code == 204


# ---- "verwijder mijn gegevens"


def eventually_nowhere(server: Assistant, word: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            return assert_nowhere(server, word)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


@pytest.mark.parametrize("state", ["bot", "waiting", "human"])
def test_erasing_takes_everything_in_each_state(server: Assistant, state: str) -> None:
    chat, word = WebChat(server), f"wegermee{state}"
    chat.say(f"Ik heb al 3 weken rugpijn en ben 45. {word}")
    chat.say(f"Ik kan niet meer plassen {word}")
    with closing(sqlite3.connect(server.database, timeout=20)) as connection, connection:
        connection.execute(
            "UPDATE conversation SET state = ?, owner = ? WHERE id = ?",
            (state, 1 if state == "human" else None, name_of(chat)),
        )
        connection.execute(
            "INSERT INTO conversation_note (conversation, written_at, account, name, text)"
            " VALUES (?, '2026-11-22 10:00:00', 1, 'Anna', ?)",
            (name_of(chat), word),
        )
        before = connection.execute("SELECT max(id) FROM audit").fetchone()[0] or 0
    if state != "bot":
        chat.send(f"nog iets {word}")
    if state == "human":
        chat.say("mijn gegevens")
    assert where_in_database(f"sqlite:///{server.database}", word)
    assert chat.call("DELETE", "conversation").status_code == 204
    eventually_nowhere(server, word)
    eventually_nowhere(server, name_of(chat))
    with closing(sqlite3.connect(server.database, timeout=20)) as connection:
        kept = connection.execute(
            "SELECT name, action, conversation, detail, source FROM audit WHERE id > ?", (before,)
        ).fetchall()
    assert kept == [("patiënt", "erased", None, "channel=website", "")]
    assert chat.call("GET", "events").status_code == 401
    assert export(chat, "json").status_code == 401


def test_a_reply_that_is_being_made_does_not_come_back_to_life(server: Assistant) -> None:
    for number in range(8):
        chat, word = WebChat(server), f"halverwege{number}"
        for _ in range(3):
            chat.send(f"Mag ik fietsen met rugpijn en helpt paracetamol? {word}")
        time.sleep(0.01 * number)
        assert chat.call("DELETE", "conversation").status_code == 204
        late = chat.post(f"nog een {word}")
        assert late.status_code == 401
        time.sleep(0.3)
        assert where_in_database(f"sqlite:///{server.database}", word) == []
    eventually_nowhere(server, "halverwege")


def test_another_tab_is_told_at_once(server: Assistant) -> None:
    chat = WebChat(server)
    chat.say("Helpt warmte?")
    with chat.stream() as stream:
        stream.until("ready")
        assert chat.call("DELETE", "conversation").status_code == 204
        assert stream.until("erased")


def test_a_conversation_from_before_can_be_exported_and_erased(server: Assistant) -> None:
    """Its row and its messages stand there, and no decision does."""
    chat = WebChat(server, agrees=False)
    log = ConversationLog(f"sqlite:///{server.database}")
    asked = log.add_message(name_of(chat), "oud-00001", "Oude vraag pruimensap")
    log.add_reply(name_of(chat), asked.event, {"parts": [{"text": "Oud antwoord", "buttons": []}]})
    assert "pruimensap" in export(chat, "html").text
    assert export(chat, "json").json()["consent"] == []
    assert chat.call("DELETE", "conversation").status_code == 204
    eventually_nowhere(server, "pruimensap")
