"""`Uploads`: a panel that takes files from its page.

A file comes in parts of half a megabyte, because the connection to a kernel refuses long messages and
carries everything else, too. The page sends the next part when the last one has been answered, so
nothing piles up and the page knows how far it is. The parts go to a file in the workspace; when it is
whole, `Uploads.uploaded` gets it in a thread of its own, and afterwards it is deleted: whoever wants
to keep it puts it into the media store, through the same checks as every file from outside.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sora_kit.errors import BadMedia
from sora_kit.panels.panel import Panel

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("MOST_BYTES", "Uploads")

MOST_BYTES = 200 * 2**20
"""Of a file that is handed in through a page."""


class Uploads(Panel):
    """Base of panels that take files.

    A page sends ``{do: "part", part: n, total: bytes, name}`` with the bytes. The answer is ``{got: n}``,
    or a fault; ``n`` is counted from 0.
    """

    studio: Studio
    _taking: Path | None = None
    _parts = 0

    def uploaded(self, path: Path, name: str) -> None:
        """Take a whole file, in a thread of its own; it is deleted afterwards.

        Args:
            path: Where it lies now.
            name: What the page calls it.
        """
        raise NotImplementedError

    def do_part(self, part: int, total: int, name: str, data: Any = b"") -> None:
        """A part of a file. Number 0 begins a new one; an unfinished one is dropped.

        Raises:
            BadMedia: It is too large, or a part is missing.
        """
        if part == 0:
            self._drop()
            if not 0 < total <= MOST_BYTES:
                why = f"At most {MOST_BYTES >> 20} MiB are taken" if total else "There is nothing in it"
                raise BadMedia("That file cannot be taken", why=why, fix="Choose another one", param="file")
            handle, name_of_it = tempfile.mkstemp(dir=self.studio.workspace.media.scratch, prefix="upload-")
            os.close(handle)
            self._taking = Path(name_of_it)
        if self._taking is None or part != self._parts:
            self._drop()
            raise BadMedia("The file did not arrive whole", fix="Choose it again", param="file")
        with self._taking.open("ab") as file:
            file.write(data)
            there = file.tell()
        self._parts += 1
        if there > total:
            self._drop()
            raise BadMedia("The file is longer than was said", fix="Choose it again", param="file")
        self.send({"got": part})
        if there == total:
            path, self._taking, self._parts = self._taking, None, 0
            self.apart(lambda: self._finish(path, str(name)), "upload")

    def close(self) -> None:
        """Drop what has not come whole."""
        self._drop()
        super().close()

    def _finish(self, path: Path, name: str) -> None:
        try:
            self.uploaded(path, name)
        finally:
            path.unlink(missing_ok=True)

    def _drop(self) -> None:
        if self._taking is not None:
            self._taking.unlink(missing_ok=True)
        self._taking, self._parts = None, 0
