"""The first version of the tables.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from alembic import op

from sora_kit.store.tables import METADATA

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create every table. Frozen into explicit statements once a second version exists."""
    METADATA.create_all(op.get_bind())
