"""Where key texts lie: the environment, the OS keyring, or a file beside the database.

During a rotation the new text lies beside the old one (``secret.key.next``, or a second entry of the
keyring); which of them counts is decided by the id that stands in the database, so there is no moment
at which a crash leaves neither.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sora_kit.errors import WorkspaceError

__all__ = ("ENVIRONMENT", "Places")

ENVIRONMENT = "SORA_KIT_SECRET_KEY"
SERVICE = "sora_kit"


class Places:
    """The places of one workspace's key texts.

    Args:
        folder: Where ``secret.key`` may lie, or None for no file.
    """

    def __init__(self, folder: Path | None) -> None:
        self.file = folder / "secret.key" if folder is not None else None
        self.next = folder / "secret.key.next" if folder is not None else None

    def environment(self) -> str:
        """The text in the environment, or empty."""
        return os.environ.get(ENVIRONMENT, "").strip()

    def texts(self, name: str) -> list[str]:
        """All texts that may belong to the key with that id."""
        found = [self.environment()]
        ring = keyring()
        if ring is not None:
            with contextlib.suppress(Exception):  # locked, or its service is down: the same as not there
                found.append(ring.get_password(SERVICE, name) or "")
        found += [read(path) for path in (self.file, self.next) if path is not None]
        return [text for text in found if text]

    def left(self) -> str:
        """The text of a file that is there although no key is in use yet."""
        return read(self.file) if self.file is not None else ""

    def new_text(self) -> str:
        """A fresh text of 256 random bits."""
        return secrets.token_urlsafe(32)

    def put(self, name: str, text: str, *, beside: bool = False) -> str:
        """Keep a text; ``beside`` keeps the present one, too.

        Returns:
            ``keyring`` or ``file``.

        Raises:
            WorkspaceError: There is no place for it.
        """
        ring = keyring()
        if ring is not None:
            with contextlib.suppress(Exception):  # no real keyring after all: the file does it
                ring.set_password(SERVICE, name, text)
                if ring.get_password(SERVICE, name) == text:
                    return "keyring"
        path = self.next if beside else self.file
        if path is None:
            raise WorkspaceError(
                "There is no place for the key that seals secrets",
                why=f"{ENVIRONMENT} is not set, and this workspace has no folder",
                fix=f"Set {ENVIRONMENT} to the same long random text on every machine",
            )
        write(path, text, replace=beside)
        return "file"

    def promote(self, is_used: Callable[[str], bool]) -> None:
        """End a rotation that was cut off after its transaction: the text beside is the one in use."""
        if self.file is not None and self.next is not None and (text := read(self.next)) and is_used(text):
            self.next.replace(self.file)

    def settle(self, name: str, place: str, old: str) -> None:
        """After a rotation: the new text takes the old one's place. A crash before it does no harm."""
        if place == "file" and self.file is not None and self.next is not None:
            self.next.replace(self.file)
        elif self.file is not None:
            self.file.unlink(missing_ok=True)
        ring = keyring()
        if ring is not None and old and old != name:
            with contextlib.suppress(Exception):  # it was not there
                ring.delete_password(SERVICE, old)


def keyring() -> Any:
    """The optional package, if it is installed and has a real keyring; else None."""
    try:
        ring: Any = importlib.import_module("keyring")
    except ImportError:
        return None
    try:
        return ring if ring.get_keyring().priority > 0 else None
    except Exception:  # a broken backend is no backend
        return None


def read(path: Path) -> str:
    """The text of a file, or empty."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise WorkspaceError(
            "The key that opens the accounts' secrets cannot be read",
            why=f"{path}: {error.strerror or error}",
            fix="Let the account that runs sora_kit read it, and nobody else",
        ) from error


def write(path: Path, text: str, *, replace: bool) -> None:
    """Write a file that only its owner may read, whole or not at all.

    Without ``replace``, a file that another process wrote meanwhile is kept.
    """
    part = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        if replace:
            part.replace(path)
        else:
            keep_first(part, path)
    except OSError as error:
        raise WorkspaceError(
            "The key that seals secrets cannot be written",
            why=f"{path}: {error.strerror or error}",
            fix=f"Make the folder writable, or set {ENVIRONMENT}",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def keep_first(part: Path, path: Path) -> None:
    """Give a file its name unless there is one of that name."""
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        if not path.exists():
            part.replace(path)
