"""Alembic's entry point; the connection comes from :mod:`rasa_project.storage.migrate`."""

from __future__ import annotations

from alembic import context

from rasa_project.storage.tables import Base


def own_tables_only(_object, name, kind, _reflected, _compare_to):  # type: ignore[no-untyped-def]
    """Leave Rasa's own tables (events) alone when comparing."""
    return kind != "table" or name in Base.metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    include_object=own_tables_only,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
