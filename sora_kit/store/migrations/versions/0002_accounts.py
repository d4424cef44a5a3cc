"""Accounts with secrets and health, the journal of paid calls, attempts, characters, marks of clips, a log.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

METADATA = sa.MetaData()

sa.Table(
    "character",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("job", sa.String(40), nullable=False, unique=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),
    sa.Column("backend", sa.String(32), nullable=False),
    sa.Column("account", sa.String(40), nullable=False, server_default=""),
    sa.Column("upstream", sa.JSON, nullable=False),
    sa.Column("source", sa.String(80)),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("ext", sa.String(8), nullable=False),
    sa.Column("token", sa.String(40), nullable=False, unique=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.UniqueConstraint("backend", "name", name="character_once_per_backend"),
)

sa.Table(
    "account_event",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("account", sa.String(40), nullable=False, index=True),
    sa.Column("time", sa.Float, nullable=False),
    sa.Column("what", sa.String(32), nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
)

sa.Table(
    "lease",
    METADATA,
    sa.Column("step", sa.String(80), primary_key=True),
    sa.Column("account", sa.String(40), nullable=False, index=True),
    sa.Column("feature", sa.String(8), nullable=False, server_default="video"),
    sa.Column("expires", sa.Float, nullable=False, index=True),
)

sa.Table(
    "waiting",
    METADATA,
    sa.Column("step", sa.String(80), primary_key=True),
    sa.Column("line", sa.String(120), nullable=False, index=True),
    sa.Column("runner", sa.String(40), nullable=False),
)

sa.Table(
    "journal",
    METADATA,
    sa.Column("step", sa.String(80), primary_key=True),
    sa.Column("job", sa.String(40), nullable=False, index=True),
    sa.Column("backend", sa.String(32), nullable=False),
    sa.Column("account", sa.String(40), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("runner", sa.String(40), nullable=False),
    sa.Column("token", sa.String(40), nullable=False),
    sa.Column("words", sa.String(64), nullable=False),
    sa.Column("prepared", sa.JSON, nullable=False),
    sa.Column("intended", sa.Float, nullable=False),
    sa.Column("submitted", sa.Float),
    sa.Column("piece", sa.JSON),
    sa.Column("task", sa.String(120)),
    sa.UniqueConstraint("backend", "task", name="journal_once_per_task"),
)

sa.Table(
    "attempt",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", sa.String(40), nullable=False, index=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("account", sa.String(40), nullable=False),
    sa.Column("time", sa.Float, nullable=False),
    sa.Column("outcome", sa.String(64), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)

ACCOUNT: tuple[sa.Column[object], ...] = (
    sa.Column("remark", sa.Text, nullable=False, server_default=""),
    sa.Column("created", sa.Float, nullable=False, server_default="0"),
    sa.Column("email", sa.Text, nullable=False, server_default=""),
    sa.Column("username", sa.Text, nullable=False, server_default=""),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("user", sa.String(80), nullable=False, server_default=""),
    sa.Column("plan", sa.String(40), nullable=False, server_default=""),
    sa.Column("plan_title", sa.Text, nullable=False, server_default=""),
    sa.Column("plan_ends", sa.Float),
    sa.Column("onboarded", sa.Boolean),
    sa.Column("invite_code", sa.String(40), nullable=False, server_default=""),
    sa.Column("invites_used", sa.Integer),
    sa.Column("invites_total", sa.Integer),
    sa.Column("quota", sa.Integer),
    sa.Column("quota_resets", sa.Float),
    sa.Column("expires", sa.Float),
    sa.Column("checked", sa.Float),
    sa.Column("state", sa.String(16), nullable=False, server_default="ready"),
    sa.Column("cause", sa.Text, nullable=False, server_default=""),
    sa.Column("since", sa.Float, nullable=False, server_default="0"),
    sa.Column("cool_until", sa.Float),
    sa.Column("image_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("video_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("image_cap", sa.Integer, nullable=False, server_default="1"),
    sa.Column("video_cap", sa.Integer, nullable=False, server_default="3"),
    sa.Column("eased_cap", sa.Integer),
    sa.Column("eased_until", sa.Float),
    sa.Column("images_in_use", sa.Integer, nullable=False, server_default="0"),
    sa.Column("videos_in_use", sa.Integer, nullable=False, server_default="0"),
    sa.Column("image_free", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("video_free", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("rank", sa.Float, nullable=False, server_default="0"),
    sa.Column("due", sa.Float),
    sa.Column("images", sa.Integer, nullable=False, server_default="0"),
    sa.Column("videos", sa.Integer, nullable=False, server_default="0"),
    sa.Column("errors", sa.Integer, nullable=False, server_default="0"),
    sa.Column("today", sa.String(10), nullable=False, server_default=""),
    sa.Column("images_today", sa.Integer, nullable=False, server_default="0"),
    sa.Column("videos_today", sa.Integer, nullable=False, server_default="0"),
    sa.Column("errors_today", sa.Integer, nullable=False, server_default="0"),
    sa.Column("errors_in_row", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_error", sa.Text, nullable=False, server_default=""),
    sa.Column("last_error_at", sa.Float),
    sa.Column("settings", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("secrets", sa.Text, nullable=False, server_default=""),
    sa.Column("mark", sa.String(64), nullable=False, server_default=""),
    sa.Column("renewing_until", sa.Float, nullable=False, server_default="0"),
)

FREE = (
    ("account_for_video", ["backend", "rank", "id"], "video_free"),
    ("account_for_plan", ["backend", "plan", "rank", "id"], "video_free"),
    ("account_for_image", ["backend", "rank", "id"], "image_free"),
)
PLAIN = (
    ("account_by_rank", ["backend", "rank"]),
    ("account_to_wake", ["due"]),
    ("account_by_user", ["backend", "user"]),
    ("account_by_email", ["backend", "email"]),
    ("account_by_mark", ["backend", "mark"]),
)
LOG: dict[str, sa.types.TypeEngine[str]] = {
    "account": sa.String(40),
    "client": sa.String(64),
    "asked": sa.Text(),
    "answered": sa.Text(),
}


def upgrade() -> None:
    """Leases are short-lived, so theirs is simply made anew; an account's one cap becomes that of videos."""
    op.drop_table("lease")
    METADATA.create_all(op.get_bind())
    op.create_index("journal_by_account", "journal", ["account", "state"])
    op.add_column("job", sa.Column("account", sa.String(40), nullable=False, server_default=""))
    op.add_column("job", sa.Column("timings", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("clip", sa.Column("account", sa.String(40), nullable=False, server_default=""))
    op.add_column("clip", sa.Column("upstream", sa.JSON, nullable=False, server_default="{}"))
    op.add_column("clip", sa.Column("upstream_id", sa.String(80)))
    op.add_column("clip", sa.Column("favourite", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("clip", sa.Column("tags", sa.JSON, nullable=False, server_default="[]"))
    op.create_index("clip_by_upstream", "clip", ["upstream_id"])
    for column in ACCOUNT:
        op.add_column("account", column)
    op.execute("update account set video_cap = cap")
    op.drop_column("account", "cap")
    for name, columns, free in FREE:
        where = sa.text(free)
        op.create_index(name, "account", columns, sqlite_where=where, postgresql_where=where)
    for name, columns in PLAIN:
        op.create_index(name, "account", columns)
    for name, kind in LOG.items():
        op.add_column("request_log", sa.Column(name, kind, nullable=False, server_default=""))
    op.create_index("request_log_by_job", "request_log", ["job"])
    stop = sa.text("cancel")
    op.create_index("job_to_stop", "job", ["updated"], sqlite_where=stop, postgresql_where=stop)
