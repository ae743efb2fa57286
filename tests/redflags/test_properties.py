"""What must always hold of the rules, with the real catalogue and without the second reader."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasa_project.redflags.assess import RedFlagRules
from rasa_project.redflags.catalogue import read_catalogue
from rasa_project.redflags.conversation import combined_findings
from rasa_project.redflags.text import tokenise
from rasa_project.redflags.urgency import Urgency, highest
from rasa_project.settings import PROJECT
from tests.language.measure import read_set
from tests.redflags.levels import URGENCY_OF, urgency_by_rules
from tests.redflags.phrases import FOLDER, rows
from tests.redflags.typos import mistyped

CATALOGUE = read_catalogue(PROJECT / "data" / "red_flags.yml")
RULES = RedFlagRules(CATALOGUE)
STRONG = {row["text"]: URGENCY_OF[row["level"]] for row in rows(FOLDER / "strong_alarms.tsv")}
TYPO_FAILURES = {
    (row["word"], row["wrong"]): row["reason"] for row in rows(FOLDER / "typo_failures.tsv")
}
BENIGN = [
    row["text"]
    for name in ("topics_everyday", "topics_flemish_l2", "topics_fresh")
    for row in read_set(name)
]
ELEMENTS = sorted(element.id for element in CATALOGUE.elements)

alarms = st.sampled_from(sorted(STRONG))
joints = st.sampled_from([". ", "\n"])
element_sets = st.frozensets(st.sampled_from(ELEMENTS), max_size=6)


def urgency(text: str) -> Urgency:
    return urgency_by_rules(RULES, text)


@pytest.mark.parametrize("alarm", STRONG)
def test_a_strong_alarm_is_found(alarm):
    assert urgency(alarm).rank >= STRONG[alarm].rank


@settings(max_examples=250)
@given(alarms, st.sampled_from(BENIGN), joints, st.booleans())
def test_an_ordinary_message_beside_an_alarm_does_not_lower_it(alarm, benign, joint, first):
    both = f"{alarm}{joint}{benign}" if first else f"{benign}{joint}{alarm}"
    assert urgency(both).rank >= urgency(alarm).rank


@settings(max_examples=150)
@given(alarms, st.one_of(alarms, st.sampled_from(BENIGN)), joints)
def test_the_order_of_sentences_does_not_matter(alarm, other, joint):
    assert urgency(f"{alarm}{joint}{other}") is urgency(f"{other}{joint}{alarm}")


@settings(max_examples=150)
@given(
    alarms,
    st.sampled_from([str.upper, str.lower, str.capitalize, str.title, str.swapcase]),
    st.sampled_from([" ", "  ", "   ", "\t", "\u00a0"]),
    st.sampled_from(["", "😭", "🙏🏽 ", "😱😱", "❤️ "]),
    st.sampled_from(["", "!", "!!!", "...", "?", " ?!", ",", ")", " 😭", "🙏🏽", "\n"]),
)
def test_dress_does_not_matter(alarm, case, space, before, after):
    dressed = before + case(alarm).replace(" ", space) + after
    assert urgency(dressed).rank >= urgency(alarm).rank, dressed


@settings(max_examples=500)
@given(alarms, st.data())
def test_one_typo_does_not_matter(alarm, data):
    candidates = [slip for slip in mistyped(alarm) if slip[:2] not in TYPO_FAILURES]
    if candidates:
        word, wrong, text = data.draw(st.sampled_from(candidates))
        assert urgency(text).rank >= urgency(alarm).rank, f"{word} > {wrong}: {text}"


def test_known_typo_failures_still_fail():
    """Take what is seen through now off typo_failures.tsv; real words may stay."""
    still = {
        (word, wrong)
        for alarm in STRONG
        for word, wrong, text in mistyped(alarm)
        if (word, wrong) in TYPO_FAILURES and urgency(text).rank < urgency(alarm).rank
    }
    real = {slip for slip, reason in TYPO_FAILURES.items() if reason.startswith("a real word")}
    assert set(TYPO_FAILURES) - still - real == set()


@settings(max_examples=300)
@given(st.lists(st.sampled_from(Urgency)), st.sampled_from(Urgency))
def test_the_urgency_of_a_growing_conversation_never_drops(earlier, latest):
    assert highest([*earlier, latest]).rank >= highest(earlier).rank
    assert highest([highest(earlier), latest]) is highest([*earlier, latest])


def ids(new, held=frozenset()):
    return [finding.sign for finding in combined_findings(new, held, CATALOGUE)]


@settings(max_examples=300)
@given(element_sets, element_sets, element_sets)
def test_more_weak_signs_in_a_message_never_take_a_combination_away(new, more, held):
    assert set(ids(new, held)) <= set(ids(new | more, held))


@settings(max_examples=300)
@given(st.lists(element_sets, max_size=5))
def test_weak_signs_spread_over_turns_raise_what_they_raise_together(turns):
    over_turns = [c.id for c in CATALOGUE.combinations if not getattr(c, "same_message", False)]
    held, told = frozenset(), []
    for new in turns:
        told += [sign for sign in ids(new, held) if sign in over_turns]
        held |= new
    together = [sign for sign in ids(held) if sign in over_turns]
    assert sorted(told) == sorted(together), "each combination once, none lost"


@settings(max_examples=300)
@given(element_sets, element_sets)
def test_the_most_urgent_combination_comes_first(new, held):
    ranks = [finding.urgency.rank for finding in combined_findings(new, held, CATALOGUE)]
    assert ranks == sorted(ranks, reverse=True)


@settings(max_examples=300)
@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert urgency(text) in set(Urgency)


VOCABULARY = sorted({word for text in [*STRONG, *BENIGN[:200]] for word in text.split()})


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from([*VOCABULARY, ".", ",", "\n", "😭", "\u200b", "39,5"]), max_size=60)
)
def test_any_heap_of_words_is_read(words):
    text = " ".join(words)[:300]
    for finding in RULES.assess(text).findings:
        assert 0 <= finding.start < finding.end <= len(text)
        assert finding.flag in CATALOGUE.flags


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*sorted(STRONG), *BENIGN]), st.integers(0, 40))
def test_qualifiers_are_read_as_the_engine_reads_them(text, number):
    words = tuple(token.text for token in tokenise(text, {}))
    start = number % len(words)
    reader = RULES._reader
    expected = reader._asked_of_engine(words, start, start + 1)
    assert reader._read(words, start, start + 1) == expected


@given(element_sets)
def test_a_message_without_elements_completes_nothing(held):
    assert combined_findings(frozenset(), held, CATALOGUE) == ()
    assert not any(one.held(frozenset()) for one in CATALOGUE.combinations)
