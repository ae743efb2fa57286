"""Let lines of the audit go that are older than the practice keeps them, and no others.

``audit_limit`` says before which moment lines may be deleted. It holds a row only within the
transaction that deletes them, and the database itself refuses a moment in the last year.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

_SQLITE = [
    "DROP TRIGGER audit_no_delete",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
    "WHEN NOT EXISTS (SELECT 1 FROM audit_limit WHERE OLD.happened_at < before_moment) "
    "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_limit_old BEFORE INSERT ON audit_limit "
    "WHEN NEW.before_moment > datetime('now', '-364 days') "
    "BEGIN SELECT RAISE(ABORT, 'the audit of the last year stays'); END",
    "CREATE TRIGGER audit_limit_fixed BEFORE UPDATE ON audit_limit "
    "BEGIN SELECT RAISE(ABORT, 'the limit is set once'); END",
]
_POSTGRESQL = [
    "CREATE OR REPLACE FUNCTION audit_refuse_young() RETURNS trigger AS $$ BEGIN "
    "IF EXISTS (SELECT 1 FROM audit_limit WHERE OLD.happened_at < before_moment) "
    "THEN RETURN OLD; END IF; "
    "RAISE EXCEPTION 'the audit is append-only'; END $$ LANGUAGE plpgsql",
    "DROP TRIGGER audit_no_delete ON audit",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION audit_refuse_young()",
    "CREATE OR REPLACE FUNCTION audit_limit_check() RETURNS trigger AS $$ BEGIN "
    "IF NEW.before_moment > now() - interval '364 days' "
    "THEN RAISE EXCEPTION 'the audit of the last year stays'; END IF; "
    "RETURN NEW; END $$ LANGUAGE plpgsql",
    "CREATE TRIGGER audit_limit_old BEFORE INSERT OR UPDATE ON audit_limit "
    "FOR EACH ROW EXECUTE FUNCTION audit_limit_check()",
]
_LEVELS = ('emergency', 'same_day', 'soon')


def upgrade() -> None:
    op.create_table('audit_limit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('before_moment', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_audit_happened', 'audit', ['happened_at'], unique=False)
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in _POSTGRESQL if postgresql else _SQLITE:
        op.execute(statement)
    # An alarm of before there was an inbox (0007) is held there too.
    for level in _LEVELS:
        op.execute(
            f"UPDATE conversation SET urgency = '{level}' WHERE urgency = 'none' AND EXISTS "
            "(SELECT 1 FROM red_flag_event AS found WHERE found.conversation = conversation.id "
            f"AND found.urgency = '{level}')"
        )


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute("DROP TRIGGER audit_no_delete ON audit")
        op.execute("CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
                   "FOR EACH ROW EXECUTE FUNCTION audit_refuse()")
        op.execute("DROP FUNCTION audit_refuse_young()")
    else:
        op.execute("DROP TRIGGER audit_no_delete")
        op.execute("CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
                   "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END")
    op.drop_index('ix_audit_happened', table_name='audit')
    op.drop_table('audit_limit')
    if postgresql:
        op.execute("DROP FUNCTION audit_limit_check()")
