"""Runs the migrations on the connection that :mod:`server.store.upgrade` has opened."""

from alembic import context

from server.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # SQLite's is, as BEGIN is ours and not the driver's
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
