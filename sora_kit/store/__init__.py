"""What is remembered: tables, migrations, repositories and media files of a workspace.

A *workspace* is a folder with a SQLite database in WAL mode and content-addressed media, or a
PostgreSQL database with a media folder beside it. Any number of processes open the same workspace
at the same time; nothing that matters lives only in memory.

Calls are synchronous and take tens of microseconds, which is cheaper on the event loop than handing
each of them to a thread. Every call is one small transaction.
"""

from __future__ import annotations

from sora_kit.store.attempts import Attempt, Attempts
from sora_kit.store.characters import Character, Characters
from sora_kit.store.clips import Clip, Clips
from sora_kit.store.database import Database
from sora_kit.store.jobs import FINAL, JobRecord, Jobs, State
from sora_kit.store.keys import KeyRecord, Keys, NewKey
from sora_kit.store.media import MediaStore
from sora_kit.store.requests import RequestLog
from sora_kit.store.runners import RunnerRecord, Runners
from sora_kit.store.settings import Settings
from sora_kit.store.workspace import Workspace

__all__ = (
    "FINAL",
    "Attempt",
    "Attempts",
    "Character",
    "Characters",
    "Clip",
    "Clips",
    "Database",
    "JobRecord",
    "Jobs",
    "KeyRecord",
    "Keys",
    "MediaStore",
    "NewKey",
    "RequestLog",
    "RunnerRecord",
    "Runners",
    "Settings",
    "State",
    "Workspace",
)
