"""Create the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('red_flag_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation', sa.String(length=255), nullable=False),
    sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('flag', sa.String(length=8), nullable=False),
    sa.Column('sign', sa.String(length=64), nullable=False),
    sa.Column('urgency', sa.String(length=16), nullable=False),
    sa.Column('rules_version', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('red_flag_event', schema=None) as batch_op:
        batch_op.create_index('ix_red_flag_conversation', ['conversation', 'happened_at'], unique=False)

    op.create_table('source',
    sa.Column('key', sa.String(length=32), nullable=False),
    sa.Column('reference', sa.Text(), nullable=False),
    sa.Column('year', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key')
    )
    op.create_table('topic',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('topic_group', sa.String(length=32), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('button', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('answer_revision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('topic_id', sa.String(length=64), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('current', sa.Boolean(), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('short_nl', sa.Text(), nullable=False),
    sa.Column('more_nl', sa.Text(), nullable=False),
    sa.Column('short_be', sa.Text(), nullable=False),
    sa.Column('more_be', sa.Text(), nullable=False),
    sa.Column('follow_ups', sa.JSON(), nullable=False),
    sa.Column('review_status', sa.String(length=16), nullable=False),
    sa.Column('reviewed_on', sa.Date(), nullable=True),
    sa.Column('reviewed_by', sa.String(length=128), nullable=True),
    sa.Column('loaded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['topic_id'], ['topic.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('topic_id', 'revision', name='uq_answer_topic_revision')
    )
    with op.batch_alter_table('answer_revision', schema=None) as batch_op:
        batch_op.create_index('ix_answer_topic_current', ['topic_id', 'current'], unique=False)

    op.create_table('answer_source',
    sa.Column('answer_id', sa.Integer(), nullable=False),
    sa.Column('source_key', sa.String(length=32), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['answer_revision.id'], ),
    sa.ForeignKeyConstraint(['source_key'], ['source.key'], ),
    sa.PrimaryKeyConstraint('answer_id', 'source_key')
    )


def downgrade() -> None:
    op.drop_table('answer_source')
    with op.batch_alter_table('answer_revision', schema=None) as batch_op:
        batch_op.drop_index('ix_answer_topic_current')

    op.drop_table('answer_revision')
    op.drop_table('topic')
    op.drop_table('source')
    with op.batch_alter_table('red_flag_event', schema=None) as batch_op:
        batch_op.drop_index('ix_red_flag_conversation')

    op.drop_table('red_flag_event')
