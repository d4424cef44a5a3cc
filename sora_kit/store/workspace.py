"""Where a workspace lies, and opening it.

A workspace is named by a folder, or by the URL of a PostgreSQL database with a media folder beside
it. An argument beats the environment, and the environment beats the platform's user data folder.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from sora_kit.errors import WorkspaceError, WorkspaceTooNew, WorkspaceUnreadable
from sora_kit.store.database import Database
from sora_kit.store.media import MediaStore, no_space

__all__ = ("Workspace",)

FORMAT = 1
"""Version of the folder's layout, in ``workspace.toml``."""


class Workspace:
    """An opened workspace: its database, its media and its name.

    Args:
        place: Folder, or ``postgresql://…`` URL. None takes ``SORA_KIT_DATABASE_URL``,
            ``SORA_KIT_WORKSPACE`` or the platform's user data folder, in this order.

    Raises:
        WorkspaceTooNew: Written by a newer sora_kit; nothing was changed.
        WorkspaceUnreadable: Not a folder, damaged, or not readable or writable.
        WorkspaceFull: No space left to create it.
    """

    folder: Path
    """The workspace's folder. With a database URL, the folder that holds its media."""

    database: Database
    media: MediaStore
    engine_url: str
    """SQLAlchemy URL of the durable engine's own tables."""

    def __init__(self, place: str | Path | None = None) -> None:
        named = "" if place is None else str(place)
        chosen = named or os.environ.get("SORA_KIT_DATABASE_URL") or default_folder()
        if "://" in chosen:
            self.folder = Path(os.environ.get("SORA_KIT_MEDIA_STORE") or default_folder()).expanduser()
            url = with_driver(chosen)
            self.name, self.place = url.rsplit("/", 1)[-1], chosen
        else:
            self.folder = Path(chosen).expanduser().absolute()
            url = f"sqlite:///{(self.folder / 'studio.sqlite').as_posix()}"
            self.name, self.place = self.folder.name, str(self.folder)
        try:
            with no_space(self.folder):
                self.folder.mkdir(parents=True, exist_ok=True)
                self.check_format()
                self.media = MediaStore(self.folder / "media")
        except OSError as error:
            raise WorkspaceUnreadable(
                "The workspace cannot be opened",
                why=f"{self.folder}: {error.strerror or error}",
                fix="Choose a folder that you may write to, with `Studio(folder)` or SORA_KIT_WORKSPACE",
            ) from error
        self.database = Database(url)
        self.engine_url = url if "://" in chosen else url.replace("studio.sqlite", "engine.sqlite")

    def check_format(self) -> None:
        """Read ``workspace.toml``, or write it into a new folder."""
        path = self.folder / "workspace.toml"
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8")).get("format")
        except FileNotFoundError:
            path.write_text(
                f"# A sora_kit workspace. Copy or move the whole folder.\nformat = {FORMAT}\n", "utf-8"
            )
            return
        except tomllib.TOMLDecodeError as error:
            raise WorkspaceUnreadable(
                "The workspace's description is damaged",
                why=f"{path}: {error}",
                fix=f"Put `format = {FORMAT}` into that file, or open another workspace",
            ) from error
        if not isinstance(found, int) or found > FORMAT:
            raise WorkspaceTooNew(
                "This workspace was written by a newer sora_kit",
                why=f"Its format is {found}, and this version knows up to {FORMAT}",
                fix="Upgrade with `pip install -U sora-kit`, or open another one. Nothing was changed",
            )

    def __repr__(self) -> str:
        return f"Workspace({self.name!r})"


def default_folder() -> str:
    """The folder of the environment, or the platform's place for user data."""
    if named := os.environ.get("SORA_KIT_WORKSPACE"):
        return named
    import platformdirs

    return platformdirs.user_data_dir("sora_kit", appauthor=False)


def with_driver(url: str) -> str:
    """A database URL with the driver that we ship for it.

    Raises:
        WorkspaceError: Not a PostgreSQL URL.
    """
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise WorkspaceError(
        f"A workspace cannot live at {url.split('://', 1)[0]}://",
        why="A workspace is a folder or a PostgreSQL database",
        fix="Give a folder, or a URL such as postgresql://user@host/database",
    )
