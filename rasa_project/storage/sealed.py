"""Columns whose texts are encrypted in the database and plain in Python.

They can't be searched, sorted or compared by the database: the same text is another one each time
it is stored.
"""

from __future__ import annotations

import json
from typing import Any, Optional

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

from rasa_project.storage.keyring import sealer


class _OnlyForNull(sa.Text.Comparator):
    """Refuses in Python what the database would silently never find."""

    def operate(self, operator: Any, *other: Any, **more: Any) -> Any:
        """Whether there is a value can be asked, and nothing else."""
        # SQLAlchemy itself compares columns with columns.
        with_values = not all(isinstance(one, sa.sql.ClauseElement) for one in other)
        if with_values and operator not in (operators.is_, operators.is_not):
            raise TypeError("An encrypted column can't be compared or searched in the database.")
        return super().operate(operator, *other, **more)


class SealedText(TypeDecorator):
    """A text."""

    impl = sa.Text
    cache_ok = True
    comparator_factory = _OnlyForNull

    def process_bind_param(self, value: Optional[str], dialect: Any) -> Optional[str]:
        """Encrypt."""
        return None if value is None else sealer().seal(value)

    def process_result_value(self, value: Optional[str], dialect: Any) -> Optional[str]:
        """Decrypt."""
        return None if value is None else sealer().open(value)


class SealedJSON(TypeDecorator):
    """Anything that JSON can hold."""

    impl = sa.Text
    cache_ok = True
    comparator_factory = _OnlyForNull

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        """Encrypt."""
        return sealer().seal(json.dumps(value))

    def process_result_value(self, value: Optional[str], dialect: Any) -> Any:
        """Decrypt."""
        return None if value is None else json.loads(sealer().open(value))
