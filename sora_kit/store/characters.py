"""Characters: somebody or something that prompts can call by ``@name``.

A `Character` belongs to the backend that made it. Its description lets it appear on all the others: it
stands in the prompt where they do not know the name.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import sqlalchemy as sa

from sora_kit.errors import NotFound
from sora_kit.store.database import Database
from sora_kit.store.ids import new_token
from sora_kit.store.media import MediaStore
from sora_kit.store.statements import Transaction
from sora_kit.store.tables import character, clip, job

if TYPE_CHECKING:
    from sora_kit.store.jobs import JobRecord

__all__ = ("Character", "Characters", "insert_character")


class Cast(Protocol):
    """What a character asks of the studio it belongs to."""

    def media_base(self) -> str | None:
        """Address of a server of the workspace."""
        ...


@dataclass(frozen=True, slots=True)
class Character:
    """A character. Compares by value; its `portrait` always exists."""

    id: str
    """``character_…``"""
    job: str
    """The job that made it."""
    name: str
    """As prompts mention it, without the ``@``. Unique on its backend."""
    display_name: str
    """As people see it."""
    description: str
    """What it looks like, in words that can stand in a prompt (``a grey kitten``)."""
    backend: str
    """Where it was made."""
    account: str
    """Id of the account that owns it there, or empty."""
    upstream: dict[str, Any]
    """What its backend calls it: ``character_id`` and ``cameo_id``; empty where it is known by its
    description alone."""
    source: str | None
    """Id of the clip (or ``gen_…``) that it was made from, or None for an own video."""
    sha256: str
    ext: str
    token: str
    """Unguessable part of its portrait's address."""
    created: float
    """Unix seconds."""
    store: MediaStore = field(repr=False, compare=False)
    studio: Cast | None = field(repr=False, compare=False, default=None)

    @property
    def portrait(self) -> Path:
        """The picture of it. Treat the file as read-only."""
        return self.store.path(self.sha256, self.ext)

    @property
    def file(self) -> Path:
        """The same file as `portrait`: the name that all results have."""
        return self.portrait

    @property
    def url(self) -> str | None:
        """Address of the portrait, or None while no server of the workspace runs."""
        return self.address(self.studio.media_base()) if self.studio else None

    @property
    def known_upstream(self) -> bool:
        """Whether its backend knows the name; otherwise its description stands in prompts."""
        return bool(self.upstream.get("character_id"))

    def address(self, base: str | None) -> str | None:
        """Its portrait's address on the server at ``base``; None without a server."""
        return f"{base.rstrip('/')}/media/{self.token}.{self.ext}" if base else None

    def __str__(self) -> str:
        return f"@{self.name}"

    def __repr__(self) -> str:
        return f"<Character @{self.name} on {self.backend}: {self.description or self.display_name!r}>"


