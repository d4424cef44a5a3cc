"""Blocking bridges for places where an event loop already runs, such as a notebook cell.

A cell can simply ``await``; prefer that. For code written with ``asyncio.run(...)``, this module lets
one loop run inside another, with nest-asyncio, under three guards:

* The loop that is made re-entrant is always a *private* one, of a class of its own. The kernel's loop
  is never entered twice: on ipykernel 7 doing so silently loses widget clicks and queued cells.
* Nothing is patched at import. The first `run` inside a running loop, or `allow_nested_asyncio`, is
  the explicit request.
* nest-asyncio replaces ``asyncio.run`` for the whole process, which breaks servers in other threads
  on Python 3.12 and later; the original is put back.

No other module of sora_kit imports nest-asyncio.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

from sora_kit.errors import MissingDependency

__all__ = ("allow_nested_asyncio", "run")

T = TypeVar("T")

_patching = threading.Lock()


class _PrivateLoop(asyncio.SelectorEventLoop):
    """The only class of loop that is patched. A selector loop, as Jupyter uses on every platform."""


def run(awaitable: Awaitable[T]) -> T:
    """Wait for an awaitable and return its result, whether or not a loop runs in this thread.

    Works in scripts, in cells and inside coroutines. Other cells and widget clicks wait until it is
    done; ``await`` in a cell does not have that cost.

    Args:
        awaitable: A coroutine, a `Job`, or anything else that can be awaited. It runs on a new loop,
            so it must not be bound to a loop already (a task or future of the kernel's).

    Returns:
        What the awaitable returns.

    Raises:
        MissingDependency: When no nest-asyncio that fits this Python is installed.
        Exception: Whatever the awaitable raises.
    """
    try:
        if _running():
            return _run_nested(_coroutine(awaitable))
        with asyncio.Runner() as runner:
            return runner.run(_coroutine(awaitable))
    except KeyboardInterrupt as stop:
        if way_back := getattr(awaitable, "way_back", ""):  # a job or a sweep, which goes on
            from sora_kit.engine.job import stopped_waiting

            stopped_waiting(stop, way_back)
        raise


def allow_nested_asyncio() -> None:
    """Let ``asyncio.run(...)`` work in cells, for code that cannot be changed to ``await``.

    Only calls made where a loop already runs are redirected to a private loop; in scripts and in
    other threads ``asyncio.run`` is Python's own. Calling it again changes nothing.

    Raises:
        MissingDependency: When no nest-asyncio that fits this Python is installed.
    """
    _patch()
    original = asyncio.run
    if isinstance(original, _Redirected):
        return
    asyncio.run = _Redirected(original)


class _Redirected:
    """``asyncio.run`` with a way out for threads where a loop already runs."""

    def __init__(self, original: Callable[..., Any]) -> None:
        self._original = original

    def __call__(self, main: Coroutine[Any, Any, T], **options: Any) -> T:
        if _running():
            return _run_nested(main)
        result: T = self._original(main, **options)
        return result


def _running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


async def _coroutine(awaitable: Awaitable[T]) -> T:
    return await awaitable


def _run_nested(main: Coroutine[Any, Any, T]) -> T:
    """``asyncio.run`` on a new private loop: also cancels what is left over and closes the loop."""
    _patch()
    loop = _PrivateLoop()
    try:
        task = loop.create_task(main)
        try:
            return loop.run_until_complete(task)
        finally:
            leftover = {other for other in asyncio.all_tasks(loop) if not other.done()}
            for other in leftover:
                other.cancel()
            if leftover:
                loop.run_until_complete(asyncio.wait(leftover))
            loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


def _patch() -> None:
    """Make `_PrivateLoop` re-entrant, once per process."""
    with _patching:
        if hasattr(_PrivateLoop, "_nest_patched"):
            return
        apply = _package()
        original = asyncio.run
        loop = _PrivateLoop()
        try:
            apply(loop)
        finally:
            loop.close()
            asyncio.run = original


def _package() -> Callable[[asyncio.AbstractEventLoop], None]:
    """The ``apply`` of the package to use: the maintained fork where it is new enough and alone."""
    patched_by_first = hasattr(asyncio, "_nest_patched") and not hasattr(asyncio, "_nest_asyncio2")
    if _release("nest-asyncio2") >= (1, 7, 3) and not patched_by_first:
        import nest_asyncio2  # type: ignore[import-untyped]  # not in pyproject: an optional package

        return nest_asyncio2.apply  # type: ignore[no-any-return]
    if sys.version_info >= (3, 14) or not _release("nest-asyncio"):
        raise MissingDependency(
            "Running asyncio inside a running loop is not possible here",
            why="It needs nest-asyncio2, which is not installed",
            fix="Use `await` in the cell, or run: pip install 'nest-asyncio2>=1.7.3'",
        )
    import nest_asyncio

    return nest_asyncio.apply  # type: ignore[no-any-return]  # the package is untyped


def _release(package: str) -> tuple[int, ...]:
    """Installed version as numbers; empty when it is not installed."""
    try:
        numbers = version(package).split(".")[:3]
    except PackageNotFoundError:
        return ()
    return tuple(int(number) for number in numbers if number.isdigit())
