"""Keep what patients decided about what is kept of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('consent',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation', sa.String(length=64), nullable=False),
    sa.Column('version', sa.String(length=32), nullable=False),
    sa.Column('given', sa.Boolean(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.ForeignKeyConstraint(['conversation'], ['conversation.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_consent_conversation', 'consent', ['conversation', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_consent_conversation', table_name='consent')
    op.drop_table('consent')
