"""The process that decodes uploads: little memory, little time, no secrets, nothing left behind."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import pytest
from media_clips import picture

from sora_kit.errors import BadMedia
from sora_kit.media import check
from sora_kit.media.check import acheck_image, acheck_video, check_image


def test_importing_the_room_loads_nothing_heavy():
    program = (
        "import sys, sora_kit.media, sora_kit.media.sniff, sora_kit.media.check\n"
        "print(sorted({'av', 'cv2', 'PIL', 'numpy', 'httpx'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "[]\n"


def child(code: str) -> subprocess.CompletedProcess[str]:
    program = f"from sora_kit.media import check\ncheck._limit()\n{code}"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits are kept on Linux only")
def test_the_child_cannot_take_much_memory():
    done = child("try:\n bytearray(2 << 30)\nexcept MemoryError:\n print('no memory')")
    assert done.stdout == "no memory\n", done.stderr


def test_the_child_sees_no_secrets(monkeypatch):
    monkeypatch.setenv("SORA_KIT_SECRET_KEY", "hunter2")
    _, environment = check._command(("image",))
    assert "hunter2" not in repr(environment)
    assert "PATH" in environment


def test_a_child_without_patience_left_is_a_refusal(monkeypatch):
    monkeypatch.setattr(check, "_PATIENCE", 0.01)
    with pytest.raises(BadMedia, match="within the limits"):
        check_image(picture())


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_crash_of_the_decoder_is_a_refusal(monkeypatch, tmp_path):
    killer = tmp_path / "crash.py"
    killer.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(check, "_command", lambda _: ([sys.executable, str(killer)], dict(os.environ)))
    with pytest.raises(BadMedia, match="crashes the decoder"):
        check_image(picture())


async def test_async_forms_do_not_block_the_loop(clip):
    path = clip(seconds=1.0)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    image, video = await asyncio.gather(acheck_image(picture()), acheck_video(path))
    ticking.cancel()
    assert (image.width, video.frames) == (48, 24)
    assert ticks > 5
    with pytest.raises(BadMedia, match="damaged"):
        await acheck_image(picture()[:60])


async def test_a_cancelled_check_leaves_no_process(monkeypatch, tmp_path):
    mark = tmp_path / "pid"
    sleeper = tmp_path / "sleep.py"
    sleeper.write_text(f"import os, time\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)\n")
    monkeypatch.setattr(check, "_command", lambda _: ([sys.executable, str(sleeper)], dict(os.environ)))
    task = asyncio.create_task(acheck_image(picture()))
    while not (mark.exists() and mark.read_text()):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    if sys.platform != "win32":
        with pytest.raises(ProcessLookupError):
            os.kill(int(mark.read_text()), 0)
