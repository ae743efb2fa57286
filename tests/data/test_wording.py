"""Answers, their simple texts and their notes are short, easy, calm, and say "je"."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, List, Set, Tuple

import pyphen
import pytest

from rasa_project.knowledge.entries import MAX_SHORT_WORDS, PLACEHOLDER
from rasa_project.knowledge.files import Knowledge
from rasa_project.redflags.catalogue import RedFlagCatalogue
from tests.data.conftest import PROJECT, load_yaml

EASIEST_LOWEST = 60.0
SIMPLE_LOWEST = 70.0
# Texts below the floor, with the reason. Take a line out as soon as its text got better.
HARD_TO_READ: Dict[str, str] = {}
# Words that frighten, and the topics that must name them because they are asked about.
FRIGHTENING: Dict[str, Set[str]] = {
    r"letsel\w*": set(),
    r"degenerati\w*": {"mri-uitslag-begrijpen"},  # a word of the report that it explains
    r"(?:rug|tussenwervel|gewrichts)?slijtage\w*": {"slijtage", "artrose-in-de-rug"},
    r"versleten": {"slijtage", "artrose-in-de-rug"},
    r"aspecifie\w*": {"aspecifieke-rugpijn"},
    r"verlam\w*": set(),
    r"invalide\w*": set(),
    r"rolstoel\w*": {"adres-en-bereikbaarheid"},
    # "niet gevaarlijk" is what we want to say.
    r"(?<!niet )(?<!niet raar of )(?<!niet hetzelfde als )gevaarlijk\w*": set(),
    r"bekkeninstabiliteit\w*": {"zwangerschap-en-bekkenpijn", "na-de-bevalling"},
    r"instabiel\w*": set(),
}

_SYLLABLES = pyphen.Pyphen(lang="nl_NL", left=1, right=1)
_SENTENCE = re.compile(r"[.!?:]+(?:\s|$)|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def flesch_douma(text: str) -> float:
    """Dutch reading ease: higher is easier; 60 is plain."""
    sentences = [s for s in _SENTENCE.split(text) if _WORD.search(s)]
    words = _WORD.findall(text)
    syllables = sum(len(_SYLLABLES.inserted(word.lower()).split("-")) for word in words)
    return 206.84 - 0.93 * len(words) / len(sentences) - 77 * syllables / len(words)


def texts_of(knowledge: Knowledge) -> Iterator[Tuple[str, str, str]]:
    """Topic, which text, and the text with its placeholders filled in by a country's words."""
    for _, entry in knowledge.topics:
        for country in ("NL", "BE"):
            wording = knowledge.wording.NL if country == "NL" else knowledge.wording.BE
            for kind, text in (
                ("short", entry.short_for(country)),
                ("more", entry.more_for(country)),
                ("simple", entry.simple),
                *((f"note {note.when.value}", note.text) for note in entry.notes),
            ):
                filled = PLACEHOLDER.sub(lambda match: wording.get(match[1], "De Brug"), text)  # noqa: B023
                yield entry.id, f"{kind} {country}", filled


def strings_in(node: Any) -> Iterator[str]:
    """Every text that stands anywhere in a part of a data file."""
    if isinstance(node, str):
        yield node
    for value in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from strings_in(value)


@pytest.fixture(scope="module")
def texts(knowledge: Knowledge) -> List[Tuple[str, str, str]]:
    found = list(texts_of(knowledge))
    assert len(found) >= 6 * 156
    return found


@pytest.fixture(scope="module")
def all_sentences(
    texts: List[Tuple[str, str, str]], catalogue: RedFlagCatalogue
) -> List[Tuple[str, str]]:
    """Everything that a patient can read, with where it comes from."""
    found = [(f"{topic} {kind}", text) for topic, kind, text in texts]
    for name, flag in catalogue.flags.items():
        for said in [flag.repeat, *flag.say.values()]:
            found += [(f"{name} NL", said.NL), (f"{name} BE", said.BE)]
    for name, value in load_yaml(PROJECT / "data" / "texts.yml").items():
        found += [(f"texts.yml {name}", text) for text in strings_in(value)]
    for name, value in load_yaml(PROJECT / "data" / "consent.yml").items():
        # These two are what patients type.
        if name not in ("export", "erase"):
            found += [(f"consent.yml {name}", text) for text in strings_in(value)]
    return found


