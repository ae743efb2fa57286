"""Talk on Telegram: where a conversation is held, what was handled, what buttons mean."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('telegram_chat',
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('bot', sa.BigInteger(), nullable=False),
    sa.Column('chat', sa.BigInteger(), nullable=False),
    sa.Column('sent_event', sa.Integer(), server_default='0', nullable=False),
    sa.Column('sent_parts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('last_message', sa.BigInteger(), nullable=True),
    sa.Column('keyboard_message', sa.BigInteger(), nullable=True),
    sa.Column('blocked', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('erasing', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('conversation'),
    sa.UniqueConstraint('bot', 'chat', name='uq_telegram_chat')
    )

    op.create_table('telegram_update',
    sa.Column('bot', sa.BigInteger(), nullable=False),
    sa.Column('update', sa.BigInteger(), nullable=False),
    sa.Column('handled_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('bot', 'update')
    )
    op.create_index('ix_telegram_update_handled', 'telegram_update', ['handled_at'], unique=False)

    op.create_table('telegram_button',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('event', sa.Integer(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_telegram_button_conversation', 'telegram_button', ['conversation', 'event'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_telegram_button_conversation', table_name='telegram_button')
    op.drop_table('telegram_button')
    op.drop_index('ix_telegram_update_handled', table_name='telegram_update')
    op.drop_table('telegram_update')
    op.drop_table('telegram_chat')
