"""Start the studio with a shell command, wait until both addresses answer, press Ctrl-C, and check.

Usage: ``python studio_smoke.py "COMMAND"``. The command may first install things, so it gets ten
minutes to be ready. After Ctrl-C it must end within three seconds, with exit code 0, without a
traceback, and leave no process behind.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

READY = 600.0
LIMIT = 3.0


def main(command: str) -> None:
    log = Path(tempfile.mkdtemp()) / "studio.log"
    with log.open("wb") as out:
        process = subprocess.Popen(["bash", "-c", command], stdout=out, stderr=out, start_new_session=True)
    try:
        page, api = addresses(log, process)
        answer(page)
        answer(api.removesuffix("/v1") + "/healthz")
        family = psutil.Process(process.pid).children(recursive=True)
        start = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        code = process.wait(10)
        took = time.monotonic() - start
        left = psutil.wait_procs(family, timeout=1)[1]
    finally:
        print(log.read_text(errors="replace"))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    print(f"Ctrl-C: exit code {code} after {took:.2f} s, {len(left)} processes left")
    assert took < LIMIT, "it took too long to stop"
    assert code == 0, "it must end with 0"
    assert not left, f"left behind: {left}"
    assert "Traceback" not in log.read_text(errors="replace")


def addresses(log: Path, process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """The two addresses that the studio prints."""
    deadline = time.monotonic() + READY
    while time.monotonic() < deadline:
        text = log.read_text(errors="replace")
        found = [re.search(rf"^{name} +(http\S+)", text, re.MULTILINE) for name in ("Studio", "API")]
        if all(found) and "Ctrl-C" in text:
            return found[0][1], found[1][1]  # type: ignore[index]
        assert process.poll() is None, f"it ended with {process.returncode}"
        time.sleep(0.2)
    raise AssertionError("it was not ready in time")


def answer(url: str) -> None:
    """Read a page, or fail."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=60) as response:
        assert response.status == 200, url
        assert response.read(), url


if __name__ == "__main__":
    main(sys.argv[1])
