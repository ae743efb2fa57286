"""What is said and kept when an alarm sign was found."""

from __future__ import annotations

import logging
import re

import pytest
import sqlalchemy as sa

from actions.red_flag import ActionRedFlag, ActionRepeatRedFlag
from rasa_project.names import SLOT_FLAGS, SLOT_TRIAGE, SLOT_URGENCY
from rasa_project.storage.engine import session_for
from rasa_project.storage.red_flag_log import RedFlagLog
from rasa_project.storage.tables import RedFlagEventRow
from tests.actions.conftest import PHONES, take
from tests.conftest import MONDAY_MORNING


def finding(flag: str, urgency: str) -> dict:
    return {"flag": flag, "sign": f"{flag}-x", "urgency": urgency, "start": 0, "end": 3}


PLASSEN = finding("RF01", "same_day")
KOORTS = finding("RF05", "soon")
WENS = finding("RF17", "same_day")


def rows_of(database: str) -> list:
    with session_for(database) as session:
        found = session.execute(sa.select(RedFlagEventRow)).scalars().all()
        session.expunge_all()
        return list(found)


@pytest.mark.parametrize(
    ("country", "text"), [("NL", "Bel nu de huisartsenpost."), ("BE", "Bel nu 1733.")]
)
async def test_an_alarm_text_follows_the_country_and_comes_first(serve, at, country, text):
    serve(country)
    at(MONDAY_MORNING)
    turn = await take(ActionRedFlag(), "warmte", red_flags=[PLASSEN])
    assert turn.text.startswith(f"{text}\n\n")
    assert PHONES[country] in turn.text
    assert turn.contract == {"topics": [], "urgency": "same_day", "outcome": "triage"}
    assert turn.text.endswith("Kun je je benen bewegen?")
    assert turn.payloads == ["Ja", "Nee", "Weet ik niet", "/mens-spreken"]
    asked = turn.kept.pop(SLOT_TRIAGE)
    assert (asked["kind"], asked["flag"], asked["urgency"]) == ("worse", "RF01", "same_day")
    assert {SLOT_URGENCY: "same_day", SLOT_FLAGS: ["RF01"]}.items() <= turn.kept.items()


@pytest.mark.usefixtures("dutch")
async def test_at_level_one_nothing_is_asked():
    turn = await take(ActionRedFlag(), red_flags=[finding("RF01", "emergency")])
    assert "?" not in turn.text
    assert turn.payloads == ["/mens-spreken"]
    assert turn.slots.get(SLOT_TRIAGE) is None


@pytest.mark.usefixtures("dutch")
async def test_each_finding_is_stored_with_the_version_of_the_rules(database):
    turn = await take(ActionRedFlag(), red_flags=[PLASSEN, KOORTS])
    with session_for(database) as session:
        rows = session.execute(sa.select(RedFlagEventRow).order_by(RedFlagEventRow.id)).scalars()
        stored = [(r.conversation, r.flag, r.sign, r.urgency, r.rules_version) for r in rows]
    shown = {row.shown for row in rows_of(database)}
    assert shown == {turn.text}
    assert {(row.span_start, row.span_end) for row in rows_of(database)} == {(0, 3)}
    assert stored == [
        ("web:1", "RF01", "RF01-x", "same_day", "test-rules"),
        ("web:1", "RF05", "RF05-x", "soon", "test-rules"),
    ]


@pytest.mark.usefixtures("dutch")
@pytest.mark.parametrize(
    ("held", "found", "urgency"),
    [
        ("none", KOORTS, "soon"),
        ("soon", PLASSEN, "same_day"),
        ("same_day", KOORTS, "same_day"),
        ("emergency", KOORTS, "emergency"),
        ("emergency", PLASSEN, "emergency"),
        (None, PLASSEN, "same_day"),
        ("rubbish", KOORTS, "soon"),
    ],
)
async def test_the_urgency_rises_and_never_drops(held, found, urgency):
    turn = await take(ActionRedFlag(), slots={SLOT_URGENCY: held}, red_flags=[found])
    assert turn.contract["urgency"] == urgency
    assert turn.slots[SLOT_URGENCY] == urgency


