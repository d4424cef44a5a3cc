"""Webhooks: endpoints, and what is to be delivered to them.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

METADATA = sa.MetaData()

sa.Table(
    "webhook",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("events", sa.JSON, nullable=False),
    sa.Column("owner", sa.String(64), nullable=False, server_default=""),
    sa.Column("secrets", sa.Text, nullable=False),
    sa.Column("hint", sa.String(16), nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("cause", sa.Text, nullable=False, server_default=""),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("updated", sa.Float, nullable=False),
    sa.Column("last_ok", sa.Float),
    sa.Column("failing_since", sa.Float),
)

sa.Table(
    "delivery",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("webhook", sa.String(40), nullable=False, index=True),
    sa.Column("type", sa.String(40), nullable=False),
    sa.Column("about", sa.String(40), nullable=False),
    sa.Column("state", sa.String(16), nullable=False, server_default="waiting"),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    sa.Column("status", sa.Integer),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("ended", sa.Float),
)
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Two new tables."""
    METADATA.create_all(op.get_bind())
    op.create_index("delivery_due", "delivery", ["due"], sqlite_where=WAITING, postgresql_where=WAITING)
