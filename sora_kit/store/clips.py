"""Clips: finished, stored results with their provenance.

A `Clip` knows its files, and through the `Source` that made it (a `Studio`) its addresses and what
can be made from it.
"""

from __future__ import annotations

import builtins
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from sora_kit.errors import InvalidInput, NotFound
from sora_kit.language.request import Request
from sora_kit.store.database import Database
from sora_kit.store.media import MediaStore
from sora_kit.store.statements import Prepared, Transaction
from sora_kit.store.tables import clip, job

__all__ = ("Clip", "Clips", "Source")


class Source(Protocol):
    """What a clip asks of the studio it belongs to."""

    def media_url(self, clip: Clip, what: str = "video") -> str | None:
        """Address of its file or poster."""
        ...

    def remix(self, source: Clip, prompt: str, **options: Any) -> Any:
        """A job that varies it."""
        ...

    def extend(self, source: Clip, prompt: str, **options: Any) -> Any:
        """A job that continues it."""
        ...


@dataclass(frozen=True, slots=True)
class Clip:
    """One result: a video or a picture. Compares by value; `file` and `poster_file` always exist."""

    id: str
    """``clip_…``; ends like the id of its job."""
    job: str
    kind: str
    """``video`` or ``image``."""
    prompt: str
    model: str
    style: str | None
    backend: str
    preview: bool
    """True when it is a drawn previsualisation (an animatic) and not footage."""
    seconds: float
    """0 for a picture."""
    width: int
    height: int
    """In pixels."""
    seed: int
    created: float
    """Unix seconds."""
    parent: str | None
    """Id of the clip that it was remixed or extended from."""
    sha256: str
    ext: str
    mime: str
    bytes: int
    """Size of the file."""
    token: str
    """Unguessable part of its media address."""
    poster_sha256: str
    understood: dict[str, Any]
    """What the backend made of the prompt."""
    request: Request
    store: MediaStore = field(repr=False, compare=False)
    source: Source | None = field(repr=False, compare=False, default=None)
    account: str = field(repr=False, default="")
    """Id of the account that made it, or empty."""
    upstream: dict[str, Any] = field(repr=False, default_factory=dict)
    """What its backend calls it."""
    upstream_id: str | None = field(repr=False, default=None)
    """The one of these ids that people use (``gen_…``)."""
    favourite: bool = field(repr=False, default=False)
    """Whether somebody starred it."""
    tags: tuple[str, ...] = field(repr=False, default=())
    """What people filed it under, in lower case."""

    @property
    def file(self) -> Path:
        """The media file. Treat it as read-only; `save` makes a copy."""
        return self.store.path(self.sha256, self.ext)

    @property
    def poster_file(self) -> Path:
        """A small JPEG picture of it."""
        return self.store.path(self.poster_sha256, "jpg")

    @property
    def url(self) -> str | None:
        """Address of the media file, or None while no server of the workspace runs."""
        return self.source.media_url(self, "video") if self.source else None

    @property
    def poster_url(self) -> str | None:
        """Address of the poster, or None while no server of the workspace runs."""
        return self.source.media_url(self, "poster") if self.source else None

    def address(self, base: str | None, what: str = "video") -> str | None:
        """Its media address, or its ``poster``'s, on the server at ``base``; None without a server."""
        name = f"{self.token}.{'jpg' if what == 'poster' else self.ext}"
        return f"{base.rstrip('/')}/media/{name}" if base else None

    def read(self) -> builtins.bytes:
        """The bytes of the media file."""
        return self.file.read_bytes()

    def save(self, path: str | Path) -> Path:
        """Copy the media file.

        Args:
            path: Target file; or a folder (it exists, or ends in a slash), which gets ``<id>.<ext>``.

        Returns:
            Where it was written.

        Raises:
            NotFound: The clip was deleted.
        """
        target = Path(path).expanduser()
        if target.is_dir() or str(path).endswith(("/", os.sep)):
            target /= f"{self.id}.{self.ext}"
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            return Path(shutil.copyfile(self.store.find(self.sha256), target))
        except NotFound as error:
            raise NotFound(
                f"{self.id} was deleted", fix="Make it again: its request is in clip.request", param="id"
            ) from error

    def remix(self, prompt: str, **options: Any) -> Any:
        """A job that makes a variation; see `Studio.remix`."""
        return self.owner.remix(self, prompt, **options)

    def extend(self, prompt: str = "", **options: Any) -> Any:
        """A job that continues it; see `Studio.extend`."""
        return self.owner.extend(self, prompt, **options)

    @property
    def owner(self) -> Source:
        """The studio it belongs to.

        Raises:
            RuntimeError: The clip was read without a studio.
        """
        if self.source is None:
            raise RuntimeError("this clip was read without a studio; get it from studio.clip(id)")
        return self.source

    def __repr__(self) -> str:
        what = f"{self.seconds:g} s" if self.kind == "video" else "picture"
        label = f"{self.backend} preview" if self.preview else self.backend
        words = self.prompt if len(self.prompt) <= 60 else self.prompt[:59] + "…"
        return f"<Clip {self.id} {what} {self.width}x{self.height} {label}: {words!r}>"


