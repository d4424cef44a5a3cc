"""Uploads, decoded where they can do no harm.

Decoders of pictures and video are large C libraries and strangers' files are their diet. So a file
from outside is first decoded in a process of its own, with little memory, little time, no secrets in
its environment, and nothing to open but the one file. What comes back is JSON (and, for a picture,
the pixels written anew). Only then does the rest of sora_kit touch it.

    check_image(bytes) ─▶ python -m sora_kit.media.check image  < bytes  ─▶ JSON line + picture
    check_video(path)  ─▶ python -m sora_kit.media.check video PATH      ─▶ JSON line

A child that runs out of memory, of processor time or of patience is a file that is refused. Memory
and processor limits need the ``resource`` module (Linux, macOS); the clock is watched everywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from sora_kit.errors import BadMedia
from sora_kit.media.sniff import Format, sniff

if TYPE_CHECKING:
    from sora_kit.media.probe import Probe

__all__ = ("MAX_IMAGE_BYTES", "CheckedImage", "acheck_image", "acheck_video", "check_image", "check_video")

MAX_IMAGE_BYTES = 32 * 2**20
"""Of a picture file."""

_MEMORY = 1536 * 2**20  # bytes of address space
_CPU = 20  # seconds of processor time
_PATIENCE = 45.0  # seconds by the clock; a busy machine gives a child little of it

# What the child may know of our environment: enough to start Python, and no secrets.
_ENVIRONMENT = (
    "PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PYTHONHOME",
)


@dataclasses.dataclass(frozen=True, slots=True)
class CheckedImage:
    """A picture that was decoded to the last pixel."""

    format: Format
    """Of ``data``."""

    data: bytes = dataclasses.field(repr=False)
    """The file as it came."""

    width: int
    height: int
    """As shown, in pixels."""

    upright: bytes = dataclasses.field(repr=False)
    """The picture for use: turned as its EXIF says, first frame, 8-bit RGB or RGBA, and without the
    metadata of the original (a phone's pictures tell where they were taken). PNG, or JPEG where the
    original was JPEG."""

    upright_format: Format


def check_image(data: bytes) -> CheckedImage:
    """Decode a stranger's picture in a limited process.

    Args:
        data: The file.

    Returns:
        The picture, as given and made upright.

    Raises:
        BadMedia: When it is no picture, is damaged, or is over a limit.
    """
    form = _precheck_image(data)
    return _checked_image(data, form, _run(("image",), data))


async def acheck_image(data: bytes) -> CheckedImage:
    """As `check_image`, without blocking the event loop."""
    form = _precheck_image(data)
    return _checked_image(data, form, await _arun(("image",), data))


def check_video(path: str | os.PathLike[str]) -> Probe:
    """Decode a stranger's video in a limited process.

    Every packet is read and short clips are decoded whole; of long ones the keyframes are.

    Args:
        path: The file.

    Returns:
        What is in it.

    Raises:
        BadMedia: When it is no video, is damaged or cut off, or is over a limit.
        OSError: When it can't be read at all.
    """
    return _checked_video(_run(("video", _readable(path))))


async def acheck_video(path: str | os.PathLike[str]) -> Probe:
    """As `check_video`, without blocking the event loop."""
    return _checked_video(await _arun(("video", _readable(path))))


def _precheck_image(data: bytes) -> Format:
    if len(data) > MAX_IMAGE_BYTES:
        raise BadMedia(
            f"The picture is {len(data) / 2**20:.0f} MB",
            why=f"The limit is {MAX_IMAGE_BYTES // 2**20} MB",
            fix="Save it as JPEG, or scale it down",
        )
    form = sniff(data)
    if form.kind != "image":
        raise BadMedia("That file is a video, not a picture", fix="Use a PNG, JPEG, WebP or GIF picture")
    return form


def _checked_image(data: bytes, form: Format, answer: bytes) -> CheckedImage:
    facts, picture = _parsed(answer)
    return CheckedImage(
        format=form,
        data=data,
        width=int(facts["width"]),
        height=int(facts["height"]),
        upright=picture,
        upright_format=sniff(picture),
    )


def _checked_video(answer: bytes) -> Probe:
    from sora_kit.media.probe import Probe

    return Probe(**_parsed(answer)[0])


def _readable(path: str | os.PathLike[str]) -> str:
    with Path(path).open("rb"):  # a missing file is the caller's error, not the file's
        return str(Path(path).absolute())


# -- the parent's side --------------------------------------------------------------------------


def _command(arguments: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # The child finds sora_kit and its libraries where this process does; one thread each, because
    # every thread of a numeric library reserves address space.
    environment["PYTHONPATH"] = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    return [sys.executable, "-P", "-m", "sora_kit.media.check", *arguments], environment


def _run(arguments: Sequence[str], data: bytes = b"") -> bytes:
    command, environment = _command(arguments)
    try:
        done = subprocess.run(
            command, input=data, env=environment, capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        raise _too_hard() from None
    return done.stdout


async def _arun(arguments: Sequence[str], data: bytes = b"") -> bytes:
    command, environment = _command(arguments)
    pipe = asyncio.subprocess.PIPE
    try:
        child = await asyncio.create_subprocess_exec(
            *command, env=environment, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )
    except NotImplementedError:  # Windows' selector loop, which Jupyter uses, has no subprocesses
        return await asyncio.to_thread(_run, arguments, data)
    try:
        async with asyncio.timeout(_PATIENCE):
            return (await child.communicate(data))[0]
    except TimeoutError:
        raise _too_hard() from None
    finally:
        if child.returncode is None:  # out of patience, or the caller was cancelled
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            await child.wait()


def _parsed(answer: bytes) -> tuple[dict[str, Any], bytes]:
    line, _, rest = answer.partition(b"\n")
    try:
        told = json.loads(line)
    except ValueError:  # killed, or crashed, before it had an answer
        raise _too_hard() from None
    if "bad" in told:
        raise BadMedia(**told["bad"])
    return told["ok"], rest


def _too_hard() -> BadMedia:
    return BadMedia(
        "The file could not be decoded within the limits",
        why="It needs too much memory or time, or crashes the decoder",
        fix="Export it again, smaller or in another format",
    )


# -- the child's side ---------------------------------------------------------------------------


def main(arguments: Sequence[str]) -> int:
    """Entry of the limited process: ``image`` reads a picture from stdin, ``video PATH`` a file."""
    _limit()
    picture = b""
    try:
        if arguments[0] == "image":
            facts, picture = _decode_image(sys.stdin.buffer.read(MAX_IMAGE_BYTES + 1))
        else:
            facts = _decode_video(Path(arguments[1]))
        told: dict[str, Any] = {"ok": facts}
    except BadMedia as error:
        told = {"bad": {"what": error.what, "why": error.why, "fix": error.fix}}
    except MemoryError:
        return 1
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + picture)
    sys.stdout.buffer.flush()
    return 0


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows; the parent's clock still runs
        return
    for what, amount in (
        (resource.RLIMIT_AS, _MEMORY),
        (resource.RLIMIT_CPU, _CPU),
        (resource.RLIMIT_CORE, 0),
    ):
        # macOS refuses some of these; what can be limited is.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (amount, amount))


def _decode_image(data: bytes) -> tuple[dict[str, Any], bytes]:
    from io import BytesIO

    from sora_kit.media.picture import opened_picture, upright_picture

    form = sniff(data)
    with opened_picture(data, form) as opened:
        picture = upright_picture(opened)
    picture.info.clear()  # Pillow would copy text and colour profiles into the new file
    out = BytesIO()
    if form.container == "JPEG":
        picture.save(out, "JPEG", quality=93)
    else:
        picture.save(out, "PNG", compress_level=3)
    return {"width": picture.width, "height": picture.height}, out.getvalue()


def _decode_video(path: Path) -> dict[str, Any]:
    from sora_kit.media.container import UPLOADS
    from sora_kit.media.probe import probe
    from sora_kit.media.scan import scan

    found = probe(path, UPLOADS)
    return dataclasses.asdict(scan(path, found, UPLOADS))


def _exit() -> NoReturn:
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    _exit()
