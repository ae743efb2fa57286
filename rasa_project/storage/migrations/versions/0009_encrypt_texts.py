"""Encrypt what patients wrote, and what tells it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rasa_project.storage.keyring import begin_record, sealer

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

# Table, column, the type that it had, and what goes before an older version's rows in it.
_COLUMNS = (
    ('conversation_event', 'content', 'JSON', "NOT NULL"),
    ('red_flag_event', 'flag', 'VARCHAR(8)', "NOT NULL"),
    ('red_flag_event', 'sign', 'VARCHAR(64)', "NOT NULL"),
    ('red_flag_event', 'qualifiers', 'JSON', "DEFAULT '[]' NOT NULL"),
    ('red_flag_event', 'shown', 'TEXT', "DEFAULT '' NOT NULL"),
    ('callback_request', 'name', 'VARCHAR(128)', "DEFAULT '' NOT NULL"),
    ('callback_request', 'contact', 'VARCHAR(254)', "DEFAULT '' NOT NULL"),
    ('callback_request', 'moment', 'VARCHAR(128)', "DEFAULT '' NOT NULL"),
    ('conversation_note', 'text', 'TEXT', "NOT NULL"),
    ('telegram_button', 'title', 'TEXT', "NOT NULL"),
    ('telegram_button', 'payload', 'TEXT', "NOT NULL"),
    ('account', 'totp_secret', 'VARCHAR(64)', ""),
    ('inbox_session', 'totp_secret', 'VARCHAR(64)', ""),
    ('rasa_snapshot', 'data', 'TEXT', "NOT NULL"),
)
_KEYS = {'rasa_snapshot': 'sender_id', 'telegram_button': 'id', 'inbox_session': 'token_hash'}
_BATCH = 500


def upgrade() -> None:
    # Python's driver for SQLite begins a transaction at the first change of a row, not of a table:
    # without this a migration that is killed would be done by half.
    op.execute('UPDATE alembic_version SET version_num = version_num')
    op.create_table('data_key',
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('tag', sa.String(length=16), nullable=False),
    sa.Column('proof', sa.Text(), nullable=False),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('number'),
    sa.UniqueConstraint('tag')
    )
    # Whoever is killed here leaves no encrypted text of which nobody knows the key.
    begin_record(op.get_bind())
    for table, column, _, more in _COLUMNS:
        _change(table, column, 'TEXT', 'NOT NULL' if 'NOT NULL' in more else '')
        _rewrite(table, _KEYS.get(table, 'id'), column, _seal)
    for columns in _of_rasa():
        _rewrite('events', 'id', 'data', _seal)
        # They say in plain words what was asked and what was found.
        if {'intent_name', 'action_name'} <= columns:
            op.execute('UPDATE events SET intent_name = NULL, action_name = NULL')


def downgrade() -> None:
    op.execute('UPDATE alembic_version SET version_num = version_num')
    for _ in _of_rasa():
        _rewrite('events', 'id', 'data', _open)
    for table, column, kind, more in _COLUMNS:
        _rewrite(table, _KEYS.get(table, 'id'), column, _open)
        _change(table, column, kind, more)
    op.drop_table('data_key')


def _seal(text: str) -> str:
    return sealer().seal(text)


def _open(stored: str) -> str:
    return sealer().open(stored)


def _of_rasa():  # type: ignore[no-untyped-def]
    """The names of the columns of Rasa's table; nothing when it isn't there yet."""
    inspector = sa.inspect(op.get_bind())
    if inspector.has_table('events'):
        columns = {column['name'] for column in inspector.get_columns('events')}
        if 'data' in columns:
            yield columns


def _change(table: str, column: str, kind: str, more: str) -> None:
    """Give a column another type; what stands in it stays."""
    if op.get_bind().dialect.name != 'sqlite':
        op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" DROP DEFAULT')
        using = f'"{column}"::{kind}'
        op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" TYPE {kind} USING {using}')
        if 'DEFAULT' in more:
            default = more.replace(' NOT NULL', '')
            op.execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET {default}')
        return
    # SQLite can't change a column, and making the table anew would lose which ids were given
    # out. So the text goes into a new column, which needs a default to begin with.
    default = more if not more or 'DEFAULT' in more else f"DEFAULT '' {more}"
    op.execute(f'ALTER TABLE {table} ADD COLUMN "{column}_new" {kind} {default}')
    op.execute(f'UPDATE {table} SET "{column}_new" = "{column}"')
    op.execute(f'ALTER TABLE {table} DROP COLUMN "{column}"')
    op.execute(f'ALTER TABLE {table} RENAME COLUMN "{column}_new" TO "{column}"')


def _rewrite(table, key, column, change):  # type: ignore[no-untyped-def]
    """Change each text, in batches so that a large table needs little memory."""
    connection = op.get_bind()
    rows = sa.table(table, sa.column(key), sa.column(column, sa.Text))
    its_key, its_text = rows.c[key], rows.c[column]
    update = sa.update(rows).where(its_key == sa.bindparam('the_key'))
    update = update.values({column: sa.bindparam('the_text')})
    query = sa.select(its_key, its_text).where(its_text.is_not(None)).order_by(its_key)
    last = None
    while True:
        batch = query if last is None else query.where(its_key > last)
        found = connection.execute(batch.limit(_BATCH)).all()
        if not found:
            return
        connection.execute(
            update, [{'the_key': one, 'the_text': change(text)} for one, text in found]
        )
        last = found[-1][0]
