"""Steps from one version of the tables to the next, run by Alembic on an open connection.

There is no ``alembic.ini``: users never run a migration by hand, opening a workspace does.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

__all__ = ("migrate",)


def migrate(connection: sa.Connection, target: str) -> None:
    """Bring the tables behind ``connection`` to version ``target``, inside its transaction."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    environment = EnvironmentContext(
        config,
        scripts,
        fn=lambda revision, _context: scripts._upgrade_revs(target, revision),  # noqa: SLF001 (what alembic's own `upgrade` command passes)
    )
    environment.configure(connection=connection, transactional_ddl=True)
    environment.run_migrations()
