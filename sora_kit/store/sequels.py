"""Sequels: videos that are to be made with a character, once it is there.

A sequel is written in the very transaction that accepts the character's job. Its row says what is still to
be done, whichever process does it: first the video is to be started (under its idempotency key, so that it
is started once), then, if nobody gave the character a name, the character is to be forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from sora_kit.language.request import Request
from sora_kit.store.database import Database
from sora_kit.store.job_record import FINAL
from sora_kit.store.statements import Prepared, any_of
from sora_kit.store.tables import job, sequel

__all__ = ("Sequel", "Sequels", "row")


@dataclass(frozen=True, slots=True)
class Sequel:
    """A video that follows a character."""

    job: str
    """The character's."""
    owner: str
    """Id of the API key that asked."""
    key: str
    """Idempotency key of the video."""
    request: Request
    """The video, without the character's name."""
    video: str | None = None
    """Its job, once there is one."""


ONE = Prepared(sa.select(sequel).where(sequel.c.job == sa.bindparam("which")))
AWAITED = sa.func.coalesce(sequel.c.video, sequel.c.job)
DUE = Prepared(
    sa.select(sequel)
    .select_from(sequel.outerjoin(job, job.c.id == AWAITED))
    .where(sa.or_(job.c.id.is_(None), any_of(job.c.state, FINAL)))
)


class Sequels:
    """The sequels of a workspace. All calls are synchronous, each one transaction."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def of(self, job_id: str) -> Sequel | None:
        """What follows a character's job; None if nothing does (any more)."""
        with self.database.read() as connection:
            found = connection.run(ONE, {"which": job_id}).one()
        return None if found is None else made(found)

    def due(self) -> list[Sequel]:
        """Those for which something is to be done: what they wait for has ended, or was deleted."""
        with self.database.read() as connection:
            return [made(one) for one in connection.run(DUE, {}).found]

    def started(self, job_id: str, video: str) -> None:
        """Note the job of the video."""
        with self.database.write() as connection:
            connection.execute(sa.update(sequel).where(sequel.c.job == job_id).values(video=video))

    def remove(self, job_id: str) -> None:
        """Nothing is to be done any more."""
        with self.database.write() as connection:
            connection.execute(sa.delete(sequel).where(sequel.c.job == job_id))


def row(one: Sequel) -> dict[str, Any]:
    """The columns of a sequel."""
    return {"job": one.job, "owner": one.owner, "key": one.key, "request": one.request.to_json()}


def made(found: dict[str, Any]) -> Sequel:
    """The sequel of a row."""
    return Sequel(**{**found, "request": Request.from_json(found["request"])})
