"""Several questions, follow-ups, what was told before, other languages: over the real channel."""

from __future__ import annotations

import pytest

from tests.dialogues.conftest import PHONE, Assistant

pytestmark = pytest.mark.model

PREGNANT = "Ik ben 20 weken zwanger."


def test_two_questions_are_both_answered_in_the_order_asked(assistant: Assistant) -> None:
    turn = assistant.say("Wat kost een behandeling en moet ik een verwijzing hebben?")
    assert (turn.topics, turn.outcome) == (("kosten", "verwijzing"), "answered")
    assert turn.text.count("Bronnen: ") == 1
    turned = assistant.say("Moet ik een verwijzing hebben en wat kost een behandeling?")
    assert turned.topics == ("verwijzing", "kosten")


def test_of_three_questions_two_are_answered_and_the_third_is_offered(
    assistant: Assistant,
) -> None:
    say = assistant.conversation()
    turn = say("Mag ik zwemmen? Wat kost een behandeling? En helpt paracetamol?")
    assert turn.topics == ("zwemmen", "kosten")
    assert turn.payloads == ["/paracetamol"]
    assert say("ja graag").topics == ("paracetamol",)


@pytest.mark.parametrize(
    ("before", "follow_up", "topics"),
    [
        ("/wandelen", "en fietsen?", ("fietsen",)),
        ("/wat-is-een-hernia", "moet ik dan geopereerd worden?", ("hernia-operatie",)),
        ("/afspraak-maken", "en wat kost dat?", ("kosten",)),
        ("/warmte", "waarom?", ("warmte",)),
        ("/warmte", "waar haal je dat vandaan?", ("warmte",)),
    ],
)
def test_a_follow_up_is_about_what_was_answered_before(
    assistant: Assistant, before: str, follow_up: str, topics: tuple
) -> None:
    say = assistant.conversation()
    say(before)
    turn = say(follow_up)
    assert (turn.topics, turn.outcome) == (topics, "answered")


def test_i_do_not_get_it_gets_the_simple_text_and_then_a_human(assistant: Assistant) -> None:
    say = assistant.conversation()
    short = say("/warmte")
    simple = say("dat snap ik niet")
    assert simple.topics == ("warmte",)
    assert len(simple.text) < len(short.text)
    again = say("ik snap het nog steeds niet")
    assert (again.outcome, again.topics) == ("handoff", ())
    assert again.payloads[0] == "/mens-spreken"


def test_what_was_told_changes_the_answer_and_is_not_asked_again(assistant: Assistant) -> None:
    say = assistant.conversation()
    plain = say("Helpt paracetamol tegen rugpijn?")
    told = assistant.conversation()
    told(PREGNANT)
    turn = told("Helpt paracetamol tegen rugpijn?")
    assert turn.topics == plain.topics == ("paracetamol",)
    assert "zwanger" in turn.text.lower()
    assert "Je bent zwanger" not in plain.text


def test_how_long_it_lasts_is_asked_once_and_its_answer_used(assistant: Assistant) -> None:
    say = assistant.conversation()
    asked = say("/hoe-lang-duurt-het")
    assert "Hoe lang heb je al last" in asked.text
    reply = say("Langer dan 3 maanden")
    assert reply.topics == ("hoe-lang-duurt-het",)
    assert "drie maanden" in reply.text
    assert "Hoe lang heb je al last" not in say("/kans-op-chronisch").text


def test_who_told_already_is_not_asked(assistant: Assistant) -> None:
    turn = assistant.say("Ik heb al drie weken rugpijn, hoe lang gaat dat nog duren?")
    assert turn.topics == ("hoe-lang-duurt-het",)
    assert "Hoe lang heb je al last" not in turn.text
    assert "zes weken" in turn.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Can I go running with back pain?", "only speak Dutch"),
        ("Est-ce que je peux courir avec mon mal de dos ?", "néerlandais"),
        ("Darf ich mit Rückenschmerzen laufen?", "nur Niederländisch"),
        ("Bel ağrım var, koşabilir miyim?", "Hollandaca"),
        ("هل يمكنني الجري مع ألم الظهر؟", "الهولندية"),
        ("Czy mogę biegać z bólem pleców?", "niderlandzku"),
    ],
)
def test_another_language_gets_a_reply_in_that_language_with_the_numbers(
    assistant: Assistant, text: str, words: str
) -> None:
    turn = assistant.say(text)
    assert (turn.outcome, turn.topics) == ("smalltalk", ())
    assert words in turn.text
    assert PHONE in turn.text
    assert "112" in turn.text