@pytest.mark.usefixtures("dutch")
async def test_flags_are_kept_each_once_the_most_urgent_first():
    turn = await take(
        ActionRedFlag(),
        slots={SLOT_FLAGS: ["RF05"], SLOT_URGENCY: "same_day"},
        red_flags=[finding("RF01", "emergency"), PLASSEN, KOORTS],
    )
    assert turn.slots[SLOT_FLAGS] == ["RF01", "RF05"]


async def test_a_less_urgent_flag_comes_after_the_one_that_is_held(serve):
    serve("NL")
    turn = await take(
        ActionRedFlag(),
        slots={SLOT_FLAGS: ["RF01"], SLOT_URGENCY: "emergency"},
        red_flags=[KOORTS],
    )
    assert turn.slots[SLOT_FLAGS] == ["RF01", "RF05"]


async def test_a_database_that_is_down_does_not_stop_the_alarm_text(serve, tmp_path, caplog):
    (tmp_path / "broken.db").write_bytes(b"this is no database" * 100)
    serve("NL", red_flag_log=RedFlagLog(f"sqlite:///{tmp_path / 'broken.db'}"))
    with caplog.at_level(logging.ERROR):
        turn = await take(ActionRedFlag(), red_flags=[PLASSEN])
    assert turn.text.startswith("Bel nu de huisartsenpost.")
    assert turn.contract["outcome"] == "triage"
    assert turn.slots[SLOT_URGENCY] == "same_day"
    assert "could not be stored" in caplog.text


class BrokenLog:
    def record(self, *_args, **_kwargs):
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")


async def test_no_fault_in_storing_takes_the_alarm_text_away(serve, caplog):
    serve("NL", red_flag_log=BrokenLog())
    with caplog.at_level(logging.ERROR):
        turn = await take(ActionRedFlag(), red_flags=[PLASSEN])
    assert turn.text.startswith("Bel nu de huisartsenpost.")
    assert turn.slots[SLOT_URGENCY] == "same_day"
    assert "could not be stored" in caplog.text


@pytest.mark.parametrize(
    ("country", "number", "other"), [("NL", "113", "1813"), ("BE", "1813", "113")]
)
async def test_113_is_said_in_the_netherlands_only_and_1813_in_flanders_only(
    serve, country, number, other
):
    serve(country)
    first = await take(ActionRedFlag(), red_flags=[WENS])
    again = await take(
        ActionRepeatRedFlag(), "warmte", slots={SLOT_URGENCY: "same_day", SLOT_FLAGS: ["RF17"]}
    )
    for turn in (first, again):
        numbers = re.findall(r"\d+", turn.text)
        assert number in numbers
        assert other not in numbers


def test_the_real_alarm_texts_never_swap_113_and_1813(real_catalogue):
    flags = real_catalogue.flags
    for flag in flags.values():
        for text in (flag.repeat, *flag.say.values()):
            assert "1813" not in re.findall(r"\d+", text.NL)
            assert "113" not in re.findall(r"\d+", text.BE)
    suicide = flags["RF17"].repeat
    assert "113" in re.findall(r"\d+", suicide.NL)
    assert "1813" in re.findall(r"\d+", suicide.BE)


@pytest.mark.usefixtures("dutch")
async def test_while_a_flag_is_active_any_message_repeats_whom_to_call():
    slots = {SLOT_URGENCY: "emergency", SLOT_FLAGS: ["RF01"], "last_topic": "warmte"}
    turn = await take(ActionRepeatRedFlag(), "warmte", slots=slots)
    assert turn.text == "Bel nog eens de huisartsenpost."
    assert turn.contract == {"topics": [], "urgency": "emergency", "outcome": "triage"}
    assert turn.payloads == ["/mens-spreken"]
    assert "warmte" not in turn.text
    assert turn.kept == {}


@pytest.mark.usefixtures("dutch")
@pytest.mark.parametrize("flags", [None, [], ["RF99"]])
async def test_an_urgency_without_a_known_flag_still_says_whom_to_call(flags):
    turn = await take(ActionRepeatRedFlag(), slots={SLOT_URGENCY: "same_day", SLOT_FLAGS: flags})
    assert "huisarts" in turn.text
    assert "112" in turn.text
    assert turn.contract["urgency"] == "same_day"
