"""Delete the lines of the audit that the practice has kept long enough.

The database lets nobody delete a line (migration 0007), but those before the moment in
``audit_limit`` (migration 0012). That row is there only within the transaction that deletes, and
the database itself refuses a moment in the last year, whatever a program asks for.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from rasa_project.storage.tables import AuditLimitRow, AuditRow


def audit_limit(years: int, now: datetime) -> datetime:
    """Lines from before this moment have been kept for so many years."""
    try:
        return now.replace(year=now.year - years)
    except ValueError:
        # The 29th of February; one day longer does no harm.
        return now.replace(year=now.year - years, day=28)


def count_old_lines(session: Session, limit: datetime) -> int:
    """How many lines there are from before a moment."""
    query = sa.select(sa.func.count()).where(AuditRow.happened_at < limit)
    return int(session.execute(query).scalar_one())


def delete_old_lines(session: Session, limit: datetime) -> int:
    """Delete the lines from before a moment; gives how many there were.

    Args:
        session: The caller's; it commits.
        limit: At least a year ago, or the database refuses.
    """
    if not count_old_lines(session, limit):
        return 0
    session.execute(sa.delete(AuditLimitRow))
    session.add(AuditLimitRow(id=1, before_moment=limit))
    session.flush()
    deleted = session.execute(sa.delete(AuditRow).where(AuditRow.happened_at < limit))
    session.execute(sa.delete(AuditLimitRow))
    return int(deleted.rowcount)
