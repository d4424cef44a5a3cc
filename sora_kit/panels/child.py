"""The process behind a `Page`: Voilà, tied to whoever started it.

Run as ``python -m sora_kit.panels.child`` with Voilà's own arguments. Standard input is the tie: it is
a pipe that the parent holds open and never writes to. When it closes, because the parent stops the
page or because the parent is gone (even killed), Voilà ends and takes its kernels along, and the
page's folder is removed. That works the same on every platform, without signals, process groups or a
list of processes. The tie is held before anything else happens, so that a parent that goes while
Voilà is still being imported leaves nothing behind either.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

__all__ = ("FOLDER", "main")

FOLDER = "sora-kit-page-"
"""How the name of a page's folder begins. The child works in it, and removes it at the end."""


class Tie:
    """What ends this process when its standard input closes."""

    def __init__(self) -> None:
        self.app: Any = None
        """Voilà, as soon as there is one."""
        threading.Thread(target=self.hold, daemon=True, name="sora-kit-tie").start()

    def hold(self) -> None:
        """Wait until the other end closes, then end Voilà, or the process if Voilà does not run yet."""
        while sys.stdin.buffer.read(1024):
            pass
        loop = getattr(self.app, "ioloop", None)
        if loop is None:
            leave()
        loop.add_callback(loop.stop)


def leave() -> NoReturn:
    """End this process. A kernel that is just starting has tasks and threads that a tidy exit awaits."""
    folder = Path.cwd()
    if folder.name.startswith(FOLDER):
        os.chdir(folder.parent)
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def main(argv: list[str] | None = None) -> None:
    """Run Voilà until the tie is cut."""
    tie = Tie()
    from sora_kit.panels.voila_child import voila

    tie.app = voila()
    tie.app.initialize(sys.argv[1:] if argv is None else argv)
    tie.app.start()
    leave()


if __name__ == "__main__":
    main()
