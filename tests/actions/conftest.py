"""A way to run an action on a conversation in memory, with a small database."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

import actions.base
from actions.services import Services
from rasa_project.dialogue import context
from rasa_project.knowledge.files import Knowledge, read_knowledge
from rasa_project.knowledge.fill import placeholder_values
from rasa_project.knowledge.loader import load
from rasa_project.knowledge.repository import KnowledgeRepository
from rasa_project.names import (
    PARSE_BAD_INPUT,
    PARSE_FOLLOW_UP,
    PARSE_QUESTIONS,
    PARSE_RED_FLAGS,
    PARSE_SUSPECTED,
    PARSE_WEAK_SIGNS,
)
from rasa_project.nlu.follow_ups import ContextScores, FollowUpExample
from rasa_project.practice import Practice
from rasa_project.storage.engine import engine_for, session_for
from rasa_project.storage.migrate import migrate
from rasa_project.storage.red_flag_log import RedFlagLog
from tests.builders import HOURS, small_catalogue, topic, write_knowledge

TOPICS = [
    topic("warmte", follow_ups=["koude", "mens-spreken", "chatbot-grenzen"]),
    topic("koude"),
    topic("mens-spreken", short="Je wilt een mens spreken. Bel {telefoon}."),
    topic("chatbot-grenzen", sources=["BRON2"]),
    topic("spoednummers-nl-be", be={"short": "De Belgische nummers staan hier."}),
    topic(
        "rusten",
        notes=[
            {"when": "pregnant", "text": "Je bent zwanger: vraag het je {therapeut}."},
            {"when": "leg_pain", "text": "Je hebt ook pijn in je been: rust korter."},
            {"when": "no_leg_pain", "text": "Je been doet geen pijn: rust zo min mogelijk."},
        ],
        ask="leg_pain",
    ),
    topic(
        "duur",
        notes=[
            {"when": "heavy_work", "text": "Je werk is zwaar: het duurt vaak iets langer."},
            {"when": "chronic", "text": "Je hebt al lang pijn: het gaat langzamer."},
            {"when": "subacute", "text": "Je hebt al weken pijn: het gaat wat trager."},
            {"when": "acute", "text": "Je hebt nog kort pijn: het gaat vaak vlot."},
        ],
        ask="pain_days",
    ),
]
# After every topic but "koude" only the words of a follow-up decide.
FOLLOW_UPS = [FollowUpExample("en warm?", before="koude", means="warmte")]
TWINS = frozenset({frozenset({"rusten", "duur"})})
PHONES = {"NL": "010 - 123 45 67", "BE": "03 123 45 67"}


@dataclass
class Turn:
    """What one action said, and the slots that it set."""

    messages: List[Dict[str, Any]]
    slots: Dict[str, Any]

    @property
    def message(self) -> Dict[str, Any]:
        """The one message of the turn; its contract is checked here for every test."""
        assert len(self.messages) == 1
        contract = self.messages[0]["custom"]
        assert set(contract) == {"topics", "urgency", "outcome"}
        return self.messages[0]

    @property
    def text(self) -> str:
        return str(self.message["text"])

    @property
    def contract(self) -> Dict[str, Any]:
        return dict(self.message["custom"])

    @property
    def payloads(self) -> List[str]:
        return [button["payload"] for button in self.message["buttons"]]

    @property
    def kept(self) -> Dict[str, Any]:
        """The slots that hold something after the turn, of those that it set."""
        return {name: value for name, value in self.slots.items() if value is not None}


@pytest.fixture(scope="session")
def few_answers(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    """The answers above, read as a practice's own are."""
    return read_knowledge(write_knowledge(tmp_path_factory.mktemp("knowledge"), TOPICS))


