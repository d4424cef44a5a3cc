"""The process that draws: reads orders from standard input, answers on standard output.

``python -m sora_kit.engine.render`` is started by `sora_kit.engine.pool`. It is a plain child
process and not a `multiprocessing` one, because those import the user's ``__main__`` again, which in
a script without an ``if __name__`` guard would run the script twice.

One JSON object a line. In: ``{"id", "order": "render" | "join" | "cut" | "still", …}`` and
``{"stop": id}``. Out: ``{"id", "progress", "stage"}`` while it works, then one of
``{"id", "done": {…}}``, ``{"id", "cancelled": true}`` and
``{"id", "failed": {"class", "what", "why", "fix", "code"}}``. When standard input ends, the parent is
gone and so is this process.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

from sora_kit.backends.base import BackendError, Cancelled, Output, Task, UpstreamBroken
from sora_kit.errors import BadMedia, SoraKitError
from sora_kit.language.request import Request

__all__ = ("main",)

TELL_SECONDS = 0.1
"""Progress lines are at least this far apart."""


class Desk:
    """Orders in, answers out."""

    def __init__(self, orders: TextIO, answers: TextIO) -> None:
        self.orders = orders
        self.answers = answers
        self.todo: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.stopped: set[str] = set()
        self.lock = threading.Lock()

    def listen(self) -> None:
        """Take orders until the parent goes away; runs on a thread of its own."""
        for line in self.orders:
            order = json.loads(line)
            if "stop" in order:
                self.stopped.add(order["stop"])
            else:
                self.todo.put(order)
        os._exit(0)  # a half-drawn file is in the parent's work folder, which is swept

    def say(self, **answer: Any) -> None:
        """Write one answer."""
        with self.lock:
            self.answers.write(json.dumps(answer) + "\n")
            self.answers.flush()

    def work(self) -> None:
        """Carry out orders, one after the other."""
        while True:
            order = self.todo.get()
            number = order["id"]
            try:
                done = ORDERS[order["order"]](self, order)
                self.say(id=number, done=done)
            except Cancelled:
                self.say(id=number, cancelled=True)
            except SoraKitError as error:
                self.say(id=number, failed=told(error))
            except MemoryError:
                self.say(id=number, failed=told(OUT_OF_MEMORY))
            except Exception as error:
                traceback.print_exc()  # to our standard error, for whoever looks for the cause
                self.say(id=number, failed=told(fault(error)))
            finally:
                self.stopped.discard(number)

    def render(self, order: dict[str, Any]) -> dict[str, Any]:
        """One `Renderer.render` call."""
        from sora_kit.backends import get

        number, last = order["id"], [0.0]

        def report(progress: float, stage: str) -> None:
            now = time.monotonic()
            if now - last[0] >= TELL_SECONDS:
                last[0] = now
                self.say(id=number, progress=progress, stage=stage)

        folder = Path(order["folder"])
        image = order.get("image")
        if order.get("continues"):
            image = last_frame_of(Path(order["continues"]), folder)
        task = Task(
            request=Request.from_json(order["request"]),
            seed=order["seed"],
            image=Path(image) if image else None,
            video=Path(order["video"]) if order.get("video") else None,
            options=order.get("options", {}),
        )
        output = get(order["backend"]).render(task, folder, report, lambda: number in self.stopped)
        return plain(output) | with_poster(output.path)

    def join(self, order: dict[str, Any]) -> dict[str, Any]:
        """Put clips one after the other."""
        from sora_kit.media.join import join

        path = Path(order["folder"]) / "joined.mp4"
        join([Path(part) for part in order["parts"]], path)
        return looked_at(path)

    def receive(self, order: dict[str, Any]) -> dict[str, Any]:
        """Look at a file that came from elsewhere, and draw its poster."""
        try:
            return looked_at(Path(order["path"]))
        except BadMedia as error:
            raise UpstreamBroken(
                "The backend's file cannot be played", why=error.what, fix="Try again", code="bad_result"
            ) from error

    def last_frame(self, order: dict[str, Any]) -> dict[str, Any]:
        """The last frame of a clip as a picture."""
        return {"path": last_frame_of(Path(order["path"]), Path(order["folder"]))}

    def cut(self, order: dict[str, Any]) -> dict[str, Any]:
        """Keep the first ``seconds`` of the clip ``part``."""
        from sora_kit.media.cut import cut

        path = Path(order["folder"]) / "cut.mp4"
        facts = cut(order["part"], path, order["seconds"])
        whole = Output(path, width=facts.width, height=facts.height, seconds=facts.seconds)
        return plain(whole) | with_poster(path)

    def still(self, order: dict[str, Any]) -> dict[str, Any]:
        """A quick single frame as a JPEG file, for thumbnails."""
        import cv2

        from sora_kit.backends.animatic import still

        picture = still(
            Request.from_json(order["request"]),
            order["width"],
            order["height"],
            style=order.get("style"),
            shot=order.get("shot", 0),
        )
        path = Path(order["folder"]) / "still.jpg"
        _, data = cv2.imencode(
            ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 82]
        )
        path.write_bytes(data.tobytes())
        return {"path": str(path)}


ORDERS = {
    "render": Desk.render,
    "join": Desk.join,
    "cut": Desk.cut,
    "receive": Desk.receive,
    "last_frame": Desk.last_frame,
    "still": Desk.still,
}


def with_poster(path: Path | None) -> dict[str, str]:
    """A small picture of what was made, beside it."""
    if path is None:
        return {}
    from sora_kit.media.frames import poster

    return kept(path, poster(path))


def looked_at(path: Path) -> dict[str, Any]:
    """What a file is, and a small picture of it beside it."""
    from sora_kit.media.frames import probe_and_poster

    facts, small = probe_and_poster(path)
    whole = Output(path, width=facts.width, height=facts.height, seconds=facts.seconds)
    return plain(whole) | kept(path, small)


def kept(path: Path, small: bytes) -> dict[str, str]:
    """Write a poster beside its file."""
    target = path.with_name("poster.jpg")
    target.write_bytes(small)
    return {"poster": str(target)}


def last_frame_of(path: Path, folder: Path) -> str:
    """The last frame of a clip as a PNG file."""
    import cv2

    from sora_kit.media.frames import last_frame

    target = str(folder / "first.png")
    cv2.imwrite(target, cv2.cvtColor(last_frame(path), cv2.COLOR_RGB2BGR))
    return target


OUT_OF_MEMORY = BackendError(
    "There was not enough memory", fix="Ask for a smaller size, or close other programs", code="out_of_memory"
)


def fault(error: Exception) -> BackendError:
    """An error of ours, in words that do not blame the user."""
    return BackendError(
        "The drawing failed by a fault of sora_kit",
        why=f"{type(error).__name__}: {error}",
        fix="Please report it with the prompt",
        code="internal_error",
    )


def plain(output: Output) -> dict[str, Any]:
    """An output as JSON."""
    return {
        "path": str(output.path) if output.path else None,
        "text": output.text,
        "width": output.width,
        "height": output.height,
        "seconds": output.seconds,
        "understood": output.understood,
    }


def told(error: SoraKitError) -> dict[str, Any]:
    """An error as JSON; the parent makes the same class of it again."""
    return {
        "class": type(error).__name__ if isinstance(error, BackendError) else "",
        "what": error.what,
        "why": error.why,
        "fix": error.fix,
        "code": error.code,
    }


def main() -> None:
    """Serve the parent on standard input and output."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints must not mix with answers
    orders = os.fdopen(os.dup(sys.stdin.fileno()), encoding="utf-8")
    desk = Desk(orders, answers)
    threading.Thread(target=desk.listen, daemon=True).start()
    desk.work()


if __name__ == "__main__":
    main()
