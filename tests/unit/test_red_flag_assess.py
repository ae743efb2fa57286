"""From a message to findings, with the small catalogue of tests/builders.py."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rasa_project.redflags.assess import RedFlagRules
from rasa_project.redflags.urgency import Urgency
from tests.builders import small_catalogue


@pytest.mark.parametrize(
    ("message", "signs"),
    [
        ("ik kan niet plassen", ["RF01-plassen"]),
        ("plassen kan ik niet", ["RF01-plassen"]),
        ("k kannie plasen", ["RF01-plassen"]),
        ("𝐈𝐤 𝐤𝐚𝐧 𝐧𝐢𝐞𝐭 𝐩𝐥𝐚𝐬𝐬𝐞𝐧", ["RF01-plassen"]),
        ("ik ka\u200bn niet pla\u200bssen", ["RF01-plassen"]),
        ("ﾞ ik kan niet plassen", ["RF01-plassen"]),
        ("IK KAN NIET PLASSEN!!!", ["RF01-plassen"]),
        ("mijn moeder kan niet plassen", ["RF01-plassen"]),
        ("ik heb koorts", ["RF05-koorts"]),
        ("geen idee of ik koorts heb", ["RF05-koorts"]),
        ("is dit erg, wat is mijn koorts", ["RF05-koorts"]),
        ("van de trap gevallen. Nu doet mijn rug pijn", ["RF01-val"]),
        ("ik wil dood", ["RF17-wens"]),
    ],
)
def test_an_alarm_sign_is_found(rules, message, signs):
    assert [finding.sign for finding in rules.assess(message).active] == signs


@pytest.mark.parametrize(
    "message",
    [
        "mag ik tillen",
        "ik kan niet slapen",
        "ik kan niet. Ik ga wel plassen",
        "ik kan niet komen want ik moet plassen",
        "van de trap gevallen",
        "dood wil ik",
        "welke oefening kan niet bij plassen",
        "",
    ],
)
def test_what_is_no_alarm_sign_is_not_found(rules, message):
    assert rules.assess(message).findings == ()


@pytest.mark.parametrize(
    "message",
    [
        "ik heb geen koorts",
        "vorig jaar had ik koorts",
        "mijn moeder had koorts",
        "wat is koorts",
    ],
)
def test_a_sign_that_is_denied_past_or_asked_about_does_not_count(rules, message):
    assessment = rules.assess(message)
    assert [finding.sign for finding in assessment.findings] == ["RF05-koorts"]
    assert assessment.active == ()
    assert assessment.urgency is Urgency.NONE


def test_the_most_urgent_finding_comes_first_and_gives_the_urgency(rules):
    message = "Koorts. Ik kan niet plassen. Ik ben van de trap gevallen op mijn rug"
    assessment = rules.assess(message)
    assert [finding.urgency for finding in assessment.active] == [
        Urgency.EMERGENCY,
        Urgency.SAME_DAY,
        Urgency.SOON,
    ]
    assert assessment.urgency is Urgency.EMERGENCY


def test_a_finding_says_where_it_stands(rules):
    message = "Hallo, ik kan al een dag niet. Nee: ik kan niet goed plassen"
    (finding,) = rules.assess(message).active
    assert message[finding.start : finding.end] == "kan niet goed plassen"


def test_a_denied_mention_does_not_hide_a_real_one_in_another_sentence(rules):
    active = rules.assess("Gisteren geen koorts. Nu wel koorts").active
    assert [finding.flag for finding in active] == ["RF05"]


def test_a_sign_may_have_its_own_rules_of_silence():
    (sign,) = [sign for sign in small_catalogue().signs if sign.id == "RF05-koorts"]
    stubborn = sign.copy(update={"silenced_by": []})
    rules = RedFlagRules(small_catalogue(signs=[stubborn]))
    assert rules.assess("ik heb geen koorts").urgency is Urgency.SOON


WORDS = st.sampled_from(
    [
        "ik",
        "kan",
        "niet",
        "plassen",
        "koorts",
        "geen",
        "dood",
        "wil",
        ".",
        ",",
        "want",
        "moeder",
        "ﾞ",
        "\u200b",
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS, max_size=25).map(" ".join)))
@example("ﾞ koorts")
@example("koorts\u0345")
def test_no_text_makes_the_rules_fail(rules, message):
    for finding in rules.assess(message).findings:
        assert 0 <= finding.start < finding.end <= len(message)
        assert finding.flag in rules.catalogue.flags


@given(st.text(max_size=40))
def test_words_in_another_sentence_do_not_take_an_alarm_away(rules, message):
    assert rules.assess(f"Ik kan niet plassen.\n{message}").urgency.rank >= Urgency.SAME_DAY.rank


ASKING = {"terms": ["koorts"], "asks": True}
SURE = {"terms": ["koorts", "pijn"], "window": 6}


@pytest.mark.parametrize(
    ("message", "asks"),
    [
        ("ik heb koorts", [True]),
        ("ik heb koorts en pijn", [False]),
        ("ik heb koorts en pijjn. Ik heb koorts", [True, True]),
    ],
)
@pytest.mark.parametrize("patterns", [[ASKING, SURE], [SURE, ASKING]])
def test_a_pattern_that_is_only_asked_about_does_not_hide_an_alarm(patterns, message, asks):
    catalogue = small_catalogue()
    sign = {"id": "RF05-koorts", "flag": "RF05", "urgency": "soon", "patterns": patterns}
    terms = {**catalogue.terms, "koorts": ["koorts"], "pijn": ["pijn"]}
    found = RedFlagRules(small_catalogue(signs=[sign], terms=terms)).assess(message).active
    assert [finding.asks for finding in found] == asks


def test_what_a_corrected_slip_makes_an_alarm_is_one():
    patterns = [ASKING, {"terms": ["koorts", "hevig"], "window": 6}]
    sign = {"id": "RF05-koorts", "flag": "RF05", "urgency": "soon", "patterns": patterns}
    terms = {**small_catalogue().terms, "koorts": ["koorts"], "hevig": ["rugpijnen"]}
    rules = RedFlagRules(small_catalogue(signs=[sign], terms=terms))
    assert not all(finding.asks for finding in rules.assess("koorts en rugpjnen").active)
