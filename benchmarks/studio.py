"""What the studio costs: importing, opening, idling, accepting jobs, drawing.

    python benchmarks/studio.py [--seconds 10]

Everything is measured in one run on one machine and compared with something measured beside it:
digits differ between machines, ratios much less. Processor time is the processes' own, so a busy
machine distorts it little.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def python(code: str) -> float:
    """Seconds of the fastest of five fresh interpreters that run ``code``."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        best = min(best, time.perf_counter() - began)
    return best


def cpu() -> float:
    """Processor seconds of this process so far."""
    times = os.times()
    return times.user + times.system


def timed(work: Callable[[], object]) -> float:
    """Wall seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def row(what: str, value: str, beside: str = "") -> None:
    """One line of the table."""
    print(f"{what:<46} {value:>12}   {beside}")


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=10, help="how long to watch an idle studio")
    watch = parser.parse_args().seconds

    bare = python("")
    row("bare interpreter", f"{bare:.3f} s")
    kit = python("import sora_kit")
    row("import sora_kit", f"{kit - bare:.3f} s", f"{(kit - bare) / bare:.1f} x the interpreter; goal 0.3 s")
    row("from sora_kit import Studio", f"{python('from sora_kit import Studio') - bare:.3f} s")

    from sora_kit import Studio
    from sora_kit.media.probe import probe

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        studio = Studio(Path(folder) / "workspace")
        row("open a new workspace", f"{time.perf_counter() - began:.2f} s", f"as {studio.role}")
        studio.image("A cat").result()
        time.sleep(2)
        before = cpu()
        time.sleep(watch)
        row("idle studio", f"{(cpu() - before) / watch:.2%}", "of one core; goal 3 %")

        count = 200
        took = timed(lambda: [studio.plan("A kitten running across a meadow") for _ in range(count)])
        row("plan", f"{took / count * 1e3:.2f} ms")
        accepted = []
        took = timed(lambda: accepted.extend(studio.image("A cat") for _ in range(count)))
        row("accept a job (durable)", f"{took / count * 1e3:.2f} ms")
        for job in accepted:
            job.cancel()

        for words, options in (
            ("A kitten running across a meadow", {}),
            ("City street at night in the rain, neon, a red car", {}),
            ("{comic}[2.5s]A dog runs [3.5s]It jumps [4s]It sleeps", {}),
            ("A kitten running across a meadow", {"size": "portrait"}),
        ):
            began = time.perf_counter()
            clip = studio.video(words, model=None, seconds=10, **options).result()
            took = time.perf_counter() - began
            length = probe(clip.file).seconds
            row(words[:46], f"{took:.2f} s", f"{length / took:.1f} x real time, {clip.bytes / 2**20:.1f} MiB")
        took = timed(lambda: studio.image("A camel at golden hour").result())
        row("a picture", f"{took:.2f} s")
        job = studio.video("A horse gallops", seconds=15)
        while job.progress < 5:
            time.sleep(0.02)
        began = time.perf_counter()
        job.cancel()
        while studio.pool.busy:
            time.sleep(0.005)
        row("cancel until nothing draws", f"{time.perf_counter() - began:.2f} s", "goal 0.5 s")
        row("close", f"{timed(studio.close):.2f} s")


if __name__ == "__main__":
    main()
