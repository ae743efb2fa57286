"""Read answers from the database. What the actions use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Dict, FrozenSet, List, Optional, Sequence, Tuple

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from rasa_project.storage.engine import session_for
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


class KnowledgeRepository:
    """Answers and labels, one short transaction per call.

    Args:
        database_url: SQLAlchemy URL.
    """

    def __init__(self, database_url: str):
        self._url = database_url

    def answer(self, topic_id: str, country: str) -> Optional[Answer]:
        """The answer of an active topic, or None when there is none.

        Raises:
            StorageError: The database can't be read.
        """
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

    def labels(self, topic_ids: Sequence[str]) -> List[TopicLabel]:
        """The labels of those topics that are active, in the order asked for.

        Raises:
            StorageError: The database can't be read.
        """
        query = sa.select(TopicRow).where(TopicRow.id.in_(list(topic_ids)), TopicRow.active)
        with session_for(self._url) as session:
            found: Dict[str, TopicLabel] = {
                row.id: _label(row) for row in session.execute(query).scalars()
            }
        return [found[topic_id] for topic_id in topic_ids if topic_id in found]

    def topic_ids(self) -> FrozenSet[str]:
        """The ids of all topics that can be answered.

        Raises:
            StorageError: The database can't be read.
        """
        query = sa.select(TopicRow.id).where(TopicRow.active)
        with session_for(self._url) as session:
            return frozenset(session.execute(query).scalars())


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
