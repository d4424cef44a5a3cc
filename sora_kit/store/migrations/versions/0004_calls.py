"""Calls that start jobs, to know their repetitions.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

METADATA = sa.MetaData()

call = sa.Table(
    "call",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("key", sa.String(255)),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("sendings", sa.Integer, nullable=False, server_default="0"),
    sa.Column("seen", sa.Float, nullable=False, index=True),
    sa.Column("answered", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("owner", "key", name="call_once_per_key"),
)
sa.Index("call_by_digest", call.c.owner, call.c.digest)


def upgrade() -> None:
    """A new table; calls of before are not known."""
    METADATA.create_all(op.get_bind())
