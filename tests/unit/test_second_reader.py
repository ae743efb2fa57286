"""The trained reader of alarm signs, and what both readers say together."""

from __future__ import annotations

import pytest

from rasa_project.errors import DataFileError
from rasa_project.nlu.words import BLANK_MODEL, lemmatiser
from rasa_project.redflags.assess import Assessment, Finding
from rasa_project.redflags.combine import combine
from rasa_project.redflags.second_reader import (
    AlarmExample,
    SecondReader,
    Thresholds,
    examples_fingerprint,
    read_examples,
)
from rasa_project.redflags.urgency import Urgency
from tests.builders import small_catalogue

THRESHOLDS = Thresholds(margin=0.0, sure_topic=0.9, margin_if_sure=5.0)
ALARMS = ["ik kan niet plassen", "er komt geen plas", "plassen lukt niet meer"]
WISHES = ["ik wil dood", "ik wil niet meer leven", "het leven hoeft niet meer"]
BENIGN = ["ik plas veel", "mag ik fietsen", "is zwemmen goed", "wat kost een afspraak"]


def make_reader(thresholds: Thresholds = THRESHOLDS) -> SecondReader:
    examples = [AlarmExample(text, "RF01", True) for text in ALARMS]
    examples += [AlarmExample(text, "RF17", True) for text in WISHES]
    examples += [AlarmExample(BENIGN[0], "RF01", False)]
    return SecondReader.train(examples, BENIGN[1:], lemmatiser(BLANK_MODEL), thresholds)


def finding(flag: str, active: bool) -> Finding:
    return Finding(flag, f"{flag}-x", Urgency.SAME_DAY, 0, 3, frozenset(), active)


def test_a_wording_like_an_alarm_is_heard_with_its_flag():
    reader = make_reader()
    assert reader.read("plassen lukt echt niet", topic_confidence=0.2) == "RF01"
    assert reader.read("ik wil echt dood", topic_confidence=0.2) == "RF17"


def test_an_ordinary_message_is_not_an_alarm():
    assert make_reader().read("mag ik weer fietsen", topic_confidence=0.2) is None


def test_a_message_that_is_surely_an_ordinary_question_must_sound_more_alarming():
    assert make_reader().read("plassen lukt echt niet", topic_confidence=0.95) is None


def test_a_lower_margin_hears_sooner():
    reader = make_reader(Thresholds(margin=-9.0, sure_topic=2.0, margin_if_sure=0.0))
    assert reader.read("mag ik weer fietsen", topic_confidence=0.2) is not None


def test_the_reader_adds_where_the_rules_are_silent():
    added = combine(Assessment(()), make_reader(), "plassen lukt echt niet", 0.2, small_catalogue())
    assert [(f.flag, f.sign, f.active) for f in added] == [("RF01", "RF01-second-reader", True)]
    assert added[0].urgency is min(
        small_catalogue().flags["RF01"].say, key=lambda urgency: urgency.rank
    )


def test_what_the_rules_found_stays_as_it_is():
    found = Assessment((finding("RF17", True),))
    heard = combine(found, make_reader(), "plassen lukt echt niet", 0.2, small_catalogue())
    assert heard == found.active


def test_what_the_rules_read_as_denied_is_not_raised_again():
    denied = Assessment((finding("RF01", False),))
    assert combine(denied, make_reader(), "plassen lukt echt niet", 0.2, small_catalogue()) == ()


def test_without_a_reader_only_the_rules_speak():
    assert combine(Assessment(()), None, "plassen lukt niet", 0.2, small_catalogue()) == ()


def test_examples_are_read_from_all_files(tmp_path):
    (tmp_path / "a.tsv").write_text("ik kan niet plassen\tRF01\talarm\n", "utf-8")
    (tmp_path / "b.tsv").write_text("ik plas veel\tRF01\tbenign\n", "utf-8")
    assert read_examples(tmp_path) == [
        AlarmExample("ik kan niet plassen", "RF01", True),
        AlarmExample("ik plas veel", "RF01", False),
    ]


@pytest.mark.parametrize("line", ["alleen tekst", "tekst\tRF01\tmisschien", "a\tb\tc\td"])
def test_a_wrong_example_line_is_named(tmp_path, line):
    (tmp_path / "a.tsv").write_text(f"goed\tRF01\talarm\n{line}\n", "utf-8")
    with pytest.raises(DataFileError, match="line 2"):
        read_examples(tmp_path)


def test_the_fingerprint_follows_the_content(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("een\tRF01\talarm\n", "utf-8")
    before = examples_fingerprint(tmp_path)
    path.write_text("twee\tRF01\talarm\n", "utf-8")
    assert examples_fingerprint(tmp_path) != before
