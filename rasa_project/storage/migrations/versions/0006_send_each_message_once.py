"""Send each message on Telegram once: above which id one is being sent, and the last that was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('telegram_chat', schema=None) as batch_op:
        batch_op.add_column(sa.Column('sending_above', sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column('sent_message', sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('telegram_chat', schema=None) as batch_op:
        batch_op.drop_column('sent_message')
        batch_op.drop_column('sending_above')
