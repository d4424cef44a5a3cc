"""What keys may, what was charged to them, admin sessions, and wrong passwords.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

METADATA = sa.MetaData()

charge = sa.Table(
    "charge",
    METADATA,
    sa.Column("job", sa.String(40), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("time", sa.Float, nullable=False),
    sa.Column("dollars", sa.Float, nullable=False),
)
sa.Index("charge_by_owner", charge.c.owner, charge.c.time)

sa.Table(
    "session",
    METADATA,
    sa.Column("mark", sa.String(64), primary_key=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("expires", sa.Float, nullable=False),
)

sa.Table(
    "gate",
    METADATA,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last", sa.Float, nullable=False),
)

KEY: tuple[sa.Column[object], ...] = (
    sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("scopes", sa.JSON, nullable=False, server_default='["images", "videos", "read"]'),
    sa.Column("models", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("per_minute", sa.Integer),
    sa.Column("at_once", sa.Integer),
    sa.Column("budget", sa.Float),
    sa.Column("expires", sa.Float),
)


def upgrade() -> None:
    """Keys that are there already keep what they could do: everything but administration."""
    METADATA.create_all(op.get_bind())
    for column in KEY:
        op.add_column("api_key", column)
    op.create_index("job_by_owner", "job", ["owner", "state"])