class Characters:
    """The characters of a workspace."""

    def __init__(self, database: Database, store: MediaStore, studio: Cast | None = None) -> None:
        self.database = database
        self.store = store
        self.studio = studio

    def latest(
        self, backend: str | None = None, *, limit: int | None = None, before: str | None = None
    ) -> list[Character]:
        """All of them, or those of one backend, newest first; ``before`` continues behind that id."""
        query = sa.select(character).order_by(character.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(character.c.id < before)
        return self.select(query if backend is None else query.where(character.c.backend == backend))

    def get(self, which: str, backend: str | None = None) -> Character:
        """One character, by its id or its name (with or without ``@``, in any case).

        Args:
            which: Id or name.
            backend: Preferred where several backends have the name; otherwise the newest.

        Raises:
            NotFound: No such character here.
        """
        if found := self.find(which, backend):
            return found
        names = ", ".join(f"@{one.name}" for one in self.latest()[:8])
        raise NotFound(
            f"There is no character {which[:80]!r}",
            why=f"This workspace has {names}" if names else "This workspace has none",
            fix="Make one with studio.character(clip, name=…)",
            param="character",
        )

    def find(self, which: str, backend: str | None = None) -> Character | None:
        """As `get`, but None where there is none; an id may be the backend's own, too."""
        if which.startswith("character_"):
            return next(iter(self.select(sa.select(character).where(character.c.id == which))), None)
        name = which.removeprefix("@").lower()
        query = sa.select(character).where(sa.func.lower(character.c.name) == name)
        found = self.select(query.order_by(character.c.id.desc()))
        found = found or [one for one in self.latest() if one.upstream.get("character_id") == which]
        return next((one for one in found if one.backend == backend), found[0] if found else None)

    def of_job(self, job: str) -> Character | None:
        """What a job made, unless it was removed since."""
        return next(iter(self.select(sa.select(character).where(character.c.job == job))), None)

    def by_token(self, token: str) -> Character | None:
        """The character behind a portrait's address."""
        return next(iter(self.select(sa.select(character).where(character.c.token == token))), None)

    def add(self, row: Mapping[str, Any]) -> Character:
        """Write one; see `Characters.row`. A name that is taken gets a number."""
        with self.database.write() as connection:
            insert_character(connection, row)
        return self.get(row["id"])

    def remove(self, gone: Character) -> None:
        """Forget one here, and delete its portrait unless something else has the same content."""
        with self.database.write() as connection:
            connection.execute(sa.delete(character).where(character.c.id == gone.id))
            news = {"updated": time.time(), "revision": job.c.revision + 1}
            connection.execute(sa.update(job).where(job.c.id == gone.job).values(news))
            same = (
                sa.select(character.c.id).where(character.c.sha256 == gone.sha256),
                sa.select(clip.c.id).where(
                    sa.or_(clip.c.sha256 == gone.sha256, clip.c.poster_sha256 == gone.sha256)
                ),
            )
            kept = any(connection.execute(query.limit(1)).first() for query in same)
        if not kept:
            self.store.remove(gone.sha256, gone.ext)

    @staticmethod
    def row(job: JobRecord, piece: Mapping[str, Any], backend: str, account: str = "") -> dict[str, Any]:
        """The row of what a job made.

        Args:
            job: A job of kind ``character``; its request's prompt is the description.
            piece: What its step made: ``sha256`` and ``ext`` of the portrait, and ``understood`` with
                ``character`` = ``username``, ``display_name``, ``character_id`` and ``cameo_id``, of
                which only the first is needed.
            backend: Who made it.
            account: Id of the account that it was made with.
        """
        facts = piece["understood"]["character"]
        upstream = {name: value for name, value in facts.items() if value and name not in OURS}
        return {
            "id": job.id.replace("job_", "character_", 1),
            "job": job.id,
            "name": facts["username"],
            "display_name": job.request.label or facts.get("display_name") or facts["username"],
            "description": facts.get("description") or job.request.prompt,
            "backend": backend,
            "account": account,
            "upstream": upstream,
            "source": job.request.source,
            "sha256": piece["sha256"],
            "ext": piece["ext"],
            "token": new_token(),
            "created": time.time(),
        }

    def select(self, query: sa.Select[Any]) -> list[Character]:
        """The characters of a query over the whole table."""
        with self.database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [Character(**row, store=self.store, studio=self.studio) for row in rows]


OURS = frozenset({"username", "display_name", "description"})
"""Facts of a new character that have columns of their own."""


def insert_character(connection: Transaction, row: Mapping[str, Any]) -> None:
    """Write a character's row inside a transaction.

    A name that its backend knows cannot have been given twice there, so an older row of it is out of
    date and goes. Any other name gets a number until it is free.
    """
    taken = sa.select(character.c.id).where(character.c.backend == row["backend"])
    name, number = row["name"], 2
    if row["upstream"].get("character_id"):
        connection.execute(
            sa.delete(character).where(character.c.backend == row["backend"], character.c.name == name)
        )
    while connection.execute(taken.where(sa.func.lower(character.c.name) == name.lower())).first():
        name, number = f"{row['name']}{number}", number + 1
    connection.execute(sa.insert(character).values({**row, "name": name}))