@pytest.fixture(scope="session")
def filled_file(few_answers: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the answers above, to be copied."""
    path = tmp_path_factory.mktemp("database") / "filled.db"
    url = f"sqlite:///{path}"
    migrate(url)
    with session_for(url) as session:
        load(session, few_answers)
    engine_for(url).dispose()
    return path


@pytest.fixture
def database(filled_file: Path, tmp_path: Path) -> Iterator[str]:
    """A database with the few answers above."""
    path = tmp_path / "test.db"
    shutil.copy(filled_file, path)
    url = f"sqlite:///{path}"
    yield url
    engine_for(url).dispose()
    engine_for.cache_clear()


@pytest.fixture
def serve(
    database: str,
    few_answers: Knowledge,
    monkeypatch: pytest.MonkeyPatch,
    serve_practice: Callable[..., Practice],
) -> Callable[..., Services]:
    """A function that gives the actions a practice of a country, and what else is named."""

    def make(country: str = "NL", **parts: Any) -> Services:
        practice = serve_practice(country=country, phone=PHONES[country], hours=HOURS)
        usual: Dict[str, Any] = {
            "practice": practice,
            "knowledge": KnowledgeRepository(database),
            "red_flags": small_catalogue(),
            "red_flag_log": RedFlagLog(database),
            "placeholders": {
                name: placeholder_values(practice, few_answers.wording, name)
                for name in ("NL", "BE")
            },
        }
        given = Services(**{**usual, **parts})
        monkeypatch.setattr(actions.base, "services", lambda: given)
        monkeypatch.setattr(context, "context_scores", lambda: ContextScores(FOLLOW_UPS))
        monkeypatch.setattr(context, "twins", lambda: TWINS)
        return given

    return make


@pytest.fixture
def dutch(serve: Callable[..., Services]) -> Services:
    """The actions serve a Dutch practice."""
    return serve("NL")


async def take(
    action: Action,
    intent: Optional[str] = None,
    slots: Optional[Dict[str, Any]] = None,
    ranking: Optional[List[tuple]] = None,
    red_flags: Optional[List[Dict[str, Any]]] = None,
    bad_input: Optional[str] = None,
    text: str = "een bericht",
    entities: Optional[Dict[str, Any]] = None,
    questions: Optional[List[str]] = None,
    follow_up: Optional[Dict[str, float]] = None,
    suspected: Optional[Dict[str, Any]] = None,
    weak_signs: Optional[List[str]] = None,
) -> Turn:
    """Run an action after a message that was understood in this way.

    Args:
        action: What is run.
        intent: The likeliest intent.
        slots: What the conversation holds before the message.
        ranking: Intents with their confidences.
        red_flags: Findings.
        bad_input: Why nothing can be read in it.
        text: The message.
        entities: Facts that the message tells; Rasa fills their slots before an action.
        questions: The topics that it asks about, when there are two or more.
        follow_up: Score of each meaning, when it leans on the answer before.
        suspected: The finding that is only suspected.
        weak_signs: Elements that the message holds.
    """
    told = entities or {}
    latest: Dict[str, Any] = {
        "text": text,
        "intent": {"name": intent, "confidence": 0.9},
        "intent_ranking": [{"name": name, "confidence": value} for name, value in ranking or []],
        "entities": [{"entity": name, "value": value} for name, value in told.items()],
    }
    optional = {
        PARSE_RED_FLAGS: red_flags,
        PARSE_BAD_INPUT: bad_input,
        PARSE_QUESTIONS: [{"topic": topic_id} for topic_id in questions] if questions else None,
        PARSE_FOLLOW_UP: {"scores": follow_up} if follow_up else None,
        PARSE_SUSPECTED: suspected,
        PARSE_WEAK_SIGNS: weak_signs,
    }
    latest.update({name: value for name, value in optional.items() if value is not None})
    held = {**(slots or {}), **told}
    tracker = Tracker("web:1", held, latest, [], False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    events = await action.run(dispatcher, tracker, {})
    assert all(event["event"] == "slot" for event in events)
    return Turn(dispatcher.messages, {event["name"]: event["value"] for event in events})
