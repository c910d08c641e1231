"""Run by Alembic: carries out the steps, on the connection and in the transaction of `store.engine`."""

from alembic import context

from tidegate.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
