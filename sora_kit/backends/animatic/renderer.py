"""The animatic backend: a request in, a labelled preview out.

The same request and seed give the same picture on the same machine. Every file says in its metadata,
and every frame in the picture, that it is an animatic and not footage.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

import sora_kit
from sora_kit.backends.animatic.cards import CardPainter
from sora_kit.backends.animatic.compose import Painter, ShotPainter
from sora_kit.backends.animatic.film import Film, frames_of, one_thread_each
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.picture import PicturePainter, fitted_picture
from sora_kit.backends.animatic.reel import Take, reel, to_json
from sora_kit.backends.animatic.styles import Look, look
from sora_kit.backends.base import Cancelled, InvalidRequest, Output, Report, Stop, Task
from sora_kit.language import Request, Scene, enhance
from sora_kit.language.shots import print_shots

__all__ = ("render", "still")

FPS = 24
_LONGEST_SIDE = 1600  # of a still while it is drawn, in pixels
_MOMENT = 0.45  # second of the motion that a picture shows
_PROMPT = 400  # characters of the prompt in metadata


def render(task: Task, folder: Path, report: Report, stop: Stop) -> Output:
    """Make what the task asks for; see `sora_kit.backends.animatic.Animatic.render`."""
    match task.request.kind:
        case "enhance":
            return _enhanced(task, report)
        case "image":
            return _image(task, folder, report, stop)
        case "video" | "remix" | "extend":
            return _video(task, folder, report, stop)
        case "character":
            from sora_kit.backends.animatic.portrait import portrait

            return portrait(task, folder, report)
        case kind:
            raise InvalidRequest(
                f"The animatic backend makes no {kind}",
                fix="Ask for a video, an image, a character or an enhanced prompt",
                param="kind",
            )


def still(request: Request, width: int, height: int, style: str | None = None, shot: int = 0) -> Pixels:
    """One quick frame of a request; see `sora_kit.backends.animatic.still`."""
    wanted = look(style or request.style)
    take = reel(Task(request, request.seed or 0), FPS)[shot]
    scale = 2 if max(width, height) <= 400 else 1
    frame = _painter(take, width * scale, height * scale, wanted).draw(take.seconds * 0.4)
    return _reduced(frame, width, height)


def _enhanced(task: Task, report: Report) -> Output:
    request = task.request
    report(0.0, "Writing")
    words = print_shots(request.prompt, request.shots) if request.shots else request.prompt
    text = enhance(words, request.level or "medium", request.seconds or 10, request.style, task.seed)
    report(100.0, "Done")
    return Output(text=text)


def _video(task: Task, folder: Path, report: Report, stop: Stop) -> Output:
    from sora_kit.backends.animatic.hud import Hud
    from sora_kit.backends.animatic.sound import ambience
    from sora_kit.media.encode import VideoWriter

    request = task.request
    width, height = _size(request)
    takes = reel(task, FPS)
    style = look(request.style)
    film = Film(
        takes,
        _painters(task, takes, width, height, style),
        width=width,
        height=height,
        fps=FPS,
        overprint=Hud(width, height, _captioned(task, takes), FPS, style),
        grain=style.grain,
    )
    path = folder / "animatic.mp4"
    report(0.0, _stage(0, len(takes), "building the set"))
    with (
        one_thread_each(),
        VideoWriter(path, width, height, FPS, title=_title(request), comment=_comment(task)) as writer,
    ):
        for index, planes in enumerate(frames_of(film, stop)):
            writer.put_i420(planes)
            report(97.0 * (index + 1) / film.frames, _stage(film.shot_of(index), len(takes), "drawing"))
        report(97.5, "Adding sound")
        sound = ambience(takes)
        if stop():
            raise Cancelled
        report(98.5, "Writing the file")
        writer.close(sound)
    report(100.0, "Done")
    return Output(
        path=path,
        width=width,
        height=height,
        seconds=film.frames / FPS,
        understood=to_json(takes, task.seed),
    )


def _captioned(task: Task, takes: list[Take]) -> list[Scene]:
    """The scenes as the display captions them: a title card shows its words already."""
    pictured = {0} if task.image is not None else set()
    return [
        take.scene if take.scene.understood or index in pictured else replace(take.scene, text="")
        for index, take in enumerate(takes)
    ]


def _image(task: Task, folder: Path, report: Report, stop: Stop) -> Output:
    from sora_kit.backends.animatic.hud import Hud
    from sora_kit.media.encode import encode_image

    request = task.request
    width, height = _size(request)
    take = reel(task, FPS)[0]
    style = look(request.style)
    report(0.0, "Building the set")
    scale = max(1.0, min(2.0, _LONGEST_SIDE / max(width, height)))
    big = (round(width * scale), round(height * scale))
    frame = _painters(task, [take], *big, style)(take).draw(_MOMENT)
    if stop():
        raise Cancelled
    report(80.0, "Drawing")
    labelled = np.asarray(cv2.cvtColor(_reduced(frame, width, height), cv2.COLOR_RGB2RGBA), np.uint8)
    Hud(width, height, [take.scene], FPS, style).label_only(labelled)
    rgb = np.ascontiguousarray(labelled[..., :3])
    path = folder / "animatic.png"
    encode_image(rgb, path, {"Title": _title(request), "Comment": _comment(task), "Software": "sora_kit"})
    report(100.0, "Done")
    return Output(path=path, width=width, height=height, understood=to_json([take], task.seed))


def _painters(
    task: Task, takes: list[Take], width: int, height: int, style: Look
) -> Callable[[Take], Painter]:
    """How each take is painted: the first one from the reference picture, if there is one."""
    picture = _reference(task)

    def paint(take: Take) -> Painter:
        if picture is not None and take is takes[0]:
            if task.request.kind == "image":
                return _Fixed(style.grade(fitted_picture(picture, width, height)))
            return PicturePainter(picture, take, width, height, style, FPS)
        return _painter(take, width, height, style)

    return paint


def _painter(take: Take, width: int, height: int, style: Look) -> Painter:
    kind = ShotPainter if take.scene.understood else CardPainter
    return kind(take, width, height, style, FPS)


class _Fixed:
    """Shows one picture."""

    def __init__(self, rgb: Pixels) -> None:
        self._frame = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA), np.uint8)

    def draw(self, t: float) -> Pixels:  # noqa: ARG002  (the protocol's signature)
        """See `Painter.draw`."""
        return self._frame.copy()


def _reference(task: Task) -> Pixels | None:
    """The picture to start from: the reference picture, or a frame of a clip that nobody can read."""
    if task.image is not None:
        from sora_kit.media.picture import opened_picture, pixels, upright_picture

        with opened_picture(task.image) as picture:
            return pixels(upright_picture(picture))
    if task.video is None or task.options.get("source_understood") or task.options.get("source_request"):
        return None
    from sora_kit.media.frames import frame_at, last_frame

    return last_frame(task.video) if task.request.kind == "extend" else frame_at(task.video, 0.0)


def _reduced(frame: Pixels, width: int, height: int) -> Pixels:
    """RGBA of any size to (height, width, 3) RGB."""
    rgb = np.ascontiguousarray(frame[..., :3])
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _size(request: Request) -> tuple[int, int]:
    width, height = request.width, request.height
    if not (16 <= width <= 4096 and 16 <= height <= 4096):
        raise InvalidRequest(
            f"The animatic backend can't draw {width}×{height} pixels",
            why="Each side may have 16 to 4096 pixels",
            fix="Use a usual size, for example 1280x720",
            param="size",
        )
    return width, height


def _stage(shot: int, shots: int, doing: str) -> str:
    return f"Shot {shot + 1} of {shots} · {doing}" if shots > 1 else doing.capitalize()


def _title(request: Request) -> str:
    words = " ".join((request.prompt or (request.shots[0].text if request.shots else "")).split())
    return f"Animatic: {words[:120]}"


def _comment(task: Task) -> str:
    request = task.request
    words = " ".join(" ".join((request.prompt, *(shot.text for shot in request.shots))).split())
    return (
        f"Animatic preview drawn by sora_kit {sora_kit.__version__}. It is not footage and was not made by a "
        f"video model. Prompt: {words[:_PROMPT]} Seed: {task.seed}"
    )
