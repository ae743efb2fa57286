"""The trained reader of alarm signs, and what both readers say together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rasa_project.errors import DataFileError
from rasa_project.nlu.words import BLANK_MODEL, lemmatiser
from rasa_project.redflags.assess import Assessment, Finding
from rasa_project.redflags.combine import Judgement, judge
from rasa_project.redflags.second_reader import (
    OUT_OF_CONTEXT,
    AlarmExample,
    SecondReader,
    Suspicion,
    Thresholds,
    examples_fingerprint,
    read_examples,
)
from rasa_project.redflags.urgency import Urgency
from tests.builders import small_catalogue

THRESHOLDS = Thresholds(
    ask=-0.9,
    ask_early=-1.5,
    alarm=0.0,
    sure_topic=0.9,
    alarm_if_sure=5.0,
    agrees=-2.0,
    short_message=1.0,
)
CATALOGUE = small_catalogue()


class Heard:
    """A reader that always hears the same."""

    def __init__(self, margin: float, flag: str = "RF01", level: Urgency = Urgency.SAME_DAY):
        self._suspicion = Suspicion(flag, margin, "een bericht")
        self._level = level

    def read(self, text, catalogue):
        return self._suspicion

    def urgency_of(self, suspicion, catalogue):
        return Urgency.SAME_DAY

    def urgency(self, text, levels, likely_from):
        return self._level


def finding(flag: str, active: bool, sign: str = "x") -> Finding:
    return Finding(flag, f"{flag}-{sign}", Urgency.SAME_DAY, 0, 3, frozenset(), active)


def judged(assessment: Assessment, margin: float, confidence: float = 0.2) -> Judgement:
    text = "een bericht van vier woorden"
    return judge(assessment, Heard(margin), text, confidence, CATALOGUE, THRESHOLDS)


@pytest.mark.parametrize(("margin", "alarms"), [(-0.5, 0), (0.5, 0), (1.5, 1)])
def test_three_words_must_sound_clearer(margin, alarms):
    heard = Heard(margin)
    short = judge(Assessment(()), heard, "al twee maanden", 0.2, CATALOGUE, THRESHOLDS)
    assert (len(short.findings), short.suspected) == (alarms, None)


@pytest.fixture(scope="module")
def reader() -> SecondReader:
    examples = [
        AlarmExample("ik kan niet plassen", "RF01", Urgency.SAME_DAY),
        AlarmExample("er komt geen plas", "RF01", Urgency.SAME_DAY),
        AlarmExample("mijn benen zijn verlamd", "RF01", Urgency.EMERGENCY),
        AlarmExample("ik voel mijn benen niet meer, verlamd", "RF01", Urgency.EMERGENCY),
        AlarmExample("ik heb al weken wat koorts", "RF05", Urgency.SOON),
        AlarmExample("ik plas veel", "RF01"),
    ]
    ordinary = ["mag ik fietsen", "is zwemmen goed", "wat kost een afspraak"]
    return SecondReader.train(examples, ordinary, lemmatiser(BLANK_MODEL))


@pytest.mark.parametrize(
    ("text", "flag", "urgency"),
    [
        ("plassen lukt niet, er komt geen plas", "RF01", Urgency.SAME_DAY),
        ("verlamd, mijn benen voel ik niet meer", "RF01", Urgency.EMERGENCY),
        ("al weken koorts", "RF05", Urgency.SOON),
    ],
)
def test_a_wording_like_an_alarm_is_heard_with_its_flag_and_urgency(reader, text, flag, urgency):
    heard = reader.read(text, CATALOGUE)
    assert (heard.flag, reader.urgency_of(heard, CATALOGUE)) == (flag, urgency)
    assert heard.margin > 0


def test_an_ordinary_message_is_likelier_benign(reader):
    assert reader.read("mag ik weer fietsen", CATALOGUE).margin < 0


def test_a_saved_reader_hears_the_same(reader, tmp_path):
    reader.save(tmp_path)
    loaded = SecondReader.load(tmp_path, lemmatiser(BLANK_MODEL))
    again, before = (r.read("er komt geen plas", CATALOGUE) for r in (loaded, reader))
    assert replace(again, margin=0) == replace(before, margin=0)
    assert again.margin == pytest.approx(before.margin, abs=1e-4)


def test_where_the_rules_are_silent_a_sure_reader_raises_an_alarm():
    (added,) = judged(Assessment(()), margin=0.1).findings
    assert (added.flag, added.sign, added.active) == ("RF01", "RF01-second-reader", True)


def test_a_doubtful_reader_raises_a_question():
    heard = judged(Assessment(()), margin=-0.5)
    assert heard.findings == ()
    assert heard.suspected is not None
    assert heard.suspected.flag == "RF01"


def test_where_a_missed_sign_is_worst_a_fainter_suspicion_is_asked_about():
    early = CATALOGUE.flags["RF01"].copy(update={"ask_early": True})
    catalogue = CATALOGUE.copy(update={"flags": {**CATALOGUE.flags, "RF01": early}})
    text = "een bericht van vier woorden"
    for margin, asked in ((-1.4, True), (-1.6, False)):
        heard = judge(Assessment(()), Heard(margin), text, 0.2, catalogue, THRESHOLDS)
        assert (heard.suspected is not None) is asked
    assert judged(Assessment(()), margin=-1.4).suspected is None


@pytest.mark.parametrize("confidence", [0.2, 0.95])
def test_an_ordinary_message_raises_nothing(confidence):
    assert judged(Assessment(()), margin=-1.0, confidence=confidence) == Judgement()


def test_a_message_that_is_surely_an_ordinary_question_must_sound_more_alarming():
    assert judged(Assessment(()), margin=0.1, confidence=0.95) == Judgement()
    assert judged(Assessment(()), margin=6.0, confidence=0.95).findings


def found(asks: bool) -> Assessment:
    return Assessment((replace(finding("RF01", True), asks=asks),))


@pytest.mark.parametrize("margin", [-9.0, -1.0, 3.0])
def test_what_the_rules_find_counts_whatever_the_reader_hears(margin):
    heard = judge(found(False), Heard(margin), "een bericht", 0.2, CATALOGUE, THRESHOLDS)
    assert heard.findings == found(False).active


def test_a_reader_that_agrees_makes_an_alarm_of_what_the_rules_would_only_ask_about():
    heard = judge(found(True), Heard(-1.9), "een bericht", 0.2, CATALOGUE, THRESHOLDS)
    assert heard.findings == found(True).active
    for margin in (-2.1, -99.0):  # the question stays, however sure the reader is
        asked = judge(found(True), Heard(margin), "een bericht", 0.2, CATALOGUE, THRESHOLDS)
        assert asked == Judgement(suspected=found(True).active[0])


def test_beside_a_sign_that_is_an_alarm_one_that_only_asks_is_no_question():
    both = Assessment((*found(False).active, *found(True).active))
    heard = judge(both, Heard(-9.0), "een bericht", 0.2, CATALOGUE, THRESHOLDS)
    assert heard.suspected is None
    assert len(heard.findings) == 2


def test_where_nobody_reads_along_a_sign_that_only_asks_is_an_alarm():
    heard = judge(found(True), None, "een bericht", 0.2, CATALOGUE, THRESHOLDS)
    assert heard.findings == found(True).active


@pytest.mark.parametrize(
    ("margin", "level", "due"),
    [
        (1.0, Urgency.EMERGENCY, Urgency.EMERGENCY),
        (1.0, Urgency.SOON, Urgency.SAME_DAY),
        (-9.0, Urgency.EMERGENCY, Urgency.SAME_DAY),
    ],
)
def test_the_reader_raises_the_urgency_of_what_the_rules_found_and_never_lowers_it(
    margin, level, due
):
    heard = Heard(margin, level=level)
    (one,) = judge(found(False), heard, "een bericht", 0.2, CATALOGUE, THRESHOLDS).findings
    assert one.urgency is due


def test_an_alarm_in_the_middle_of_a_long_message_is_heard(reader):
    alarm = "plassen lukt niet, er komt geen plas."
    long = " ".join(["mag ik weer fietsen op een gewone fiets met een zachte band?"] * 3)
    alone, within = (reader.read(text, CATALOGUE) for text in (alarm, f"{long} {alarm} {long}"))
    assert within.flag == alone.flag == "RF01"
    assert within.margin == pytest.approx(alone.margin - OUT_OF_CONTEXT)


def test_what_the_rules_read_as_denied_is_not_raised_again():
    denied = Assessment((finding("RF01", False),))
    assert judged(denied, margin=3.0) == Judgement()


def test_without_a_reader_only_the_rules_speak():
    alarm = found(False)
    assert judge(alarm, None, "tekst", 0.2, CATALOGUE, THRESHOLDS).findings == alarm.active
    assert judge(Assessment(()), None, "tekst", 0.2, CATALOGUE, THRESHOLDS) == Judgement()


def test_examples_are_read_from_all_files(tmp_path):
    (tmp_path / "a.tsv").write_text("ik kan niet plassen\tRF01\talarm\tsame_day\n", "utf-8")
    (tmp_path / "b.tsv").write_text("ik plas veel\tRF01\tbenign\t-\noud\tRF04\tweak\t-\n", "utf-8")
    assert read_examples(tmp_path) == [
        AlarmExample("ik kan niet plassen", "RF01", Urgency.SAME_DAY),
        AlarmExample("ik plas veel", "RF01"),
        AlarmExample("oud", "RF04"),
    ]


@pytest.mark.parametrize(
    "line", ["alleen tekst", "tekst\tRF01\tmisschien\t-", "a\tRF01\talarm\t-", "a\tRF01\talarm"]
)
def test_a_wrong_example_line_is_named(tmp_path, line):
    (tmp_path / "a.tsv").write_text(f"goed\tRF01\talarm\tsoon\n{line}\n", "utf-8")
    with pytest.raises(DataFileError, match="line 2"):
        read_examples(tmp_path)


def test_the_fingerprint_follows_the_content(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("een\tRF01\talarm\tsoon\n", "utf-8")
    before = examples_fingerprint(tmp_path)
    path.write_text("twee\tRF01\talarm\tsoon\n", "utf-8")
    assert examples_fingerprint(tmp_path) != before
