"""What was sent is found again, nothing else is taken for it, and nothing is changed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, AsyncIterator, Callable, List, Optional

import pytest

from rasa_project.channels import telegram_once as once_module
from rasa_project.channels.telegram_api import Blocked, BotApi
from rasa_project.channels.telegram_names import Names
from rasa_project.channels.telegram_once import ASIDE, Once
from rasa_project.storage.engine import engine_for
from rasa_project.storage.migrate import migrate
from rasa_project.storage.telegram_store import Chat, TelegramStore
from tests.telegram.stand_in import TOKEN, StandIn

CHAT, OTHER = 1001, 2002


class Sender:
    """Sends as the bot does, with a store of its own; ``again`` is after a restart."""

    def __init__(self, stand_in: StandIn, database: str):
        self.stand_in = stand_in
        self.api = BotApi(Names(TOKEN), stand_in.address)
        self.store = TelegramStore(database, Names(TOKEN).bot)
        for chat in (CHAT, OTHER):
            self.store.open(chat, f"tg:{chat}")
        self.again()

    def again(self) -> None:
        self.once = Once(self.api, self.store)
        self.once.caught_up()

    def chat(self, chat: int = CHAT) -> Chat:
        found = self.store.chat_in(chat)
        assert found is not None
        return found

    def attempt(self, text: str, chat: int = CHAT, **more: Any) -> Callable[[], Any]:
        return lambda: self.api.call("sendMessage", chat_id=chat, text=text, **more)

    async def takes(self, text: str, chat: int = CHAT, **more: Any) -> int:
        """Telegram takes a message, and we don't get to know."""
        self.store.sending(f"tg:{chat}", self.store.newest_message())
        sent = await self.attempt(text, chat, **more)()
        return int(sent["message_id"])

    async def send(self, text: str, chat: int = CHAT) -> Optional[int]:
        begin = lambda above: self.store.sending(f"tg:{chat}", above)  # noqa: E731
        number = await self.once.send(self.chat(chat), begin, self.attempt(text, chat))
        self.store.sent(f"tg:{chat}", 0, 1, number)
        return number


@pytest.fixture
async def sender(stand_in: StandIn, tmp_path: Path) -> AsyncIterator[Sender]:
    database = f"sqlite:///{tmp_path / 'once.db'}"
    migrate(database)
    for chat in (CHAT, OTHER):
        stand_in.says(chat, "hoi")
    sender = Sender(stand_in, database)
    yield sender
    await sender.api.close()
    engine_for(database).dispose()
    engine_for.cache_clear()


def texts(stand_in: StandIn, chat: int = CHAT) -> List[str]:
    return stand_in.texts(chat)


async def test_what_arrived_is_not_sent_again(sender, stand_in):
    number = await sender.takes("antwoord")
    sender.again()
    assert await sender.send("antwoord") == number
    assert texts(stand_in) == ["antwoord"]
    assert sender.chat().sending_above is None
    assert sender.store.newest_message() == number


async def test_what_did_not_arrive_is_sent(sender, stand_in):
    sender.store.sending(f"tg:{CHAT}", 0)
    sender.again()
    await sender.send("antwoord")
    assert texts(stand_in) == ["antwoord"]


async def test_buttons_under_it_change_nothing(sender, stand_in):
    row = [{"text": "Ja", "callback_data": "x"}]
    await sender.takes("antwoord", reply_markup={"inline_keyboard": [row]})
    before = stand_in.seen(CHAT)
    sender.again()
    await sender.send("antwoord")
    assert stand_in.seen(CHAT) == before


async def test_it_is_found_between_messages_of_patients_and_of_other_chats(sender, stand_in):
    for chat in (CHAT, OTHER):
        await sender.send("eerder", chat)
    stand_in.says(CHAT, "van de patiënt")
    there = await sender.takes("antwoord", OTHER)
    for _ in range(7):
        stand_in.says(OTHER, "van een ander")
    here = await sender.takes("antwoord")
    stand_in.says(CHAT, "en nog een")
    sender.again()
    assert await sender.send("antwoord") == here
    assert await sender.send("antwoord", OTHER) == there
    assert texts(stand_in) == texts(stand_in, OTHER) == ["eerder", "antwoord"]


async def test_what_was_sent_before_or_beside_it_is_not_taken_for_it(sender, stand_in):
    await sender.send("eerder")
    sender.store.sending(f"tg:{CHAT}", sender.store.newest_message())
    await sender.attempt("een alarm", reply_markup=ASIDE)()
    sender.again()
    await sender.send("antwoord")
    assert texts(stand_in) == ["eerder", "een alarm", "antwoord"]


