"""Who may see conversations, and what they did there."""

from __future__ import annotations

import sqlalchemy as sa

from rasa_project.storage.sealed import SealedText
from rasa_project.storage.tables.base import Base


class AccountRow(Base):
    """Somebody of the practice. Rows are never deleted; ``active`` goes off."""

    __tablename__ = "account"
    id = sa.Column(sa.Integer, primary_key=True)
    # A mail address in lower case.
    login = sa.Column(sa.String(254), nullable=False, unique=True)
    # What patients and colleagues see.
    name = sa.Column(sa.String(128), nullable=False)
    # beheerder, therapeut or meekijker.
    role = sa.Column(sa.String(16), nullable=False)
    active = sa.Column(sa.Boolean, nullable=False, server_default=sa.true())
    password_hash = sa.Column(sa.String(256), nullable=False)
    totp_secret = sa.Column(SealedText)
    # The period of the last code that was used: a code counts once.
    totp_last = sa.Column(sa.BigInteger)
    failures = sa.Column(sa.Integer, nullable=False, server_default="0")
    locked_until = sa.Column(sa.DateTime(timezone=True))
    created_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    # "aanwezig" or "afwezig"; it counts while the inbox is open somewhere (``seen_at``).
    present = sa.Column(sa.Boolean, nullable=False, server_default=sa.false())
    seen_at = sa.Column(sa.DateTime(timezone=True))
    notify_by_mail = sa.Column(sa.Boolean, nullable=False, server_default=sa.true())
    # Where this person's own Telegram is told that somebody waits; and the hash of the
    # code with which a chat proves to be theirs, while it counts.
    telegram_chat = sa.Column(sa.BigInteger)
    telegram_code = sa.Column(sa.String(64))
    telegram_code_until = sa.Column(sa.DateTime(timezone=True))


class InboxSessionRow(Base):
    """One browser in which somebody is logged in."""

    __tablename__ = "inbox_session"
    token_hash = sa.Column(sa.String(64), primary_key=True)
    account = sa.Column(sa.ForeignKey("account.id"), nullable=False)
    csrf = sa.Column(sa.String(64), nullable=False)
    # The secret that is being set up in this browser; the account gets it when a code of it
    # was typed in.
    totp_secret = sa.Column(SealedText)
    created_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    used_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    expires_at = sa.Column(sa.DateTime(timezone=True), nullable=False)

    __table_args__ = (
        # Accounts: all sessions of one account end together.
        sa.Index("ix_inbox_session_account", "account"),
    )


class AuditRow(Base):
    """One thing that somebody did. Append-only: the database itself refuses changes.

    No foreign keys: it outlives what it tells about. It holds no word of a patient.
    """

    __tablename__ = "audit"
    id = sa.Column(sa.Integer, primary_key=True)
    happened_at = sa.Column(sa.DateTime(timezone=True), nullable=False)
    account = sa.Column(sa.Integer)
    name = sa.Column(sa.String(128), nullable=False)
    action = sa.Column(sa.String(32), nullable=False)
    conversation = sa.Column(sa.String(64))
    detail = sa.Column(sa.String(256), nullable=False, server_default="")
    # The network address that it came from.
    source = sa.Column(sa.String(64), nullable=False, server_default="")

    __table_args__ = (
        # Audit: who did what with one conversation.
        sa.Index("ix_audit_conversation", "conversation", "id"),
        # Audit: what one person did.
        sa.Index("ix_audit_account", "account", "id"),
        # Logins: how often it failed from one network address in the last while.
        sa.Index("ix_audit_source", "source", "action", "happened_at"),
        # AuditRetention: those that were kept long enough.
        sa.Index("ix_audit_happened", "happened_at"),
    )


class AuditLimitRow(Base):
    """Before which moment lines of the audit may be deleted; there only while that is done.

    The database refuses a moment in the last year.
    """

    __tablename__ = "audit_limit"
    id = sa.Column(sa.Integer, primary_key=True)
    before_moment = sa.Column(sa.DateTime(timezone=True), nullable=False)
