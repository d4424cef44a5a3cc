"""Staying until told to end, and ending well.

A serving command runs inside `stoppable`. Ctrl-C, a polite kill and a closed terminal end it:

- While it starts, at once. Nothing is open yet that could be harmed more than by a kill, which every
  part of sora_kit survives. An exception raised at just any point of the start could hold a lock for
  ever, or get lost.
- From `forever` on, in good order: the block's own ``with`` and ``finally`` close what was opened. More
  signals change nothing (some terminals and wrappers send two), but a watchdog ends the process if
  closing takes longer than `LIMIT`.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from sora_kit.cli import say

__all__ = ("LIMIT", "forever", "stoppable", "while_parent")

LIMIT = 2.6
"""Seconds that closing may take."""

TICK = 0.1
"""Seconds between two looks for a signal. A handler that raised could do so inside a finaliser, where
it is lost; one that set an event could wait for the event's own lock."""

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

GARBAGE = 20_000
"""New objects between two looks for garbage, in a process that serves for a long time."""


class Told(BaseException):
    """A signal came."""


class Watch:
    """What signals find, and leave."""

    serving = False
    """Whether the start is over."""
    told = False
    """Whether one came since then."""


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """A block that a signal ends quietly; once it stays `forever`, with its own clean-up."""
    Watch.serving = Watch.told = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not Watch.serving:
            os._exit(0)
        Watch.told = True

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.signal(number, stop) for number in numbers}
    try:
        yield
    except Told:
        # All is closed. Taking some thousand modules down in good order would cost another half second.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def forever(goes_on: Callable[[], bool] | None = None) -> None:
    """Sleep until a signal comes, which ends the `stoppable` block, or until ``goes_on()`` is false."""
    # What is loaded by now stays loaded: looking through it for garbage again and again is wasted.
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 20)
    Watch.serving = True
    while goes_on is None or goes_on():
        if Watch.told:
            watchdog = threading.Timer(LIMIT, _give_up)
            watchdog.daemon = True
            watchdog.start()
            raise Told
        time.sleep(TICK)
    Watch.serving = False


def while_parent(pid: int) -> Callable[[], bool]:
    """A question for `forever`: does the process ``pid`` still run?

    A dead parent may linger as a zombie that still has its number, but its children get a new parent
    at once, so a direct child looks at that where the system has it.
    """
    if sys.platform != "win32" and os.getppid() == pid:
        return lambda: os.getppid() == pid
    from sora_kit.store.runners import process_is_gone

    return lambda: not process_is_gone(pid)


def _give_up() -> None:
    say.note("Something did not stop in time, so it was ended. Unfinished jobs go on at the next start.")
    os._exit(0)
