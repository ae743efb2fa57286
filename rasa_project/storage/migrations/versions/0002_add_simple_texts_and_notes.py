"""Add simple texts, notes for what a patient told, and what is asked back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('answer_revision', schema=None) as batch_op:
        batch_op.add_column(sa.Column('simple', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('notes', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('ask', sa.String(length=16), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('answer_revision', schema=None) as batch_op:
        batch_op.drop_column('ask')
        batch_op.drop_column('notes')
        batch_op.drop_column('simple')
