"""Keep conversations: what was said, in order, and what a patient thought of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('conversation',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=True),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_conversation_token', 'conversation', ['token_hash'], unique=True)

    op.create_table('conversation_event',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('author', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=128), nullable=True),
    sa.Column('client_id', sa.String(length=64), nullable=True),
    sa.Column('reply_to', sa.Integer(), nullable=True),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['conversation'], ['conversation.id'], ),
    sa.ForeignKeyConstraint(['reply_to'], ['conversation_event.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('conversation', 'client_id', name='uq_event_client_id'),
    sa.UniqueConstraint('reply_to', name='uq_event_reply_to'),
    sqlite_autoincrement=True
    )
    op.create_index('ix_event_conversation', 'conversation_event', ['conversation', 'id'], unique=False)

    op.create_table('feedback',
    sa.Column('event', sa.Integer(), nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('useful', sa.Boolean(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['conversation'], ['conversation.id'], ),
    sa.ForeignKeyConstraint(['event'], ['conversation_event.id'], ),
    sa.PrimaryKeyConstraint('event')
    )
    op.create_index('ix_feedback_conversation', 'feedback', ['conversation'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_feedback_conversation', table_name='feedback')
    op.drop_table('feedback')
    op.drop_index('ix_event_conversation', table_name='conversation_event')
    op.drop_table('conversation_event')
    op.drop_index('ix_conversation_token', table_name='conversation')
    op.drop_table('conversation')
