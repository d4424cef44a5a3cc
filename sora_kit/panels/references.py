"""`References`: the picture that a video begins with, or the clip that it changes or continues.

They come from the page (dropped, pasted, chosen, or as a link) or from Python (`References.begin_with`),
and what they are is told by their content. What is slow about them (a download, a check in a process of
its own) happens apart from the kernel's main thread.
"""

from __future__ import annotations

import base64
import logging
import os
import shutil
from pathlib import Path
from typing import Any

import traitlets

from sora_kit.errors import InvalidInput, SoraKitError
from sora_kit.language.request import MediaRef
from sora_kit.media.sniff import HEAD, sniff
from sora_kit.notebook.pictures import inline
from sora_kit.panels.draft import Draft
from sora_kit.panels.uploads import Uploads

__all__ = ("References",)

_log = logging.getLogger(__name__)

SMALL = 160
"""Width of the little picture that stands for one, in pixels."""


class References(Uploads):
    """The part of the prompt panel that takes pictures and clips."""

    draft: Draft
    picture = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    """The picture that the video begins with, small, as a data address; empty for none."""
    clip = traitlets.Unicode(None, allow_none=True).tag(sync=True)
    """The first frame of the clip that is changed or continued, likewise; ``clip`` where it has none to
    show."""

    def follow_references(self) -> None:
        """Show what the draft has."""
        traitlets.dlink((self.draft, "image"), (self, "picture"), self._small)
        traitlets.dlink((self.draft, "video"), (self, "clip"), self._first_frame)

    def begin_with(self, thing: Any) -> None:
        """Put a picture or a clip into the prompt, in place of the one that is there.

        Args:
            thing: Path, URL or bytes of either; a PIL image or numpy array; or a `Clip`.

        Raises:
            BadMedia: It is neither.
            FetchRefused: The URL may not be read, or cannot be.
        """
        kind, checked = self.studio.loop.run(self._taken_in(thing))
        if kind == "image":
            self.draft.image = checked.sha256
            return
        with self.draft.hold_trait_notifications():
            self.draft.source, self.draft.video = "", checked.sha256

    def uploaded(self, path: Path, name: str) -> None:  # noqa: ARG002 (its content tells what it is)
        """Something was dropped, pasted or chosen."""
        self.begin_with(path)

    def do_picture(self, url: str) -> None:
        """An address was given.

        Raises:
            InvalidInput: It is none; a path would be one of the computer that the kernel runs on.
        """
        if url.strip().split(":", 1)[0].lower() not in ("http", "https", "data"):
            raise InvalidInput("That is no link", fix="Begin with https://", param="image")
        self.apart(lambda: self.begin_with(url.strip()), "picture")

    def do_no_picture(self) -> None:
        """Take the picture away."""
        self.draft.image = ""

    def do_no_clip(self) -> None:
        """Take the clip away."""
        self.draft.leave_source()

    async def _taken_in(self, thing: Any) -> tuple[str, MediaRef]:
        """What it is, and its content in the workspace."""
        intake = self.studio.intake
        if isinstance(thing, str) and thing.split(":", 1)[0].lower() in ("http", "https", "data"):
            from sora_kit.media.fetch import fetch

            private = os.environ.get("SORA_KIT_ALLOW_PRIVATE_URLS", "").lower() in ("1", "true", "yes", "on")
            with intake.media.folder_for_work("fetch") as folder:
                got = await fetch(thing, into=folder, allow_private=private)
                kind = sniff(_head(got.path)).kind
                return kind, await intake.checked(got.path, kind)
        kind = "image"
        if isinstance(thing, bytes | bytearray | memoryview):
            kind = sniff(bytes(thing[:HEAD])).kind
        elif isinstance(thing, str | os.PathLike) and Path(thing).expanduser().is_file():
            kind = sniff(_head(Path(thing).expanduser())).kind
        elif hasattr(thing, "kind") and hasattr(thing, "sha256"):
            kind = thing.kind
        return kind, await intake.thing(thing, kind)

    def _small(self, sha256: str) -> str:
        return (inline(self.studio.workspace.media.find(sha256), SMALL) or "") if sha256 else ""

    def _first_frame(self, sha256: str) -> str:
        """Nothing to see at first: a clip is decoded in the pool of processes, never here."""
        if sha256:
            self.studio.loop.submit(self._draw(sha256))
        return "clip" if sha256 else ""

    async def _draw(self, sha256: str) -> None:
        media = self.studio.workspace.media
        try:
            with media.folder_for_work("poster") as folder:
                path = shutil.copy(media.find(sha256), folder)
                done = await self.studio.pool.run({"order": "receive", "path": str(path)})
                drawn = Path(done["poster"]).read_bytes()
        except (SoraKitError, OSError):
            _log.info("no picture of the clip %s", sha256, exc_info=True)
            return
        if self.draft.video == sha256:
            self.clip = f"data:image/jpeg;base64,{base64.b64encode(drawn).decode()}"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)
