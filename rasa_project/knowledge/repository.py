"""Read answers from the database. What the actions use."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Sequence, Tuple

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import joinedload, selectinload

from rasa_project.errors import StorageError
from rasa_project.storage.engine import engine_for, plain_reason, session_for
from rasa_project.storage.tables import AnswerRow, AnswerSourceRow, TopicRow


@dataclass(frozen=True)
class Source:
    """A source as a patient sees it."""

    reference: str
    year: str
    kind: str
    address: str


@dataclass(frozen=True)
class TopicLabel:
    """What a button and a "Bedoel je" line need."""

    id: str
    group: str
    question: str
    button: str


@dataclass(frozen=True)
class Answer:
    """The current revision of one topic's answer in one country's wording.

    Placeholders such as ``{telefoon}`` still stand in the texts. ``notes`` are pairs of a
    condition and a text (see told.py); ``ask`` is the fact that the answer depends on.
    """

    topic: TopicLabel
    short: str
    more: str
    simple: str
    notes: Tuple[Tuple[str, str], ...]
    ask: Optional[str]
    sources: Tuple[Source, ...]
    follow_ups: Tuple[str, ...]
    approved: bool
    reviewed_on: Optional[date]
    reviewed_by: Optional[str]
    revision: int


# Changes with each new revision, and with each topic that goes or comes.
_EDITION = "SELECT (SELECT max(id) FROM answer_revision), (SELECT count(*) FROM topic WHERE active)"
# A changed name of a topic alone makes no new edition; so long it may stay unseen.
_SHELF_SECONDS = 30.0
# A turn asks for an answer and for labels, all in a moment: one look is enough.
_LOOK_SECONDS = 0.02


@dataclass
class _Shelf:
    """What was read of one edition."""

    edition: Any = None
    until: float = 0.0
    looked_until: float = 0.0
    answers: Dict[Tuple[str, str], Answer] = field(default_factory=dict)
    labels: Dict[str, TopicLabel] = field(default_factory=dict)


class KnowledgeRepository:
    """Answers and labels. Each turn asks the database whether they are still the newest.

    Args:
        database_url: SQLAlchemy URL.
        clock: Seconds that only go up.
    """

    def __init__(self, database_url: str, clock: Callable[[], float] = time.monotonic):
        self._url = database_url
        self._clock = clock
        self._shelf = _Shelf()

    def answer(self, topic_id: str, country: str) -> Optional[Answer]:
        """The answer of an active topic, or None when there is none.

        Raises:
            StorageError: The database can't be read.
        """
        shelf = self._present()
        if (topic_id, country) not in shelf.answers:
            read = self._read_answer(topic_id, country)
            if read is None:
                # Not kept: anything may be asked for that there is not.
                return None
            shelf.answers[topic_id, country] = read
        return shelf.answers[topic_id, country]

    def labels(self, topic_ids: Sequence[str]) -> List[TopicLabel]:
        """The labels of those topics that are active, in the order asked for.

        Raises:
            StorageError: The database can't be read.
        """
        shelf = self._present()
        if not shelf.labels:
            shelf.labels = self._read_labels()
        return [shelf.labels[topic_id] for topic_id in topic_ids if topic_id in shelf.labels]

    def topic_ids(self) -> FrozenSet[str]:
        """The ids of all topics that can be answered.

        Raises:
            StorageError: The database can't be read.
        """
        query = sa.select(TopicRow.id).where(TopicRow.active)
        with session_for(self._url) as session:
            return frozenset(session.execute(query).scalars())

    def _present(self) -> _Shelf:
        """What was read before, when nothing was loaded since."""
        now = self._clock()
        if now < self._shelf.looked_until:
            return self._shelf
        try:
            with engine_for(self._url).connect() as connection:
                edition = tuple(connection.exec_driver_sql(_EDITION).one())
        except SQLAlchemyError as error:
            raise StorageError(plain_reason(error, self._url)) from error
        if edition != self._shelf.edition or now > self._shelf.until:
            self._shelf = _Shelf(edition, now + _SHELF_SECONDS)
        self._shelf.looked_until = now + _LOOK_SECONDS
        return self._shelf

    def _read_answer(self, topic_id: str, country: str) -> Optional[Answer]:
        query = (
            sa.select(AnswerRow)
            .join(TopicRow)
            .where(AnswerRow.topic_id == topic_id, AnswerRow.current, TopicRow.active)
            .options(
                joinedload(AnswerRow.topic),
                selectinload(AnswerRow.sources).joinedload(AnswerSourceRow.source),
            )
        )
        with session_for(self._url) as session:
            row = session.execute(query).scalar_one_or_none()
            return _answer(row, country) if row is not None else None

    def _read_labels(self) -> Dict[str, TopicLabel]:
        with session_for(self._url) as session:
            rows = session.execute(sa.select(TopicRow).where(TopicRow.active)).scalars()
            return {row.id: _label(row) for row in rows}


def _label(row: TopicRow) -> TopicLabel:
    return TopicLabel(row.id, row.topic_group, row.question, row.button)


def _answer(row: AnswerRow, country: str) -> Answer:
    belgian = country == "BE"
    return Answer(
        topic=_label(row.topic),
        short=row.short_be if belgian else row.short_nl,
        more=row.more_be if belgian else row.more_nl,
        simple=row.simple,
        notes=tuple((when, text) for when, text in row.notes),
        ask=row.ask,
        sources=tuple(
            Source(link.source.reference, link.source.year, link.source.kind, link.source.address)
            for link in row.sources
        ),
        follow_ups=tuple(row.follow_ups),
        approved=row.review_status == "approved",
        reviewed_on=row.reviewed_on,
        reviewed_by=row.reviewed_by,
        revision=row.revision,
    )
