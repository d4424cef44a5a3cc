"""Blocking bridges. Patches are process-wide, so everything nested runs in a process of its own."""

import asyncio
import subprocess
import sys
import textwrap

from sora_kit.notebook.nesting import run


def in_own_process(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_a_loop_nothing_is_patched():
    async def three():
        await asyncio.sleep(0)
        return 3

    assert run(three()) == 3
    assert not hasattr(asyncio, "_nest_patched")


def test_run_inside_a_running_loop_leaves_that_loop_alone():
    assert (
        in_own_process("""
        import asyncio
        from sora_kit.notebook.nesting import run

        plain, loop_class = asyncio.run, None

        async def inner():
            await asyncio.sleep(0.01)
            return await asyncio.wait_for(asyncio.sleep(0.01, "deep"), 1)

        class Job:
            def __await__(self):
                yield from asyncio.sleep(0).__await__()
                return "job"

        async def cell():
            ticks = []
            ticker = asyncio.create_task(asyncio.sleep(0, ticks.append(1)))
            outer = asyncio.get_running_loop()
            assert run(inner()) == "deep"
            assert run(Job()) == "job"
            assert asyncio.get_running_loop() is outer
            assert not hasattr(outer, "_nest_patched")
            await ticker
            return len(ticks)

        assert asyncio.run is plain
        print(asyncio.run(cell()), asyncio.run is plain)
    """)
        == "1 True"
    )


def test_errors_come_through_and_leftover_tasks_are_cancelled():
    assert (
        in_own_process("""
        import asyncio
        from sora_kit.notebook.nesting import run

        async def leftover(seen):
            try:
                await asyncio.sleep(60)
            finally:
                seen.append("cancelled")

        async def broken(seen):
            task = asyncio.create_task(leftover(seen))
            await asyncio.sleep(0)
            raise LookupError("gone")

        async def cell():
            seen = []
            try:
                run(broken(seen))
            except LookupError as error:
                return [str(error), *seen]

        print(asyncio.run(cell()))
    """)
        == "['gone', 'cancelled']"
    )


def test_allow_nested_asyncio_redirects_only_where_a_loop_runs():
    assert (
        in_own_process("""
        import asyncio, threading
        from sora_kit.notebook.nesting import allow_nested_asyncio

        async def kind():
            return type(asyncio.get_running_loop()).__name__

        async def cell():
            allow_nested_asyncio()
            allow_nested_asyncio()
            elsewhere = []
            thread = threading.Thread(target=lambda: elsewhere.append(asyncio.run(kind(), debug=False)))
            thread.start(); thread.join()
            return asyncio.run(kind()), elsewhere[0] != "_PrivateLoop"

        print(asyncio.run(cell()))
    """)
        == "('_PrivateLoop', True)"
    )