async def test_an_aside_before_it_is_passed_over(sender, stand_in):
    sender.store.sending(f"tg:{CHAT}", sender.store.newest_message())
    await sender.attempt("een alarm", reply_markup=ASIDE)()
    sent = await sender.attempt("antwoord")()
    sender.again()
    assert await sender.send("antwoord") == sent["message_id"]
    assert texts(stand_in) == ["een alarm", "antwoord"]


async def test_many_messages_of_patients_that_came_meanwhile_are_known(sender, stand_in):
    sender.store.sending(f"tg:{CHAT}", sender.store.newest_message())
    for number in range(200):
        stand_in.says(OTHER, f"van een ander {number}")
    sent = await sender.attempt("antwoord")()
    sender.again()
    for raw in list(stand_in._updates):
        sender.once.saw_update(raw)
    assert await sender.send("antwoord") == sent["message_id"]
    assert len(stand_in.called("editMessageLiveLocation")) < 10


async def test_the_search_has_an_end(sender, stand_in):
    sender.store.sending(f"tg:{CHAT}", sender.store.newest_message())
    for number in range(300):
        stand_in.says(OTHER, f"van een ander {number}")
    last = stand_in.says(OTHER, "de laatste")
    sender.again()
    sender.once.saw_sent(OTHER, {"message_id": last})
    await sender.send("antwoord")
    assert len(stand_in.called("editMessageLiveLocation")) == once_module.MOST_TRIED
    assert texts(stand_in) == ["antwoord"]


async def test_a_file_is_found_as_well(sender, stand_in):
    sender.store.sending(f"tg:{CHAT}", sender.store.newest_message())
    sent = await sender.api.send_document(CHAT, "a.txt", b"x", "Bij dezen.")
    sender.again()
    assert await sender.send("wordt niet verstuurd") == sent["message_id"]
    assert len(stand_in.files[CHAT]) == len(stand_in.seen(CHAT)) == 1
    assert stand_in.seen(CHAT)[0]["caption"] == "Bij dezen."


async def test_it_waits_until_it_knows_what_patients_sent(sender, stand_in):
    number = await sender.takes("antwoord")
    sender.once = Once(sender.api, sender.store)
    task = asyncio.ensure_future(sender.send("antwoord"))
    await asyncio.sleep(0.3)
    assert not stand_in.called("editMessageLiveLocation")
    sender.once.caught_up()
    assert await task == number


async def test_but_not_for_ever(sender, stand_in, monkeypatch):
    monkeypatch.setattr(once_module, "CAUGHT_UP_SECONDS", 0.1)
    number = await sender.takes("antwoord")
    sender.once = Once(sender.api, sender.store)
    assert await sender.send("antwoord") == number


async def test_while_telegram_is_not_reached_at_all_nothing_is_looked_for(sender, stand_in):
    address = stand_in.address
    port = stand_in.port
    sender.api._base = sender.api._base.replace(str(port), "9")
    task = asyncio.ensure_future(sender.send("antwoord"))
    await asyncio.sleep(0.7)
    sender.api._base = f"{address}/bot{TOKEN}/"
    await task
    assert not stand_in.called("editMessageLiveLocation")
    assert texts(stand_in) == ["antwoord"]


async def test_a_lost_answer_is_looked_for_and_too_many_is_obeyed(sender, stand_in):
    stand_in.lost_rate, stand_in.error_rate = 0.5, 0.2
    said = [f"antwoord {number}" for number in range(15)]
    for text in said:
        await sender.send(text)
    assert texts(stand_in) == said


async def test_what_was_being_sent_to_who_blocked_us_is_not_looked_for_later(sender, stand_in):
    sender.store.sending(f"tg:{CHAT}", sender.store.newest_message())
    stand_in.blocked.add(CHAT)
    sender.again()
    with pytest.raises(Blocked):
        await sender.send("antwoord")
    sender.store.set_blocked(f"tg:{CHAT}", True)
    assert sender.chat().sending_above is None


async def test_a_server_that_cannot_edit_gets_it_again(sender, stand_in, monkeypatch):
    monkeypatch.setattr(StandIn, "_do_editMessageLiveLocation", None)
    await sender.takes("antwoord")
    sender.again()
    await sender.send("antwoord")
    assert texts(stand_in) == ["antwoord", "antwoord"]
    assert len(stand_in.called("editMessageLiveLocation")) == 1


async def test_groups_count_for_themselves(sender, stand_in):
    sender.once.saw_sent(-5, {"message_id": 10**6})
    sender.once.saw_update({"message": {"message_id": 10**6, "chat": {"type": "group"}}})
    for odd in (None, {}, {"message": 7}, {"message": {"chat": 7}}):
        sender.once.saw_update(odd)
    assert sender.once.saw_sent(CHAT, {"message_id": "7"}) is None
    assert sender.once.saw_sent(CHAT, None) is None
    await sender.send("antwoord")
    assert sender.store.newest_message() < 100
