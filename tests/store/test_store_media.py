"""Media files: content-addressed, complete or absent."""

from __future__ import annotations

import asyncio
import errno
import shutil
import threading
from pathlib import Path

import pytest

from sora_kit.errors import NotFound, WorkspaceFull, WorkspaceUnreadable
from sora_kit.store import MediaStore
from sora_kit.store.media import no_space


def test_the_same_bytes_are_one_file(tmp_path: Path) -> None:
    store = MediaStore(tmp_path / "media")
    first, second = store.put_bytes(b"clip", "mp4"), store.put_bytes(b"clip", "mp4")
    assert first == second
    assert store.path(first, "mp4").read_bytes() == b"clip"
    assert store.find(first) == store.path(first, "mp4")
    assert [p for p in (tmp_path / "media").rglob("*") if p.is_file()] == [store.path(first, "mp4")]
    assert list(store.scratch.iterdir()) == []


def test_a_work_folder_goes_with_what_is_left_in_it(tmp_path: Path) -> None:
    store = MediaStore(tmp_path / "media")
    with pytest.raises(RuntimeError), store.folder_for_work("job") as folder:
        (folder / "half.mp4").write_bytes(b"half")
        raise RuntimeError
    assert list(store.scratch.iterdir()) == []


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    store = MediaStore(tmp_path / "media")
    with pytest.raises(NotFound):
        store.find("ab" * 32)


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceFull, match="Free some space"), no_space(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(WorkspaceUnreadable, match="may not be written"), no_space(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")
    with pytest.raises(IsADirectoryError), no_space(tmp_path):
        raise IsADirectoryError(errno.EISDIR, "Is a directory")


def test_a_workspace_that_was_removed_is_named(tmp_path: Path) -> None:
    store = MediaStore(tmp_path / "kittens" / "media")
    shutil.rmtree(tmp_path / "kittens")
    with pytest.raises(WorkspaceUnreadable, match="is gone"), store.folder_for_work("job"):
        pass
    with pytest.raises(FileNotFoundError), no_space(tmp_path):  # the folder is there: another file is missing
        (tmp_path / "nothing").read_bytes()


async def test_a_folder_that_comes_too_late_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waited for it was cancelled while a thread made it."""
    store = MediaStore(tmp_path / "media")
    asked, go, made = threading.Event(), threading.Event(), threading.Event()
    make = store.work_folder

    def slowly(name: str) -> Path:
        asked.set()
        go.wait(30)
        folder = make(name)
        made.set()
        return folder

    monkeypatch.setattr(store, "work_folder", slowly)

    async def work() -> None:
        async with store.afolder_for_work("job"):
            raise AssertionError("nobody waits for it any more")

    working = asyncio.ensure_future(work())
    await asyncio.to_thread(asked.wait, 30)
    working.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    await asyncio.to_thread(made.wait, 30)
    assert list(store.scratch.iterdir()) == []
