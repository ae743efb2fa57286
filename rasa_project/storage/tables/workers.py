"""Which worker does what of the things that only one may do."""

from __future__ import annotations

import sqlalchemy as sa

from rasa_project.storage.tables.base import Base


class LeaseRow(Base):
    """A job, and the worker that has it for some seconds; nothing of patients."""

    __tablename__ = "lease"
    name = sa.Column(sa.String(32), primary_key=True)
    holder = sa.Column(sa.String(64), nullable=False)
    held_until = sa.Column(sa.DateTime(timezone=True), nullable=False)
