"""Where a message may fall into two questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rasa_project.errors import DataFileError
from rasa_project.nlu.clauses import (
    Asks,
    CutKind,
    QuestionWords,
    asks,
    cuts,
    read_question_words,
    trimmed,
)
from rasa_project.nlu.words import plain_text
from tests.builders import write_yaml
from tests.conftest import PROJECT

LISTS = {
    "connectives": ["en", "of", "&"],
    "question_words": ["hoe", "wat"],
    "verbs": ["mag", "helpt"],
    "pronouns": ["ik", "dat"],
    "announcements": ["vraag me af", "nog een vraag"],
}
WORDS = QuestionWords.parse_obj(LISTS)


def found(text: str) -> dict:
    """What stands after each cut, with the kind of the cut."""
    return {text[cut.position :]: cut.kind for cut in cuts(text, WORDS)}


@pytest.mark.parametrize(
    ("text", "after", "kind"),
    [
        ("mag ik fietsen? helpt warmte", "helpt warmte", CutKind.MARK),
        ("mag ik fietsen?En helpt warmte? ja", "ja", CutKind.MARK),
        ("het doet pijn. helpt warmte", "helpt warmte", CutKind.STOP),
        ("het doet pijn! helpt warmte", "helpt warmte", CutKind.STOP),
        ("mag ik fietsen\nhelpt warmte", "helpt warmte", CutKind.STOP),
        ("mag ik fietsen, helpt warmte", "helpt warmte", CutKind.COMMA),
        ("mijn vraag is: helpt warmte", "helpt warmte", CutKind.COMMA),
        ("mag ik fietsen en zwemmen", "en zwemmen", CutKind.CONNECTIVE),
        ("mag ik fietsen & zwemmen", "& zwemmen", CutKind.CONNECTIVE),
        ("MAG IK FIETSEN ÉN ZWEMMEN", "ÉN ZWEMMEN", CutKind.CONNECTIVE),
        ("mag ik fietsen hoe lang dan", "hoe lang dan", CutKind.OPENING),
        ("warmte helpt wel mag ik fietsen", "mag ik fietsen", CutKind.OPENING),
    ],
)
def test_a_message_may_be_cut_at_its_marks_and_where_a_question_begins(text, after, kind):
    assert found(text).get(after) is kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "fietsen",
        "mag fietsen",
        "mag ik fietsen",
        "fietsen en zwemmen",  # one word is no question
        "mag ik fietsen en",  # nothing comes after it
        "mag fietsen ? .",  # loose marks are no words
        "? ... fietsen",
        "mag fietsen en 😀",
        "hoe lang helpt dat",  # "hoe lang" alone asks nothing
        "warmte dat helpt mij",  # a verb without its pronoun opens nothing
    ],
)
def test_a_message_that_can_only_be_one_question_is_not_cut(text):
    assert found(text) == {}


def test_a_question_mark_counts_more_than_the_word_after_it():
    assert found("mag ik fietsen? en zwemmen")["en zwemmen"] is CutKind.MARK


def test_the_words_on_both_sides_are_plain():
    (cut,) = cuts("Mag ik: (fiétsen)? Zwemmen!", WORDS)[1:]
    assert list(cut.before) == ["mag", "ik", "fietsen"]
    assert list(cut.after) == ["zwemmen"]


@given(st.text(alphabet="enofmagikhoe ?.,!:;&+-\n\té'", max_size=80))
def test_every_cut_lies_within_the_text_at_the_beginning_of_a_word(text):
    positions = [cut.position for cut in cuts(text, WORDS)]
    assert positions == sorted(set(positions))
    for position in positions:
        assert text[:position].strip()
        assert text[position - 1].isspace()
        assert not text[position].isspace()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mag ik fietsen", Asks.YES),
        ("hoe moet het", Asks.YES),
        ("en dan nog hoe", Asks.YES),
        ("mijn rug doet pijn mag ik fietsen", Asks.MAYBE),
        ("mijn rug doet al lang zeer ik vraag me af", Asks.YES),
        ("nog een vraag", Asks.YES),
        ("ik vraag niets", Asks.NO),
        ("mag fietsen", Asks.NO),
        ("mag", Asks.NO),
        ("", Asks.NO),
    ],
)
def test_how_much_words_look_like_a_question(text, expected):
    assert asks(text.split(), WORDS) is expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (" mag ik,", "mag ik"),
        ("- warmte. ", "warmte"),
        ("mag ik?", "mag ik?"),
        (" ,. ", ""),
        ("", ""),
    ],
)
def test_a_stretch_of_text_is_trimmed_of_all_but_its_question_mark(text, left):
    whole = f"xx{text}yy"
    start, end = trimmed(whole, 2, 2 + len(text))
    assert whole[start:end] == left
    assert 2 <= start <= end <= 2 + len(text)


def test_an_unknown_or_missing_list_is_told_with_its_file(tmp_path):
    path = write_yaml(tmp_path / "questions.yml", {**LISTS, "commas": [","]})
    with pytest.raises(DataFileError, match=r"questions\.yml.*commas: extra fields"):
        read_question_words(path)
    path = write_yaml(path, {name: LISTS[name] for name in LISTS if name != "verbs"})
    with pytest.raises(DataFileError, match="verbs: field required"):
        read_question_words(path)


def test_every_stored_word_can_be_found_in_a_message():
    words = read_question_words(PROJECT / "data" / "questions.yml")
    for name, listed in words.dict().items():
        for entry in listed:
            assert entry == plain_text(entry), f"{name}: {entry}"
            # Heard where it stands in a message, whatever the list.
            (heard,) = [c for c in cuts(f"x y. {entry} z", words) if c.kind is CutKind.STOP]
            assert " ".join(heard.after) == f"{entry} z", f"{name}: {entry}"
    assert all(asks(entry.split(), words) is Asks.YES for entry in words.announcements)
