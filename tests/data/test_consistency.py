"""Topics, intents, rules, utterances, flags and settings agree with each other."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set

import pytest

from rasa_project.knowledge.files import Knowledge
from rasa_project.nlu.words import words
from rasa_project.redflags.catalogue import RedFlagCatalogue
from rasa_project.redflags.second_reader import read_examples
from rasa_project.redflags.urgency import Urgency
from tests.data.conftest import PROJECT, load_yaml
from tests.language.measure import read_set
from tests.language.measure_alarms import RED_FLAG_SETS
from tests.redflags.phrases import rows

LEAST_UTTERANCES = 40
LEAST_MEASURED = 51
# Messages with three questions are rare, and so is their set.
SMALL_SETS = {"three_questions": 10}
# Rasa makes this intent itself; the other stands for messages without a word.
WITHOUT_UTTERANCES = {"nlu_fallback", "onleesbaar-bericht"}
# Held-out words so short that nobody could train a bot without them.
SHORTEST_COMPARED = 3


def normalised(text: str) -> str:
    return " ".join(words(text))


def intents_in(node: Any) -> Iterator[str]:
    """Every intent that stands anywhere in a rule."""
    if isinstance(node, dict):
        if "intent" in node:
            yield node["intent"]
        for value in node.values():
            yield from intents_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from intents_in(value)


@pytest.fixture(scope="module")
def ruled() -> List[str]:
    return [
        intent
        for path in sorted((PROJECT / "data" / "rules").glob("*.yml"))
        for intent in intents_in(load_yaml(path))
    ]


def test_every_topic_is_an_intent_with_one_rule(
    knowledge: Knowledge, domain: Dict[str, Any], ruled: List[str]
) -> None:
    topics = {entry.id for _, entry in knowledge.topics}
    assert topics - set(domain["intents"]) == set()
    counted = Counter(ruled)
    assert {topic: counted[topic] for topic in topics if counted[topic] != 1} == {}


def test_every_rule_is_about_an_intent_of_the_domain(
    domain: Dict[str, Any], ruled: List[str]
) -> None:
    assert set(ruled) - set(domain["intents"]) - {"nlu_fallback"} == set()
    assert set(domain["intents"]) - set(ruled) == set()


def test_every_topic_has_enough_training_utterances(
    knowledge: Knowledge, utterances: Dict[str, List[str]]
) -> None:
    counts = {entry.id: len(set(utterances.get(entry.id, []))) for _, entry in knowledge.topics}
    assert {topic: n for topic, n in counts.items() if n < LEAST_UTTERANCES} == {}


def test_every_intent_has_training_utterances_and_no_other_has(
    domain: Dict[str, Any], utterances: Dict[str, List[str]]
) -> None:
    assert set(domain["intents"]) - WITHOUT_UTTERANCES - set(utterances) == set()
    assert set(utterances) - set(domain["intents"]) == set()


def test_no_utterance_trains_two_intents(utterances: Dict[str, List[str]]) -> None:
    intents: Dict[str, Set[str]] = {}
    for intent, texts in utterances.items():
        for text in texts:
            # Emoji and the like have no words to be compared.
            intents.setdefault(normalised(text) or text, set()).add(intent)
    assert {text: names for text, names in intents.items() if len(names) > 1} == {}


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "tests" / "language" / "sets").glob("*.tsv")), ids=lambda p: p.stem
)
def test_nothing_that_is_measured_with_is_trained_on(
    path: Path, utterances: Dict[str, List[str]]
) -> None:
    trained = {normalised(text) for texts in utterances.values() for text in texts}
    trained |= {normalised(example.text) for example in read_examples(PROJECT / "data" / "alarms")}
    with path.open(encoding="utf-8", newline="") as file:
        texts = [
            row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]
    assert len(texts) >= SMALL_SETS.get(path.stem, LEAST_MEASURED)
    compared = [text for text in texts if len(words(text)) >= SHORTEST_COMPARED]
    assert [text for text in compared if normalised(text) in trained] == []


@pytest.mark.parametrize("table", ["catalogue_phrases", "strong_alarms"])
def test_no_phrase_of_the_catalogue_is_alarm_language(table: str) -> None:
    """The topics' utterances may hold its plainest questions, such as "wat zijn rode vlaggen"."""
    learned = {normalised(example.text) for example in read_examples(PROJECT / "data" / "alarms")}
    phrases = [row["text"] for row in rows(PROJECT / "tests" / "redflags" / f"{table}.tsv")]
    assert len(phrases) > 20
    assert [text for text in phrases if normalised(text) in learned] == []


