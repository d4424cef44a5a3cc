"""From shots to a stream of frames.

Frames are drawn by a few threads (OpenCV lets go of the interpreter lock) and come out in order, at
most a handful ahead of the encoder, so memory stays flat however long the film is. The set of the
next shot is built while the present one is still being drawn.
"""

from __future__ import annotations

import contextlib
import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillDrawing
from typing import Protocol

import cv2
import numpy as np

from sora_kit.backends.animatic.compose import Painter
from sora_kit.backends.animatic.layers import Pixels
from sora_kit.backends.animatic.reel import Take
from sora_kit.backends.base import Cancelled, Stop

__all__ = ("Film", "Overprint", "frames_of", "one_thread_each")

_AHEAD = 6  # frames drawn before the encoder asks for them
_PATIENCE = 0.1  # seconds between two looks at `stop`
_GRAINS = 5  # different planes of film grain


class Overprint(Protocol):
    """What is printed over the picture of every frame: the HUD."""

    def draw(self, frame: Pixels, shot: int, frame_index: int) -> None:
        """Draw into (h, w, 4) RGBA, in place."""
        ...


class Film:
    """A sequence of shots, frame by frame.

    Args:
        takes: The shots.
        paint: Builds the painter of a shot; called once for each, late.
        width: Of the frame in pixels, even.
        height: Of the frame in pixels, even.
        fps: Frames per second.
        overprint: The HUD, or None.
        grain: Standard deviation of the film grain in grey levels; 0 for none.
    """

    def __init__(
        self,
        takes: Sequence[Take],
        paint: Callable[[Take], Painter],
        *,
        width: int,
        height: int,
        fps: int,
        overprint: Overprint | None = None,
        grain: float = 0.0,
    ) -> None:
        self.takes = takes
        self.fps = fps
        self._paint = paint
        self._overprint = overprint
        self._firsts = [0]
        for take in takes:
            self._firsts.append(self._firsts[-1] + take.frames)
        self._painters: dict[int, Painter] = {}
        self._building = [threading.Lock() for _ in takes]
        self._grain = _grain_planes(width, height, grain) if grain else []

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self._firsts[-1]

    def shot_of(self, index: int) -> int:
        """Number of the shot, from 0, that a frame belongs to."""
        return bisect_right(self._firsts, index) - 1

    def starts(self, index: int) -> bool:
        """Whether a frame is the first of its shot."""
        return index in self._firsts

    def prepare(self, shot: int) -> Painter:
        """The painter of a shot, built if it is not there yet. Painters of past shots are let go."""
        with self._building[shot]:
            if shot not in self._painters:
                self._painters[shot] = self._paint(self.takes[shot])
        self._painters.pop(shot - 2, None)
        return self._painters[shot]

    def picture(self, index: int) -> Pixels:
        """A finished frame: (h, w, 4) uint8 RGBA."""
        shot = self.shot_of(index)
        frame = self.prepare(shot).draw((index - self._firsts[shot]) / self.fps)
        if self._overprint is not None:
            self._overprint.draw(frame, shot, index)
        return frame

    def planes(self, index: int) -> Pixels:
        """The same as planar YUV 4:2:0, with grain: (h × 3/2, w) uint8."""
        frame = self.picture(index)
        planes = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGBA2YUV_I420), np.uint8)
        if self._grain:
            luma = planes[: frame.shape[0]]
            cv2.addWeighted(luma, 1.0, self._grain[index % _GRAINS], 1.0, -128.0, dst=luma)
        return planes


def frames_of(film: Film, stop: Stop, workers: int = 2) -> Iterator[Pixels]:
    """All frames in order, as I420 planes.

    Args:
        film: What to draw.
        stop: Looked at before every frame, and ten times a second while waiting for one.
        workers: Threads that draw.

    Raises:
        Cancelled: When ``stop()`` became true.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="animatic")
    waiting: deque[Future[Pixels]] = deque()
    try:
        submitted = 0
        for _ in range(film.frames):
            while submitted < film.frames and len(waiting) < _AHEAD:
                if film.starts(submitted):
                    shot = film.shot_of(submitted)
                    waiting.append(pool.submit(film.planes, submitted))
                    if shot + 1 < len(film.takes):
                        pool.submit(film.prepare, shot + 1)
                else:
                    waiting.append(pool.submit(film.planes, submitted))
                submitted += 1
            yield _result(waiting.popleft(), stop)
    finally:
        # A set that is just being built is finished in its thread; nobody waits for it.
        pool.shutdown(wait=False, cancel_futures=True)


def _result(drawing: Future[Pixels], stop: Stop) -> Pixels:
    while True:
        if stop():
            raise Cancelled
        try:
            return drawing.result(timeout=_PATIENCE)
        except StillDrawing:
            continue


def _grain_planes(width: int, height: int, amount: float) -> list[Pixels]:
    """Soft noise around 128, a few planes that take turns."""
    rng = np.random.default_rng(7)
    planes = []
    for _ in range(_GRAINS):
        noise = rng.normal(0, amount, (height // 2 + 1, width // 2 + 1)).astype(np.float32)
        large = np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        planes.append(np.clip(128 + large * 1.4, 0, 255).astype(np.uint8))
    return planes


@contextlib.contextmanager
def one_thread_each() -> Iterator[None]:
    """Keep OpenCV from starting threads of its own: frames are drawn side by side already."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
