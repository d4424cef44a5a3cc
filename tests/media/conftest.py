"""Real clips, made by the writer under test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from media_clips import COLOURS, flat, tone

from sora_kit.media.encode import VideoWriter, encode_image


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., Path]:
    """Make a clip whose colour changes every half second, in the order of `COLOURS`."""

    def make(
        name: str = "clip.mp4",
        *,
        size: tuple[int, int] = (160, 90),
        fps: float = 24,
        seconds: float = 2.0,
        sound: bool = True,
        first: int = 0,
        **options: object,
    ) -> Path:
        path = tmp_path / name
        with VideoWriter(path, *size, fps, **options) as writer:
            for n in range(round(seconds * writer.fps)):
                colour = COLOURS[(first + int(n / writer.fps * 2)) % len(COLOURS)]
                writer.put_rgba(flat(*size, colour))
            writer.close(tone(seconds) if sound else None)
        return path

    return make


@pytest.fixture
def png(tmp_path: Path) -> bytes:
    path = tmp_path / "given.png"
    encode_image(flat(64, 48, COLOURS[0]), path)
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "media"