def test_every_follow_up_is_a_topic(knowledge: Knowledge) -> None:
    topics = {entry.id for _, entry in knowledge.topics}
    for _, entry in knowledge.topics:
        assert set(entry.follow_ups) <= topics - {entry.id}, entry.id
        assert len(set(entry.follow_ups)) == len(entry.follow_ups), entry.id


def test_every_source_of_an_answer_or_a_flag_exists(
    knowledge: Knowledge, catalogue: RedFlagCatalogue
) -> None:
    used = {key for _, entry in knowledge.topics for key in entry.sources}
    used |= {key for flag in catalogue.flags.values() for key in flag.sources}
    assert used - set(knowledge.sources) == set()


def test_every_flag_has_a_sign_and_every_urgency_is_used(catalogue: RedFlagCatalogue) -> None:
    raised = [*catalogue.signs, *catalogue.combinations]
    used = {(sign.flag, sign.urgency) for sign in raised}
    assert set(catalogue.flags) - {flag for flag, _ in used} == set()
    assert {urgency for _, urgency in used} == set(Urgency) - {Urgency.NONE}
    for name, flag in catalogue.flags.items():
        for text in [flag.repeat, *flag.say.values()]:
            assert not re.search(r"(?<!\d)(1813|1733)(?!\d)", text.NL), name
            assert not re.search(r"(?<!\d)113(?!\d)", text.BE), name
            assert "huisartsenpost" not in text.BE, name


# Fifteen alarms and look-alikes each for the ten most important flags, five for the others.
IMPORTANT = ("RF01", "RF02", "RF03", "RF05", "RF06", "RF08", "RF14", "RF15", "RF17", "RF24")
ONLY_A_QUESTION = "RF00"


def test_every_flag_is_measured_with_messages_of_its_own(catalogue: RedFlagCatalogue) -> None:
    measured: Counter[str] = Counter()
    for name in RED_FLAG_SETS:
        measured.update(f"{row['flag']} {row['label']}" for row in read_set(name))
    for flag in set(catalogue.flags) - {ONLY_A_QUESTION}:
        for label in ("alarm", "benign"):
            assert measured[f"{flag} {label}"] >= (15 if flag in IMPORTANT else 5), (flag, label)


def test_every_button_of_a_topic_differs_from_the_others(knowledge: Knowledge) -> None:
    for field in ("button", "question"):
        labels = Counter(getattr(entry, field) for _, entry in knowledge.topics)
        assert [label for label, count in labels.items() if count > 1] == []


def test_conversations_are_kept_in_a_tracker_store() -> None:
    store = load_yaml(PROJECT / "endpoints.yml")["tracker_store"]
    module, _, name = store["type"].rpartition(".")
    assert (PROJECT / f"{module.replace('.', '/')}.py").read_text("utf-8").count(f"class {name}(")


def test_telemetry_is_off_where_rasa_is_started() -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    assert re.search(r"^export RASA_TELEMETRY_ENABLED := false$", makefile, re.MULTILINE)
    from rasa_project.training import QUIET

    assert QUIET["RASA_TELEMETRY_ENABLED"] == "false"


def product_files() -> List[Path]:
    """Every text file of the project but its environment, caches, models and tests."""
    skipped = {
        ".venv",
        ".venv-audit",
        ".git",
        ".rasa",
        "models",
        "var",
        "results",
        "tests",
        "node_modules",
    }
    found = []
    for path in sorted(PROJECT.iterdir()):
        if path.name in skipped or path.name.endswith("_cache"):
            continue
        inside = [path] if path.is_file() else path.rglob("*")
        found += [
            p for p in inside if p.is_file() and not skipped & set(p.relative_to(PROJECT).parts)
        ]
    texts = [
        ".py",
        ".yml",
        ".yaml",
        ".md",
        ".txt",
        ".in",
        ".toml",
        ".html",
        ".js",
        ".css",
        ".tsv",
        ".mako",
        ".cfg",
        ".sh",
        ".svg",
    ]
    return [
        path
        for path in found
        if "__pycache__" not in path.parts
        and (
            path.suffix in texts
            or path.name in ("Makefile", "run", ".gitignore", ".python-version")
        )
    ]


def test_no_file_points_outside_the_project_or_to_a_registry() -> None:
    forbidden = re.compile(
        r"\.\./shared|/work/(shared|main)|--index-url|--extra-index-url|registry\.npmjs"
        r"|pypi\.org|pypi\.python\.org|files\.pythonhosted\.org|--trusted-host|artifactory|nexus"
    )
    files = product_files()
    assert len(files) > 50
    found = {
        f"{path.relative_to(PROJECT)}: {match[0]}"
        for path in files
        for match in forbidden.finditer(path.read_text("utf-8"))
    }
    assert found == set()
