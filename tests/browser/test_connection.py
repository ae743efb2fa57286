"""A connection that comes and goes: nothing is lost, and nothing comes twice."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Seeded

pytestmark = [pytest.mark.browser, pytest.mark.model]

OFFLINE_SECONDS = 10
QUESTIONS = [
    "mag ik fietsen met rugpijn?",
    "is zwemmen goed voor mijn rug?",
    "helpt warmte bij rugpijn?",
]


def said_once(chat, questions):
    """Each question stands there once, in this order, and each has its answer."""
    expect(chat.theirs).to_have_count(len(questions))
    expect(chat.find(".pending")).to_have_count(0)
    shown = chat.shown()
    assert [text for text in shown if text in questions] == questions
    assert len(shown) == 2 * len(questions)
    return shown


def same_after_a_reload(chat, shown):
    chat.page.reload()
    expect(chat.find(".bubble")).to_have_count(len(shown))
    assert chat.shown() == shown


def test_what_is_said_without_a_connection_arrives_once_and_in_order(visit):
    chat = visit("/chat", may_lose_requests=True)
    chat.ask(QUESTIONS[0])
    chat.page.context.set_offline(True)
    gone = time.monotonic()
    for question in QUESTIONS[1:]:
        chat.type_and_send(question)
    expect(chat.notice).to_contain_text("geen verbinding")
    expect(chat.find(".pending")).to_have_count(2)
    expect(chat.find(".pending").last).to_contain_text("Nog niet verstuurd.")
    # It must last, so that the widget has tried and failed several times.
    chat.page.wait_for_timeout(max(0.0, OFFLINE_SECONDS - (time.monotonic() - gone)) * 1000)
    expect(chat.theirs).to_have_count(1)
    chat.page.context.set_offline(False)
    shown = said_once(chat, QUESTIONS)
    expect(chat.notice).not_to_contain_text("geen verbinding")
    same_after_a_reload(chat, shown)


def test_answers_that_were_missed_without_a_connection_come_afterwards(visit, assistant):
    seeded = Seeded(assistant)
    seeded.exchange("dag", "Hallo.")
    chat = visit("/chat", token=seeded.token, may_lose_requests=True)
    expect(chat.theirs).to_have_count(1)
    chat.page.context.set_offline(True)
    seeded.exchange("en verder", "Meer weet ik niet.")
    chat.page.context.set_offline(False)
    expect(chat.theirs).to_have_count(2)
    assert chat.shown() == ["dag", "Hallo.", "en verder", "Meer weet ik niet."]


def test_what_was_not_sent_before_a_reload_is_sent_after_it_in_its_place(visit, assistant):
    seeded = Seeded(assistant)
    seeded.exchange("dag", "Hallo.")
    chat = visit("/chat", token=seeded.token, may_lose_requests=True)
    expect(chat.theirs).to_have_count(1)
    chat.page.route("**/chat/api/**", lambda route: route.abort())
    chat.type_and_send(QUESTIONS[0])
    chat.type_and_send(QUESTIONS[1])
    expect(chat.find(".pending")).to_have_count(2)
    chat.page.reload()
    expect(chat.find(".pending")).to_have_count(2)
    chat.page.unroute("**/chat/api/**")
    chat.page.evaluate("dispatchEvent(new Event('online'))")
    expect(chat.theirs).to_have_count(3)
    shown = chat.shown()
    assert shown[:3] == ["dag", "Hallo.", QUESTIONS[0]]
    same_after_a_reload(chat, shown)


def test_a_chat_that_was_opened_without_a_connection_recovers(visit):
    chat = visit(may_lose_requests=True)
    chat.page.route("**/chat/api/**", lambda route: route.abort())
    chat.open()
    expect(chat.notice).to_contain_text("geen verbinding")
    chat.page.unroute("**/chat/api/**")
    chat.ask(QUESTIONS[0])
    expect(chat.notice).not_to_contain_text("geen verbinding")
    expect(chat.find(".practice")).to_have_text("Praktijk De Test")


def test_a_message_whose_receipt_got_lost_is_not_said_twice(visit):
    chat = visit("/chat", may_lose_requests=True)
    chat.ask(QUESTIONS[0])
    lost = []

    def lose_the_receipt(route):
        route.fetch()
        lost.append(route.request.post_data_json["id"])
        route.abort()

    chat.page.route("**/chat/api/messages", lose_the_receipt, times=2)
    with chat.page.expect_response("**/chat/api/messages") as again:
        chat.type_and_send(QUESTIONS[1])
    assert again.value.request.post_data_json["id"] == lost[0] == lost[1]
    assert again.value.status == 200
    said_once(chat, QUESTIONS[:2])


def test_five_messages_in_a_row_stay_in_order(visit):
    chat = visit("/chat")
    many = [*QUESTIONS, "mag ik tillen?", "hoe lang duurt rugpijn?"]
    for question in many:
        chat.type_and_send(question)
    expect(chat.theirs).to_have_count(5)
    shown = chat.shown()
    assert [text for text in shown if text in many] == many
    same_after_a_reload(chat, shown)


def test_a_stream_that_never_answers_becomes_long_polling(visit, assistant):
    asked = []

    def hold_streams_back(page):
        page.on("request", lambda request: asked.append(request.url))

        def handle(route):
            if "text/event-stream" not in route.request.headers.get("accept", ""):
                route.continue_()

        page.route("**/chat/api/events*", handle)

    chat = visit("/chat", may_lose_requests=True, before=hold_streams_back)
    chat.ask(QUESTIONS[0])
    assert any("wait=" in address for address in asked)
    streams = [address for address in asked if "/events" in address and "wait=" not in address]
    chat.ask(QUESTIONS[1])
    # A stream is tried no more, that would cost seconds each time.
    assert [a for a in asked if "/events" in a and "wait=" not in a] == streams
    said_once(chat, QUESTIONS[:2])
    # What another process says comes through as well.
    seeded = Seeded(assistant, chat.token(assistant))
    seeded.log.add_therapist_message(seeded.id, "Anna de Wit", "Hoi.")
    expect(chat.find(".human")).to_contain_text("Hoi.")


def test_an_expired_conversation_is_followed_by_a_new_one(visit, assistant):
    seeded = Seeded(assistant)
    seeded.exchange("dag", "Hallo.")
    chat = visit("/chat", token=seeded.token, may_lose_requests=True)
    expect(chat.theirs).to_have_count(1)
    page = chat.page.url
    # A page that is open would be told.
    chat.page.goto("about:blank")
    seeded.log.erase(seeded.id)
    chat.page.goto(page)
    expect(chat.find(".line")).to_have_text(
        "Het vorige gesprek is verlopen. Hieronder begint een nieuw gesprek."
    )
    chat.agree()
    chat.ask(QUESTIONS[0])
    assert chat.token(assistant) != seeded.token


def test_a_server_that_was_killed_and_started_again_goes_on_with_the_conversation(visit, assistant):
    chat = visit("/chat", may_lose_requests=True)
    chat.ask(QUESTIONS[0])
    assistant.kill()
    try:
        chat.type_and_send(QUESTIONS[1])
        expect(chat.notice).to_contain_text("geen verbinding")
    finally:
        # On the same port and database; the other tests need it too.
        assistant.start()
    expect(chat.theirs).to_have_count(2, timeout=40_000)
    expect(chat.notice).not_to_contain_text("geen verbinding")
    chat.ask(QUESTIONS[2])
    shown = said_once(chat, QUESTIONS)
    same_after_a_reload(chat, shown)
