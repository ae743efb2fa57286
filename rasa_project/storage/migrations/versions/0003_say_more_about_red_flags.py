"""Keep where a sign stood, how it was read, and the text that was shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('red_flag_event', schema=None) as batch_op:
        for name in ('span_start', 'span_end'):
            batch_op.add_column(sa.Column(name, sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('qualifiers', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('shown', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('red_flag_event', schema=None) as batch_op:
        for name in ('shown', 'qualifiers', 'span_end', 'span_start'):
            batch_op.drop_column(name)
