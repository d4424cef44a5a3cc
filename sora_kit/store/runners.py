"""Runners: the processes that execute jobs, each with a heartbeat row.

A row that is not refreshed for `STALE_SECONDS` belongs to a dead process, and so does one whose
process id is gone on this very computer, which spares the wait after a crash. Whoever notices takes
its jobs over.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from dataclasses import dataclass

import sqlalchemy as sa

from sora_kit.store.database import Database
from sora_kit.store.tables import runner, waiting

__all__ = ("STALE_SECONDS", "RunnerRecord", "Runners", "process_is_gone")

STALE_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class RunnerRecord:
    """One process that runs jobs."""

    id: str
    """Fresh for every opening of a workspace."""
    role: str
    pid: int
    host: str
    url: str
    """Address of its media and API server, or empty."""
    started: float
    seen: float
    """Unix seconds of the last heartbeat."""


class Runners:
    """The heartbeat rows of a workspace."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def beat(self, runner_id: str, role: str, url: str, started: float) -> bool:
        """Refresh a row, or write it anew; False when it had been declared dead and removed."""
        now = time.time()
        row = {"role": role, "url": url, "started": started, "seen": now}
        with self.database.write() as connection:
            known = connection.execute(sa.update(runner).where(runner.c.id == runner_id).values(row))
            if not known.rowcount:
                row |= {"id": runner_id, "pid": os.getpid(), "host": socket.gethostname()}
                connection.execute(sa.insert(runner).values(row))
        return bool(known.rowcount)

    def leave(self, runner_id: str) -> None:
        """Tell that this process stops: its jobs may be taken over at once."""
        with self.database.write() as connection:
            connection.execute(sa.update(runner).where(runner.c.id == runner_id).values(seen=0.0, url=""))

    def remove(self, runner_id: str) -> None:
        """Forget a dead process, after its jobs were taken over."""
        with self.database.write() as connection:
            connection.execute(sa.delete(runner).where(runner.c.id == runner_id))
            connection.execute(sa.delete(waiting).where(waiting.c.runner == runner_id))

    def all(self) -> list[RunnerRecord]:
        """All rows, dead ones too."""
        with self.database.read() as connection:
            return [RunnerRecord(**row) for row in connection.execute(sa.select(runner)).mappings()]

    def live(self) -> list[RunnerRecord]:
        """Those that are alive."""
        return [one for one in self.all() if not is_dead(one)]

    def dead(self) -> list[RunnerRecord]:
        """Those that are not."""
        return [one for one in self.all() if is_dead(one)]


def is_dead(one: RunnerRecord) -> bool:
    """Whether a runner will not come back by itself."""
    if time.time() - one.seen > STALE_SECONDS:
        return True
    return one.host == socket.gethostname() and process_is_gone(one.pid)


def process_is_gone(pid: int) -> bool:
    """Whether no process has that id here. False when it cannot be told."""
    if pid == os.getpid():
        return False
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x00100000, 0, pid)  # SYNCHRONIZE
        if not handle:
            return int(kernel.GetLastError()) == 87  # ERROR_INVALID_PARAMETER: there is none
        ended = kernel.WaitForSingleObject(handle, 0) == 0
        kernel.CloseHandle(handle)
        return bool(ended)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
