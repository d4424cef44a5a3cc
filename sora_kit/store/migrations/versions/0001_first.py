"""The first version of the tables, as it was.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

METADATA = sa.MetaData()

job = sa.Table(
    "job",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("stage", sa.Text, nullable=False, server_default=""),
    sa.Column("progress", sa.Float, nullable=False, server_default="0"),
    sa.Column("place", sa.Integer),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("style", sa.String(32)),
    sa.Column("backend", sa.String(32), nullable=False),
    sa.Column("owner", sa.String(64), nullable=False, server_default=""),
    sa.Column("key", sa.String(255)),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("clips", sa.JSON, nullable=False),
    sa.Column("text", sa.Text, nullable=False, server_default=""),
    sa.Column("error", sa.JSON),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("finished", sa.Float),
    sa.Column("parent", sa.String(40)),
    sa.Column("runner", sa.String(40)),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("cancel", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("updated", sa.Float, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("owner", "key", name="job_once_per_key"),
)
sa.Index("job_by_state", job.c.state, job.c.created)
sa.Index("job_by_updated", job.c.updated)

clip = sa.Table(
    "clip",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("job", sa.String(40), nullable=False, unique=True),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("prompt", sa.Text, nullable=False),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("style", sa.String(32)),
    sa.Column("backend", sa.String(32), nullable=False),
    sa.Column("preview", sa.Boolean, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("parent", sa.String(40)),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("ext", sa.String(8), nullable=False),
    sa.Column("mime", sa.String(32), nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("token", sa.String(40), nullable=False, unique=True),
    sa.Column("poster_sha256", sa.String(64), nullable=False),
    sa.Column("understood", sa.JSON, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
)
sa.Index("clip_by_created", clip.c.created)

runner = sa.Table(
    "runner",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("host", sa.String(255), nullable=False),
    sa.Column("url", sa.Text, nullable=False, server_default=""),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("seen", sa.Float, nullable=False),
)

account = sa.Table(
    "account",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("backend", sa.String(32), nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("cap", sa.Integer, nullable=False),
    sa.Column("last_used", sa.Float, nullable=False, server_default="0"),
)

lease = sa.Table(
    "lease",
    METADATA,
    sa.Column("step", sa.String(80), primary_key=True),
    sa.Column("account", sa.String(40), nullable=False, index=True),
    sa.Column("expires", sa.Float, nullable=False),
)

api_key = sa.Table(
    "api_key",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(80), nullable=False, unique=True),
    sa.Column("hash", sa.String(64), nullable=False, unique=True),
    sa.Column("hint", sa.String(16), nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("last_used", sa.Float),
    sa.Column("revoked", sa.Float),
)

setting = sa.Table(
    "setting",
    METADATA,
    sa.Column("name", sa.String(80), primary_key=True),
    sa.Column("value", sa.JSON, nullable=False),
)

request_log = sa.Table(
    "request_log",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("time", sa.Float, nullable=False, index=True),
    sa.Column("method", sa.String(8), nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(64), nullable=False, server_default=""),
    sa.Column("job", sa.String(40)),
    sa.Column("model", sa.String(64)),
    sa.Column("ms", sa.Float, nullable=False),
    sa.Column("error", sa.String(64)),
)


def upgrade() -> None:
    """Create every table."""
    METADATA.create_all(op.get_bind())
