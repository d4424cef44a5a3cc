"""The tables of a workspace, for SQLite and PostgreSQL alike.

Times are Unix seconds (float, UTC): they sort, subtract and survive time zones. JSON columns hold
what is only ever read whole. A change here needs a migration in ``migrations/versions``; a test
compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa

__all__ = (
    "METADATA",
    "account",
    "account_event",
    "api_key",
    "attempt",
    "call",
    "character",
    "charge",
    "clip",
    "gate",
    "job",
    "journal",
    "lease",
    "request_log",
    "runner",
    "session",
    "setting",
    "waiting",
)

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
    sa.Column("account", sa.String(40), nullable=False, server_default=""),  # that served it last
    sa.Column("timings", sa.JSON, nullable=False, server_default="{}"),  # stage → Unix seconds
    sa.UniqueConstraint("owner", "key", name="job_once_per_key"),
)
sa.Index("job_by_state", job.c.state, job.c.created)
sa.Index("job_by_updated", job.c.updated)
sa.Index("job_by_owner", job.c.owner, job.c.state)
sa.Index("job_to_stop", job.c.updated, sqlite_where=job.c.cancel, postgresql_where=job.c.cancel)

clip = sa.Table(
    "clip",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("job", sa.String(40), nullable=False, unique=True),  # one job, one clip, whoever finishes it
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
    sa.Column("account", sa.String(40), nullable=False, server_default=""),
    sa.Column("upstream", sa.JSON, nullable=False, server_default="{}"),  # what its backend calls it
    sa.Column("upstream_id", sa.String(80)),
    sa.Column("favourite", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("tags", sa.JSON, nullable=False, server_default="[]"),  # words of people, in lower case
)
sa.Index("clip_by_created", clip.c.created)
sa.Index("clip_by_upstream", clip.c.upstream_id)

character = sa.Table(
    "character",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("job", sa.String(40), nullable=False, unique=True),
    sa.Column("name", sa.String(80), nullable=False),  # as in @name
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False, server_default=""),  # for backends without characters
    sa.Column("backend", sa.String(32), nullable=False),
    sa.Column("account", sa.String(40), nullable=False, server_default=""),
    sa.Column("upstream", sa.JSON, nullable=False),
    sa.Column("source", sa.String(80)),  # clip that it was made from
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("ext", sa.String(8), nullable=False),
    sa.Column("token", sa.String(40), nullable=False, unique=True),
    sa.Column("created", sa.Float, nullable=False),
    sa.UniqueConstraint("backend", "name", name="character_once_per_backend"),
)

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
    sa.Column("remark", sa.Text, nullable=False, server_default=""),
    sa.Column("created", sa.Float, nullable=False, server_default="0"),
    # who it is upstream
    sa.Column("email", sa.Text, nullable=False, server_default=""),
    sa.Column("username", sa.Text, nullable=False, server_default=""),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("user", sa.String(80), nullable=False, server_default=""),
    sa.Column("plan", sa.String(40), nullable=False, server_default=""),
    sa.Column("plan_title", sa.Text, nullable=False, server_default=""),
    sa.Column("plan_ends", sa.Float),
    sa.Column("onboarded", sa.Boolean),  # null: unknown, which does not stop it
    sa.Column("invite_code", sa.String(40), nullable=False, server_default=""),
    sa.Column("invites_used", sa.Integer),
    sa.Column("invites_total", sa.Integer),
    sa.Column("quota", sa.Integer),  # null: unknown
    sa.Column("quota_resets", sa.Float),
    sa.Column("expires", sa.Float),  # of its access token
    sa.Column("checked", sa.Float),  # last test
    # whether it may be used
    sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("state", sa.String(16), nullable=False, server_default="ready"),
    sa.Column("cause", sa.Text, nullable=False, server_default=""),  # of the last change of state
    sa.Column("since", sa.Float, nullable=False, server_default="0"),
    sa.Column("cool_until", sa.Float),
    sa.Column("image_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("video_enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("image_cap", sa.Integer, nullable=False, server_default="1"),  # -1: no limit
    sa.Column("video_cap", sa.Integer, nullable=False, server_default="3"),
    sa.Column("eased_cap", sa.Integer),  # lowered for a while after "too many at once"
    sa.Column("eased_until", sa.Float),
    # where selection looks; always what the columns above and the leases imply
    sa.Column("images_in_use", sa.Integer, nullable=False, server_default="0"),
    sa.Column("videos_in_use", sa.Integer, nullable=False, server_default="0"),
    sa.Column("image_free", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("video_free", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("rank", sa.Float, nullable=False, server_default="0"),  # lowest first; set by the mode
    sa.Column("due", sa.Float),  # when time alone changes something of the above
    sa.Column("last_used", sa.Float, nullable=False, server_default="0"),
    # what it did
    sa.Column("images", sa.Integer, nullable=False, server_default="0"),
    sa.Column("videos", sa.Integer, nullable=False, server_default="0"),
    sa.Column("errors", sa.Integer, nullable=False, server_default="0"),
    sa.Column("today", sa.String(10), nullable=False, server_default=""),  # the UTC day of these three
    sa.Column("images_today", sa.Integer, nullable=False, server_default="0"),
    sa.Column("videos_today", sa.Integer, nullable=False, server_default="0"),
    sa.Column("errors_today", sa.Integer, nullable=False, server_default="0"),
    sa.Column("errors_in_row", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_error", sa.Text, nullable=False, server_default=""),
    sa.Column("last_error_at", sa.Float),
    # how to get in
    sa.Column("settings", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("secrets", sa.Text, nullable=False, server_default=""),  # encrypted
    sa.Column("mark", sa.String(64), nullable=False, server_default=""),  # tells known tokens again
    sa.Column("renewing_until", sa.Float, nullable=False, server_default="0"),
)
sa.Index(
    "account_for_video", account.c.backend, account.c.rank, account.c.id,
    sqlite_where=account.c.video_free, postgresql_where=account.c.video_free,
)  # fmt: skip
sa.Index(
    "account_for_plan", account.c.backend, account.c.plan, account.c.rank, account.c.id,
    sqlite_where=account.c.video_free, postgresql_where=account.c.video_free,
)  # fmt: skip
sa.Index(
    "account_for_image", account.c.backend, account.c.rank, account.c.id,
    sqlite_where=account.c.image_free, postgresql_where=account.c.image_free,
)  # fmt: skip
sa.Index("account_by_rank", account.c.backend, account.c.rank)
sa.Index("account_to_wake", account.c.due)
sa.Index("account_by_user", account.c.backend, account.c.user)
sa.Index("account_by_email", account.c.backend, account.c.email)
sa.Index("account_by_mark", account.c.backend, account.c.mark)

account_event = sa.Table(
    "account_event",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("account", sa.String(40), nullable=False, index=True),
    sa.Column("time", sa.Float, nullable=False),
    sa.Column("what", sa.String(32), nullable=False),  # added, enabled, cooled, refreshed, …
    sa.Column("cause", sa.Text, nullable=False),
)

lease = sa.Table(
    "lease",
    METADATA,
    sa.Column("step", sa.String(80), primary_key=True),  # asking again for the same step gives the same slot
    sa.Column("account", sa.String(40), nullable=False, index=True),
    sa.Column("feature", sa.String(8), nullable=False, server_default="video"),
    sa.Column("expires", sa.Float, nullable=False, index=True),
)

waiting = sa.Table(
    "waiting",
    METADATA,
    sa.Column("step", sa.String(80), primary_key=True),  # sorts by the time when its job was asked for
    sa.Column("line", sa.String(120), nullable=False, index=True),  # those who wait for the same
    sa.Column("runner", sa.String(40), nullable=False),
)

journal = sa.Table(
    "journal",
    METADATA,
    sa.Column("step", sa.String(80), primary_key=True),
    sa.Column("job", sa.String(40), nullable=False, index=True),
    sa.Column("backend", sa.String(32), nullable=False),
    sa.Column("account", sa.String(40), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # intended, submitted, done
    sa.Column("runner", sa.String(40), nullable=False),
    sa.Column("token", sa.String(40), nullable=False),
    sa.Column("words", sa.String(64), nullable=False),  # digest of what was ordered
    sa.Column("prepared", sa.JSON, nullable=False),
    sa.Column("intended", sa.Float, nullable=False),
    sa.Column("submitted", sa.Float),
    sa.Column("piece", sa.JSON),  # what came of it, once stored
    sa.Column("task", sa.String(120)),  # the backend's id
    sa.UniqueConstraint("backend", "task", name="journal_once_per_task"),
)
sa.Index("journal_by_account", journal.c.account, journal.c.state)

attempt = sa.Table(
    "attempt",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", sa.String(40), nullable=False, index=True),
    sa.Column("step", sa.Integer, nullable=False),
    sa.Column("account", sa.String(40), nullable=False),
    sa.Column("time", sa.Float, nullable=False),
    sa.Column("outcome", sa.String(64), nullable=False),  # submitted, adopted, or a failure's code
    sa.Column("why", sa.Text, nullable=False),
)

sequel = sa.Table(
    "sequel",
    METADATA,
    sa.Column("job", sa.String(40), primary_key=True),  # of a character
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("key", sa.String(255), nullable=False),
    sa.Column("request", sa.JSON, nullable=False),  # of the video that is to be made with it
    sa.Column("video", sa.String(40)),  # its job
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
    # what it may; see `sora_kit.store.limits`
    sa.Column("enabled", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("scopes", sa.JSON, nullable=False, server_default='["images", "videos", "read"]'),
    sa.Column("models", sa.JSON, nullable=False, server_default="[]"),  # names and globs; empty: all
    sa.Column("per_minute", sa.Integer),  # null: no limit, as in the next three
    sa.Column("at_once", sa.Integer),
    sa.Column("budget", sa.Float),  # US dollars a UTC day
    sa.Column("expires", sa.Float),
)

charge = sa.Table(
    "charge",
    METADATA,
    sa.Column("job", sa.String(40), primary_key=True),  # which may be deleted since
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("time", sa.Float, nullable=False),
    sa.Column("dollars", sa.Float, nullable=False),
)
sa.Index("charge_by_owner", charge.c.owner, charge.c.time)

session = sa.Table(
    "session",
    METADATA,
    sa.Column("mark", sa.String(64), primary_key=True),  # of its token and the password; see `Sessions`
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("expires", sa.Float, nullable=False),
)

gate = sa.Table(
    "gate",
    METADATA,
    sa.Column("name", sa.String(80), primary_key=True),  # an address, or what is guarded
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last", sa.Float, nullable=False),
)

call = sa.Table(
    "call",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),  # the key of its job, where the client gave none
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("key", sa.String(255)),  # that the client gave
    sa.Column("digest", sa.String(64), nullable=False),  # of what was asked
    sa.Column("sendings", sa.Integer, nullable=False, server_default="0"),  # repetitions so far
    sa.Column("seen", sa.Float, nullable=False, index=True),
    sa.Column("answered", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("owner", "key", name="call_once_per_key"),
)
sa.Index("call_by_digest", call.c.owner, call.c.digest)

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
    sa.Column("account", sa.String(40), nullable=False, server_default=""),
    sa.Column("client", sa.String(64), nullable=False, server_default=""),  # its address
    sa.Column("asked", sa.Text, nullable=False, server_default=""),  # the body, masked and without media
    sa.Column("answered", sa.Text, nullable=False, server_default=""),
)
sa.Index("request_log_by_job", request_log.c.job)
