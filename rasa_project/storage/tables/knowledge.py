"""Topics, answers and their sources."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import relationship

from rasa_project.storage.tables.base import Base


class TopicRow(Base):
    """One topic of the catalogue. Rows are never deleted; ``active`` goes off."""

    __tablename__ = "topic"
    id = sa.Column(sa.String(64), primary_key=True)
    topic_group = sa.Column(sa.String(32), nullable=False)
    question = sa.Column(sa.Text, nullable=False)
    button = sa.Column(sa.String(64), nullable=False)
    position = sa.Column(sa.Integer, nullable=False)
    active = sa.Column(sa.Boolean, nullable=False, default=True)


class AnswerRow(Base):
    """One revision of a topic's answer. Old revisions stay, ``current`` marks the newest."""

    __tablename__ = "answer_revision"
    id = sa.Column(sa.Integer, primary_key=True)
    topic_id = sa.Column(sa.ForeignKey("topic.id"), nullable=False)
    revision = sa.Column(sa.Integer, nullable=False)
    current = sa.Column(sa.Boolean, nullable=False)
    fingerprint = sa.Column(sa.String(64), nullable=False)
    short_nl = sa.Column(sa.Text, nullable=False)
    more_nl = sa.Column(sa.Text, nullable=False)
    short_be = sa.Column(sa.Text, nullable=False)
    more_be = sa.Column(sa.Text, nullable=False)
    simple = sa.Column(sa.Text, nullable=False, server_default="")
    # Pairs of a condition (knowledge/told.py) and a text, the most important first.
    notes = sa.Column(sa.JSON, nullable=False, server_default="[]")
    # The fact that is asked back for, if any.
    ask = sa.Column(sa.String(16))
    follow_ups = sa.Column(sa.JSON, nullable=False)
    review_status = sa.Column(sa.String(16), nullable=False)
    reviewed_on = sa.Column(sa.Date)
    reviewed_by = sa.Column(sa.String(128))
    loaded_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    topic = relationship(TopicRow)
    sources = relationship("AnswerSourceRow", order_by="AnswerSourceRow.position")

    __table_args__ = (
        sa.UniqueConstraint("topic_id", "revision", name="uq_answer_topic_revision"),
        # KnowledgeRepository.answer: the current revision of one topic.
        sa.Index("ix_answer_topic_current", "topic_id", "current"),
    )


class SourceRow(Base):
    """One publication or other source that answers rest on."""

    __tablename__ = "source"
    key = sa.Column(sa.String(32), primary_key=True)
    reference = sa.Column(sa.Text, nullable=False)
    year = sa.Column(sa.String(16), nullable=False)
    kind = sa.Column(sa.String(64), nullable=False)
    address = sa.Column(sa.Text, nullable=False)


class AnswerSourceRow(Base):
    """Which sources carry an answer revision, in the order shown."""

    __tablename__ = "answer_source"
    answer_id = sa.Column(sa.ForeignKey("answer_revision.id"), primary_key=True)
    source_key = sa.Column(sa.ForeignKey("source.key"), primary_key=True)
    position = sa.Column(sa.Integer, nullable=False)
    source = relationship(SourceRow)
