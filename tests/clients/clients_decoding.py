"""Whether what a client saved is what it asked for: decoded again, from the file."""

from __future__ import annotations

from pathlib import Path

__all__ = ("picture_size", "video_facts")


def video_facts(path: str | Path) -> tuple[str, int, int, float]:
    """Codec, width, height and seconds of a video, all of whose frames could be decoded."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.time for frame in container.decode(stream)]
        rate = float(stream.average_rate or 0)
        return stream.codec_context.name, stream.width, stream.height, round(len(frames) / rate, 1)


def picture_size(path: str | Path, kind: str) -> tuple[int, int]:
    """Width and height of a picture of that kind."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.load()
        assert picture.format == kind
        return picture.size
