"""Calls that start jobs, so that one which is sent again is known again.

Most clients repeat a call by themselves when its answer does not come, and most send no idempotency key
with it. So each such call leaves a row with a digest of who asked for what. A repetition (a client says
that it is one) finds the row of its first sending; the row's id is the idempotency key of the call's job,
and the uniqueness of that key does the rest, whichever of the two is faster, in whichever process.

The same call sent twice on purpose is two first sendings, and has two rows. When one of several equal
calls is repeated, nothing in it tells which; a call that is known to be unanswered comes first, and each
row serves one repetition of each count, so that no two callers are given the same job.

A key that a client chose itself has a row too, which tells whether it came with the same body before. It
stays as long as the job of that key does.
"""

from __future__ import annotations

import time
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from sora_kit.store.database import Database
from sora_kit.store.ids import new_id
from sora_kit.store.statements import Prepared, Transaction
from sora_kit.store.tables import call, job

__all__ = ("Calls",)

KEEP_SECONDS = 86_400.0
"""How long rows are kept after their last sending."""

PRUNE_SECONDS = 600.0
"""Time between two looks for old ones."""


WRITE = Prepared(sa.insert(call))
ANSWERED = Prepared(sa.update(call).where(call.c.id == sa.bindparam("which")).values(answered=True))


class Calls:
    """The calls of a workspace."""

    pruned: ClassVar[dict[str, float]] = {}
    """Address of a database → when this process last looked for old rows there."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def again(self, owner: str, digest: str, sending: int, window: float) -> str:
        """The name of a call without a key: that of an earlier sending, or a new one.

        Args:
            owner: Who asks.
            digest: Of what is asked.
            sending: 0 for the first, 1 for the first repetition, and so on.
            window: Seconds after which a repetition no longer belongs to an earlier sending.
        """
        now = time.time()
        with self.database.write() as connection:
            if sending:
                mine = (call.c.owner == owner, call.c.digest == digest, call.c.key.is_(None))
                rows = sa.select(call.c.id).where(
                    *mine, call.c.seen >= now - window, call.c.sendings < sending
                )
                first = rows.order_by(call.c.answered, call.c.sendings.desc(), call.c.seen.desc()).limit(1)
                found = connection.execute(first.with_for_update(skip_locked=True)).scalar_one_or_none()
                if found is not None:
                    news = {"sendings": sending, "seen": now, "answered": False}
                    connection.execute(sa.update(call).where(call.c.id == found).values(news))
                    return str(found)
            return self.write(connection, owner, digest, sending=sending)

    def same(self, owner: str, key: str, digest: str) -> bool | None:
        """Whether a key of the client's came with the same body before, or never. Then it is noted.

        A key whose call started no job is free for another body.

        Returns:
            None for the key of a job whose call was not noted: an older sora_kit accepted it.
        """
        mine = (call.c.owner == owner, call.c.key == key)
        used = sa.select(job.c.id).where(job.c.owner == owner, job.c.key == key)
        try:
            with self.database.write() as connection:
                found = connection.execute(sa.select(call.c.digest).where(*mine)).scalar_one_or_none()
                if found != digest and connection.execute(used).first() is not None:
                    return None if found is None else False
                if found is None:
                    self.write(connection, owner, digest, key=key)
                else:
                    news = {"digest": digest, "seen": time.time()}
                    connection.execute(sa.update(call).where(*mine).values(news))
        except IntegrityError:  # the same key came at the same time, to another process
            return self.same(owner, key, digest)
        return True

    def answered(self, name: str) -> None:
        """Note that a call's answer was sent to a client that was still there."""
        with self.database.write() as connection:
            connection.run(ANSWERED, {"which": name})

    def write(
        self, connection: Transaction, owner: str, digest: str, *, key: str | None = None, sending: int = 0
    ) -> str:
        """A new row; now and then, old ones go."""
        now, name = time.time(), new_id("call")
        if now - self.pruned.get(self.database.url, 0.0) > PRUNE_SECONDS:
            self.pruned[self.database.url] = now
            used = sa.exists().where(job.c.owner == call.c.owner, job.c.key == call.c.key)
            connection.execute(sa.delete(call).where(call.c.seen < now - KEEP_SECONDS, ~used))
        row = {"id": name, "owner": owner, "key": key, "digest": digest, "sendings": sending, "seen": now}
        connection.run(WRITE, row)
        return name
