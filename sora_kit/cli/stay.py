"""Staying until told to end, and ending well.

A serving command runs inside `stoppable`: Ctrl-C, a polite kill and a closed terminal all interrupt
its block once, at any point, also during the start; the block's own ``with`` and ``finally`` close
what was opened. A second signal changes nothing (some terminals and wrappers send two), but a watchdog
ends the process if closing takes longer than `LIMIT`.
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

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

told = threading.Event()
"""That a signal came."""

GARBAGE = 20_000
"""New objects between two looks for garbage, in a process that serves for a long time."""


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """A block that a signal ends quietly, with its own clean-up."""
    told.clear()
    unraisable = sys.unraisablehook

    def lost(args: sys.UnraisableHookArgs) -> None:
        # The interrupt came while some finaliser ran, where nothing can be raised; `forever` looks again.
        if not issubclass(args.exc_type, KeyboardInterrupt):
            unraisable(args)

    def stop(_number: int, _frame: FrameType | None) -> None:
        if not told.is_set():
            told.set()
            watchdog = threading.Timer(LIMIT, _give_up)
            watchdog.daemon = True
            watchdog.start()
            raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    before = {number: signal.signal(number, stop) for number in numbers}
    sys.unraisablehook = lost
    try:
        yield
    except KeyboardInterrupt:
        if not told.is_set():
            raise
        # All is closed. Taking some thousand modules down in good order would cost another half second.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    finally:
        sys.unraisablehook = unraisable
        if not told.is_set():  # once told, later signals stay without effect until the process ends
            for number, handler in before.items():
                signal.signal(number, handler)


def forever(goes_on: Callable[[], bool] | None = None, *, every: float = 0.5) -> None:
    """Sleep until a signal comes or ``goes_on()`` is false, which is asked ``every`` seconds."""
    # What is loaded by now stays loaded: looking through it for garbage again and again is wasted.
    gc.freeze()
    gc.set_threshold(GARBAGE, 20, 20)
    while goes_on is None or goes_on():
        if told.is_set():  # its interrupt was lost on the way
            raise KeyboardInterrupt
        time.sleep(every)


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
