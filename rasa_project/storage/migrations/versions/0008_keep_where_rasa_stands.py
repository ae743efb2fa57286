"""Keep where a conversation stands for Rasa, beside its events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('rasa_snapshot',
    sa.Column('sender_id', sa.String(length=255), nullable=False),
    sa.Column('last_event', sa.Integer(), nullable=False),
    sa.Column('data', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('sender_id')
    )


def downgrade() -> None:
    op.drop_table('rasa_snapshot')