ONE = {
    name: Prepared(sa.select(clip).where(clip.c[name] == sa.bindparam("value")))
    for name in ("id", "job", "token")
}


class Clips:
    """The clips of a workspace."""

    def __init__(self, database: Database, store: MediaStore, source: Source | None = None) -> None:
        self.database = database
        self.store = store
        self.source = source

    def get(self, clip_id: str) -> Clip:
        """One clip, by its id or its job's.

        Raises:
            NotFound: No such clip here.
        """
        found = self.one("job" if clip_id.startswith("job_") else "id", clip_id)
        if found is None:
            raise NotFound(
                f"There is no clip {clip_id}",
                why="This workspace does not hold it",
                fix="List them with studio.results()",
                param="id",
            )
        return found

    def by_upstream(self, upstream_id: str) -> Clip | None:
        """The newest clip that its backend calls so."""
        query = sa.select(clip).where(clip.c.upstream_id == upstream_id).order_by(clip.c.id.desc())
        return next(iter(self.select(query.limit(1))), None)

    def of_jobs(self, jobs: Collection[str]) -> dict[str, Clip]:
        """Id of a job → its clip, for those of the given jobs that have one."""
        return {found.job: found for found in self.select(sa.select(clip).where(clip.c.job.in_(jobs)))}

    def known(self, ids: Collection[str]) -> dict[str, Clip]:
        """Id → its clip, for those of the given ids, of clips or of jobs, that this workspace holds."""
        found: dict[str, Clip] = {}
        wanted = sorted(ids)
        for start in range(0, len(wanted), 500):  # a query holds so many values, and not many more
            some = wanted[start : start + 500]
            either = sa.or_(clip.c.id.in_(some), clip.c.job.in_(some))
            for one in self.select(sa.select(clip).where(either)):
                found[one.id] = found[one.job] = one
        return found

    def by_token(self, token: str) -> Clip | None:
        """The clip behind a media address."""
        return self.one("token", token)

    def latest(
        self,
        *,
        limit: int = 50,
        before: str | None = None,
        search: str = "",
        favourite: bool = False,
        tag: str = "",
        kind: str = "",
        owner: str | None = None,
    ) -> list[Clip]:
        """Clips, newest first.

        Args:
            limit: How many at most.
            before: Continue behind this id.
            search: Only those whose prompt or a tag of theirs has this text, in any case.
            favourite: Only those with a star.
            tag: Only those with this tag.
            kind: Only those of this kind.
            owner: Only those of jobs of this owner.
        """
        query = sa.select(clip).order_by(clip.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(clip.c.id < before)
        if search:
            words = [word[1:-1] for word in written(search.lower())]
            query = query.where(sa.or_(clip.c.prompt.icontains(search, autoescape=True), tags_contain(words)))
        if favourite:
            query = query.where(clip.c.favourite)
        if tag:
            query = query.where(tags_contain(written(tag)))
        if kind:
            query = query.where(clip.c.kind == kind)
        return self.select(query if owner is None else query.where(clip.c.job.in_(jobs_of(owner))))

    def mark(self, clip_id: str, *, favourite: bool | None = None, tags: Iterable[str] | None = None) -> Clip:
        """Star a clip or file it under tags; None leaves as it is. Its job counts as changed.

        Raises:
            InvalidInput: Something is no tag.
            NotFound: No such clip here.
        """
        values: dict[str, Any] = {}
        if favourite is not None:
            values["favourite"] = favourite
        if tags is not None:
            values["tags"] = read_tags(tags)
        if values:
            with self.database.write() as connection:
                connection.execute(sa.update(clip).where(clip.c.id == clip_id).values(values))
                made_by = sa.select(clip.c.job).where(clip.c.id == clip_id).scalar_subquery()
                touch(connection, job.c.id == made_by)
        return self.get(clip_id)

    def tags(self, owner: str | None = None) -> dict[str, int]:
        """Every tag in use (by one owner), and how many clips have it; the most used first."""
        query = sa.select(clip.c.tags).where(sa.cast(clip.c.tags, sa.Text) != "[]")
        query = query if owner is None else query.where(clip.c.job.in_(jobs_of(owner)))
        with self.database.read() as connection:
            counted = Counter(tag for row in connection.execute(query) for tag in row.tags)
        return dict(sorted(counted.items(), key=lambda one: (-one[1], one[0])))

    def count(self, owner: str | None = None) -> int:
        """How many there are; of one owner's jobs if one is given."""
        query = sa.select(sa.func.count()).select_from(clip)
        query = query if owner is None else query.where(clip.c.job.in_(jobs_of(owner)))
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def remove(self, gone: Clip) -> None:
        """Forget a clip, and delete its files unless another one has the same content."""
        with self.database.write() as connection:
            connection.execute(sa.delete(clip).where(clip.c.id == gone.id))
            touch(connection, job.c.id == gone.job)
            kept = {
                sha
                for row in connection.execute(
                    sa.select(clip.c.sha256, clip.c.poster_sha256).where(
                        sa.or_(
                            clip.c.sha256 == gone.sha256,
                            clip.c.poster_sha256 == gone.poster_sha256,
                        )
                    )
                )
                for sha in row
            }
        for sha, ext in ((gone.sha256, gone.ext), (gone.poster_sha256, "jpg")):
            if sha not in kept:
                self.store.remove(sha, ext)

    def one(self, column: str, value: str) -> Clip | None:
        """The clip with that value in a column of unique values."""
        with self.database.read() as connection:
            row = connection.run(ONE[column], {"value": value}).one()
        return None if row is None else self.made(row)

    def select(self, query: sa.Select[Any]) -> list[Clip]:
        """The clips of a query over the whole table."""
        with self.database.read() as connection:
            return [self.made(dict(row)) for row in connection.execute(query).mappings()]

    def made(self, row: dict[str, Any]) -> Clip:
        """The clip of a row."""
        values = {**row, "request": Request.from_json(row["request"]), "tags": tuple(row["tags"])}
        return Clip(**values, store=self.store, source=self.source)


def jobs_of(owner: str) -> sa.Select[Any]:
    """Ids of an owner's jobs."""
    return sa.select(job.c.id).where(job.c.owner == owner)


LONGEST_TAG = 40
MOST_TAGS = 20


def written(tag: str) -> list[str]:
    """A tag as it stands in the column: earlier versions wrote letters beyond ASCII as escapes."""
    return [json.dumps(tag), json.dumps(tag, ensure_ascii=False)]


def tags_contain(texts: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether one of the texts stands in the column of tags."""
    column = sa.cast(clip.c.tags, sa.Text)
    return sa.or_(*(column.contains(text, autoescape=True) for text in texts))


def read_tags(words: Iterable[str]) -> list[str]:
    """Tags as they are kept: in lower case, one space between words, each once, in the given order.

    Raises:
        InvalidInput: One is empty, too long, or holds a comma, a quote or a backslash.
    """
    tags = list(dict.fromkeys(" ".join(str(word).split()).removeprefix("#").lower() for word in words))
    for tag in tags:
        if not tag or len(tag) > LONGEST_TAG or set(tag) & set(',"\\') or not tag.isprintable():
            raise InvalidInput(
                f"{tag[:60]!r} cannot be a tag",
                why=f"A tag is 1 to {LONGEST_TAG} characters without commas and quotes",
                fix="Use one or two words, such as 'campaign' or 'to show'",
                param="tags",
            )
    if len(tags) > MOST_TAGS:
        raise InvalidInput(
            f"{len(tags)} tags are too many", fix=f"Keep at most {MOST_TAGS} for one clip", param="tags"
        )
    return tags


def touch(connection: Transaction, which: sa.ColumnElement[bool]) -> None:
    """Count a job as changed, because what it made has: those who follow jobs look at it anew."""
    news = {"updated": time.time(), "revision": job.c.revision + 1}
    connection.execute(sa.update(job).where(which).values(news))
