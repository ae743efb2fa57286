"""What all tables have in common."""

from __future__ import annotations

from sqlalchemy.orm import declarative_base

Base = declarative_base()
