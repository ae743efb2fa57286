"""Put the knowledge files into the database. Safe to run again; keeps old revisions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Dict

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.knowledge.entries import TopicEntry
from rasa_project.knowledge.files import Knowledge
from rasa_project.storage.tables import AnswerRow, AnswerSourceRow, SourceRow, TopicRow


@dataclass
class LoadReport:
    """How many topics were new, changed, the same, or taken out of use."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0

    def __str__(self) -> str:
        return (
            f"{self.added} added, {self.changed} changed, "
            f"{self.unchanged} unchanged, {self.retired} retired"
        )


def fingerprint(entry: TopicEntry) -> str:
    """A hash of everything in an answer that a new revision is made for."""
    content = entry.dict(exclude={"question", "button", "id"})
    return hashlib.sha256(
        json.dumps(content, sort_keys=True, default=str, ensure_ascii=False).encode()
    ).hexdigest()


def load(session: Session, knowledge: Knowledge) -> LoadReport:
    """Write sources, topics and, where an answer changed, a new revision.

    A topic that is no longer in the files is marked inactive; nothing is deleted.
    """
    report = LoadReport()
    _write_sources(session, knowledge)
    topics: Dict[str, TopicRow] = {
        row.id: row for row in session.execute(sa.select(TopicRow)).scalars()
    }
    current: Dict[str, AnswerRow] = {
        row.topic_id: row
        for row in session.execute(sa.select(AnswerRow).where(AnswerRow.current)).scalars()
    }
    for position, (group, entry) in enumerate(knowledge.topics):
        topic = topics.get(entry.id)
        if topic is None:
            topic = TopicRow(id=entry.id)
            session.add(topic)
        topic.topic_group, topic.position, topic.active = group, position, True
        topic.question, topic.button = entry.question, entry.button
        old = current.get(entry.id)
        if old is None:
            report.added += 1
        elif old.fingerprint == fingerprint(entry):
            report.unchanged += 1
            continue
        else:
            report.changed += 1
            old.current = False
        session.flush()
        _write_revision(session, entry, revision=old.revision + 1 if old else 1)
    kept = {entry.id for _, entry in knowledge.topics}
    for topic_id, topic in topics.items():
        if topic_id not in kept and topic.active:
            topic.active = False
            report.retired += 1
    return report


def _write_sources(session: Session, knowledge: Knowledge) -> None:
    rows = {row.key: row for row in session.execute(sa.select(SourceRow)).scalars()}
    for key, entry in knowledge.sources.items():
        row = rows.get(key)
        if row is None:
            row = SourceRow(key=key)
            session.add(row)
        row.reference, row.year = entry.reference, entry.year
        row.kind, row.address = entry.kind, entry.address
    session.flush()


def _write_revision(session: Session, entry: TopicEntry, revision: int) -> None:
    row = AnswerRow(
        topic_id=entry.id,
        revision=revision,
        current=True,
        fingerprint=fingerprint(entry),
        short_nl=entry.short_for("NL"),
        more_nl=entry.more_for("NL"),
        short_be=entry.short_for("BE"),
        more_be=entry.more_for("BE"),
        simple=entry.simple,
        notes=[[note.when.value, note.text] for note in entry.notes],
        ask=entry.ask,
        follow_ups=list(entry.follow_ups),
        review_status=entry.review.status,
        reviewed_on=entry.review.reviewed_on,
        reviewed_by=entry.review.reviewed_by,
        loaded_at=datetime.now(timezone.utc),
    )
    session.add(row)
    session.flush()
    for position, key in enumerate(entry.sources):
        session.add(AnswerSourceRow(answer_id=row.id, source_key=key, position=position))
    session.flush()