def test_the_reading_ease_follows_the_formula() -> None:
    # 4 words in 2 sentences, 4 syllables.
    assert flesch_douma("Ik loop. Jij zit.") == pytest.approx(206.84 - 0.93 * 2 - 77, abs=0.01)
    # 3 words in 1 sentence, 6 syllables: wan-de-len, hel-pen, dat.
    assert flesch_douma("Dat wandelen helpen") == pytest.approx(
        206.84 - 0.93 * 3 - 77 * 2, abs=0.01
    )


def test_every_answer_is_easy_to_read(texts: List[Tuple[str, str, str]]) -> None:
    hard = {
        f"{topic} {kind}": round(flesch_douma(text), 1)
        for topic, kind, text in texts
        if flesch_douma(text) < EASIEST_LOWEST
    }
    assert {name: score for name, score in hard.items() if name not in HARD_TO_READ} == {}
    assert set(HARD_TO_READ) - set(hard) == set(), "these are easy now: take them off the list"


def test_every_simple_text_is_very_easy_to_read(texts: List[Tuple[str, str, str]]) -> None:
    scores = {
        f"{topic} {kind}": round(flesch_douma(text), 1)
        for topic, kind, text in texts
        if kind.startswith("simple")
    }
    assert len(scores) >= 2 * 156
    assert {name: score for name, score in scores.items() if score < SIMPLE_LOWEST} == {}


def test_every_short_answer_is_short(texts: List[Tuple[str, str, str]]) -> None:
    lengths = {f"{t} {k}": len(text.split()) for t, k, text in texts if k.startswith("short")}
    long = {name: words for name, words in lengths.items() if words > MAX_SHORT_WORDS + 3}
    assert MAX_SHORT_WORDS == 90
    assert long == {}, "a placeholder made it longer than a patient reads at once"


def test_no_short_answer_has_more_than_90_words_as_written(knowledge: Knowledge) -> None:
    written = [(e.id, e.short_for(c)) for _, e in knowledge.topics for c in ("NL", "BE")]
    assert [topic for topic, text in written if len(text.split()) > 90] == []


def test_a_short_answer_with_its_note_is_short_in_both_countries(
    texts: List[Tuple[str, str, str]], knowledge: Knowledge
) -> None:
    written = {
        f"{entry.id} {note.when.value} {country}": f"{entry.short_for(country)} {note.text}"
        for _, entry in knowledge.topics
        for note in entry.notes
        for country in ("NL", "BE")
    }
    assert {name: n for name, text in written.items() if (n := len(text.split())) > 90} == {}
    filled = {(topic, kind): text for topic, kind, text in texts}
    lengths = {
        (topic, kind): len(f"{filled[topic, f'short {kind[-2:]}']} {text}".split())
        for (topic, kind), text in filled.items()
        if kind.startswith("note")
    }
    assert len(lengths) == len(written) > 0
    assert {name: words for name, words in lengths.items() if words > MAX_SHORT_WORDS + 3} == {}


def test_nothing_is_shouted(all_sentences: List[Tuple[str, str]]) -> None:
    assert [name for name, text in all_sentences if "!" in text] == []


def test_the_patient_is_called_je(all_sentences: List[Tuple[str, str]]) -> None:
    formal = re.compile(r"\b(?:u|uw|uzelf)\b", re.IGNORECASE)
    assert [(name, m[0]) for name, text in all_sentences if (m := formal.search(text))] == []


def test_no_medical_frightening_word_is_used_without_need(
    texts: List[Tuple[str, str, str]],
) -> None:
    found = {
        f"{topic} {kind}: {match[0]}"
        for topic, kind, text in texts
        for word, allowed in FRIGHTENING.items()
        for match in re.finditer(rf"\b{word}\b", text, re.IGNORECASE)
        if topic not in allowed
    }
    assert found == set()
