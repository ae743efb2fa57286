"""Let a human take over: accounts, who owns a conversation, requests, notes, an audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0005'
branch_labels = None
depends_on = None

# Whoever gets at the database through us can add to the audit, and nothing else.
_REFUSE = {
    "sqlite": [
        "CREATE TRIGGER audit_no_{verb} BEFORE {VERB} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    ],
    "postgresql": [
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$ LANGUAGE plpgsql",
        "CREATE TRIGGER audit_no_{verb} BEFORE {VERB} ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
    ],
}

# Two ways around an UPDATE and a DELETE.
_REFUSE_TOO = {
    "sqlite": "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit "
    "WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
    "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "postgresql": "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
}


def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('login', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('password_hash', sa.String(length=256), nullable=False),
    sa.Column('totp_secret', sa.String(length=64), nullable=True),
    sa.Column('totp_last', sa.BigInteger(), nullable=True),
    sa.Column('failures', sa.Integer(), server_default='0', nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('present', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('notify_by_mail', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('telegram_chat', sa.BigInteger(), nullable=True),
    sa.Column('telegram_code', sa.String(length=64), nullable=True),
    sa.Column('telegram_code_until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('login')
    )
    op.create_table('audit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('account', sa.Integer(), nullable=True),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('action', sa.String(length=32), nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=True),
    sa.Column('detail', sa.String(length=256), server_default='', nullable=False),
    sa.Column('source', sa.String(length=64), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_audit_account', 'audit', ['account', 'id'], unique=False)
    op.create_index('ix_audit_conversation', 'audit', ['conversation', 'id'], unique=False)
    op.create_index('ix_audit_source', 'audit', ['source', 'action', 'happened_at'], unique=False)
    op.create_table('callback_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('step', sa.String(length=16), nullable=False),
    sa.Column('misses', sa.Integer(), server_default='0', nullable=False),
    sa.Column('name', sa.String(length=128), server_default='', nullable=False),
    sa.Column('contact', sa.String(length=254), server_default='', nullable=False),
    sa.Column('moment', sa.String(length=128), server_default='', nullable=False),
    sa.Column('why', sa.String(length=128), nullable=False),
    sa.Column('consent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handled_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['conversation'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_callback_conversation', 'callback_request', ['conversation', 'id'], unique=False)
    op.create_table('conversation_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('before', sa.String(length=16), nullable=False),
    sa.Column('after', sa.String(length=16), nullable=False),
    sa.Column('actor', sa.String(length=16), nullable=False),
    sa.Column('account', sa.Integer(), nullable=True),
    sa.Column('owner', sa.Integer(), nullable=True),
    sa.Column('why', sa.String(length=128), nullable=False),
    sa.ForeignKeyConstraint(['conversation'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_conversation_change', 'conversation_change', ['conversation', 'id'], unique=False)
    op.create_table('conversation_note',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('account', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['conversation'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_note_conversation', 'conversation_note', ['conversation', 'id'], unique=False)
    op.create_table('external_conversation',
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('tool', sa.String(length=16), nullable=False),
    sa.Column('external_contact', sa.String(length=128), nullable=True),
    sa.Column('external_id', sa.String(length=128), nullable=True),
    sa.Column('posted_event', sa.Integer(), server_default='0', nullable=False),
    sa.Column('closed', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['conversation'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('conversation'),
    sa.UniqueConstraint('tool', 'external_id', name='uq_external_conversation')
    )
    op.create_table('inbox_session',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('account', sa.Integer(), nullable=False),
    sa.Column('csrf', sa.String(length=64), nullable=False),
    sa.Column('totp_secret', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['account.id'], ),
    sa.PrimaryKeyConstraint('token_hash')
    )
    op.create_index('ix_inbox_session_account', 'inbox_session', ['account'], unique=False)
    op.create_table('notification',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('occasion', sa.String(length=32), nullable=False),
    sa.Column('account', sa.Integer(), nullable=False),
    sa.Column('way', sa.String(length=16), nullable=False),
    sa.Column('urgent', sa.Boolean(), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('next_try_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failed', sa.String(length=128), nullable=True),
    sa.ForeignKeyConstraint(['account'], ['account.id'], ),
    sa.ForeignKeyConstraint(['conversation'], ['conversation.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('conversation', 'kind', 'occasion', 'account', 'way', name='uq_notification')
    )
    op.create_index('ix_notification_due', 'notification', ['sent_at', 'next_try_at'], unique=False)
    op.add_column('conversation', sa.Column('state', sa.String(length=16), server_default='bot', nullable=False))
    op.add_column('conversation', sa.Column('owner', sa.Integer(), nullable=True))
    op.add_column('conversation', sa.Column('state_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('conversation', sa.Column('waiting_since', sa.DateTime(timezone=True), nullable=True))
    op.add_column('conversation', sa.Column('why', sa.String(length=128), server_default='', nullable=False))
    op.add_column('conversation', sa.Column('version', sa.Integer(), server_default='0', nullable=False))
    op.add_column('conversation', sa.Column('urgency', sa.String(length=16), server_default='none', nullable=False))
    op.add_column('conversation', sa.Column('alarm_seen', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('conversation', sa.Column('alarm_count', sa.Integer(), server_default='0', nullable=False))
    op.add_column('conversation', sa.Column('read_event', sa.Integer(), server_default='0', nullable=False))
    op.create_index('ix_conversation_state', 'conversation', ['state', 'last_used_at'], unique=False)
    op.create_index('ix_conversation_alarm', 'conversation', ['alarm_seen', 'last_used_at'], unique=False)
    for statement in _REFUSE[op.get_bind().dialect.name]:
        for verb in ("update", "delete"):
            op.execute(statement.format(verb=verb, VERB=verb.upper()))
    op.execute(_REFUSE_TOO[op.get_bind().dialect.name])


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER audit_no_{verb}" + (" ON audit" if postgresql else ""))
    op.execute("DROP TRIGGER audit_no_truncate ON audit" if postgresql else "DROP TRIGGER audit_no_replace")
    if postgresql:
        op.execute("DROP FUNCTION audit_refuse()")
    op.drop_index('ix_conversation_alarm', table_name='conversation')
    op.drop_index('ix_conversation_state', table_name='conversation')
    op.drop_column('conversation', 'read_event')
    op.drop_column('conversation', 'alarm_count')
    op.drop_column('conversation', 'alarm_seen')
    op.drop_column('conversation', 'urgency')
    op.drop_column('conversation', 'version')
    op.drop_column('conversation', 'why')
    op.drop_column('conversation', 'waiting_since')
    op.drop_column('conversation', 'state_since')
    op.drop_column('conversation', 'owner')
    op.drop_column('conversation', 'state')
    op.drop_index('ix_notification_due', table_name='notification')
    op.drop_table('notification')
    op.drop_index('ix_inbox_session_account', table_name='inbox_session')
    op.drop_table('inbox_session')
    op.drop_table('external_conversation')
    op.drop_index('ix_note_conversation', table_name='conversation_note')
    op.drop_table('conversation_note')
    op.drop_index('ix_conversation_change', table_name='conversation_change')
    op.drop_table('conversation_change')
    op.drop_index('ix_callback_conversation', table_name='callback_request')
    op.drop_table('callback_request')
    op.drop_index('ix_audit_source', table_name='audit')
    op.drop_index('ix_audit_conversation', table_name='audit')
    op.drop_index('ix_audit_account', table_name='audit')
    op.drop_table('audit')
    op.drop_table('account')
