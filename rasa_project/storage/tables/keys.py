"""With which keys the texts in the database are encrypted; not the keys."""

from __future__ import annotations

import sqlalchemy as sa

from rasa_project.storage.tables.base import Base


class DataKeyRow(Base):
    """A key with which something may be encrypted. The row goes when nothing is any more."""

    __tablename__ = "data_key"
    # Of two programs that begin with different keys at the same moment one gets the number.
    number = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    # What the key is called in front of each text; tells nothing about it.
    tag = sa.Column(sa.String(16), nullable=False, unique=True)
    # A known text, encrypted with it: whether a key is the right one.
    proof = sa.Column(sa.Text, nullable=False)
    added_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
