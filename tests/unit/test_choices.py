"""Which of the offered things somebody means."""

from __future__ import annotations

import pytest

from rasa_project.dialogue.choices import chosen


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("1", 0),
        ("een", 0),
        ("Één", 0),
        ("de eerste", 0),
        ("De eerste graag!", 0),
        ("de bovenste", 0),
        ("2.", 1),
        ("nummer 2", 1),
        ("ik bedoel de tweede", 1),
        ("doe maar de 2e", 1),
        ("de middelste dan", 1),
        ("vraag drie", 2),
        ("de derde vraag", 2),
        ("optie 3", 2),
        ("de laatste", 2),
        ("de onderste", 2),
    ],
)
def test_a_choice_is_heard_with_or_without_words_around_it(text, index):
    assert chosen(text, among=3) == index


@pytest.mark.parametrize(
    "text",
    [
        "",
        "de",
        "ja",
        "4",
        "0",
        "11",
        "een vraag",  # an announcement, no choice
        "Ik een vraag graag",
        "1 en 2",
        "de eerste of de tweede",
        "al 2 weken",
        "het eerste uur",
        "mijn laatste afspraak",
        "in de eerste week",
    ],
)
def test_any_other_text_is_no_choice(text):
    assert chosen(text, among=3) is None


@pytest.mark.parametrize(
    ("text", "among", "index"),
    [("de derde", 2, None), ("2", 1, None), ("1", 1, 0), ("de laatste", 2, 1), ("laatste", 1, 0)],
)
def test_only_what_was_offered_can_be_chosen(text, among, index):
    assert chosen(text, among) == index
