"""`Characters`: who prompts can call by ``@name``, and making new ones.

A character is made from a few seconds of a clip that shows it: one of the gallery, a file, or a link.
While it is made it stands in the library in its final place, like every running job.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from sora_kit.errors import BadMedia, InvalidInput, NotFound
from sora_kit.media.check import check_video
from sora_kit.notebook.pictures import inline
from sora_kit.notebook.urls import media_url, portrait_url
from sora_kit.panels.assets import script, sheet
from sora_kit.panels.codelines import of_character
from sora_kit.panels.draft import Draft
from sora_kit.panels.feed import Feed, Item
from sora_kit.panels.tiles import tile
from sora_kit.panels.uploads import Uploads
from sora_kit.planning.wording import titled

if TYPE_CHECKING:
    from sora_kit import Studio
    from sora_kit.store.characters import Character
    from sora_kit.store.jobs import JobRecord

__all__ = ("Characters",)

_OFFERED = 24
"""Clips of the gallery that are offered at a time."""


class Characters(Feed, Uploads):
    """The library of characters.

    Args:
        studio: The open workspace.
        draft: Where "Use" puts the name; without one there is no such button.
    """

    _esm = script("characters")
    _css = sheet("characters", "segments")

    count = traitlets.Int(0)
    """Number of characters in the workspace."""
    usable = traitlets.Bool(False).tag(sync=True)
    """Whether there is a prompt to put names into."""
    video = traitlets.Dict().tag(sync=True)
    """The file that was handed in for the next character: ``name``, ``seconds``; or empty."""

    def __init__(self, studio: Studio, *, draft: Draft | None = None) -> None:
        self.draft = draft
        self._video: Path | None = None
        super().__init__(studio, usable=draft is not None)

    def load(self) -> None:
        """All characters, and those that are being made."""
        going = self.studio.records(limit=1000, states={"queued", "running", "needs_you"})
        self.take(record for record in going if record.kind == "character")
        self.put(self._card(one) for one in self.studio.characters)
        self._count()

    def item(self, record: JobRecord) -> Item | None:
        """A character, or the job that makes it; None for all others."""
        if record.kind != "character":
            return None
        if record.state != "completed":
            return tile(record) | {"name": record.request.name}
        try:
            found = self.studio.character_of(record.id)
        except NotFound:
            self._count()
            return None
        self._count()
        return self._card(found)

    def _card(self, one: Character) -> Item:
        try:
            made_of = self.studio.clip(one.source).prompt if one.source else ""
        except NotFound:
            made_of = ""
        return {
            "id": one.job,
            "at": one.created,
            "state": "completed",
            "name": one.name,
            "prompt": one.display_name,
            "about": one.description,
            "backend": titled(one.backend),
            "portrait": portrait_url(self.studio, one) or inline(one.portrait, 160),
            "made_of": made_of,
            "code": of_character(one.name),
        }

    def _count(self) -> None:
        self.count = len(self.studio.characters)

    # -- the library

    def do_mention(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Put ``@name`` into the prompt."""
        if self.draft is not None:
            self.draft.mention(self.held[id]["name"])

    def do_remove(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Forget a character."""
        self.studio.characters.remove(self.studio.character_of(id))
        self.drop(id)
        self._count()

    def do_dismiss(self, id: str) -> None:  # noqa: A002 (the page's word)
        """Take one that was not made off this page. The list of jobs keeps it."""
        self.drop(id)

    # -- a new one

    def do_clips(self, search: str = "", before: str | None = None) -> None:
        """Offer clips of the gallery."""
        found = self.studio.clips(limit=_OFFERED, search=search.strip(), before=before, owner=self.whose)
        self.send(
            {
                "clips": [
                    {
                        "id": one.id,
                        "prompt": one.prompt,
                        "seconds": one.seconds,
                        "poster": media_url(self.studio, one, "poster"),
                    }
                    for one in found
                    if one.kind == "video"
                ]
            }
        )

    def uploaded(self, path: Path, name: str) -> None:
        """A clip was handed in: check it, and keep it until the character is started.

        Raises:
            BadMedia: It is no clip that can be read.
        """
        seconds = check_video(path).seconds
        kept = path.with_name(f"{path.name}.clip")
        path.replace(kept)
        self._forget()
        self._video, self.video = kept, {"name": name, "seconds": round(seconds, 2)}

    def do_forget(self) -> None:
        """Another clip is wanted."""
        self._forget()

    def do_create(
        self,
        kind: str,
        source: str = "",
        name: str = "",
        display_name: str = "",
        start: float = 0.0,
        end: float = 3.0,
        key: str | None = None,
    ) -> None:
        """Start a character; what is slow about it (a download, a check) happens apart.

        Args:
            kind: Where it is seen: ``clip`` (of the gallery), ``file`` (handed in), ``link``.
            source: The clip's id, or the link.
            name: How prompts mention it.
            display_name: How people see it.
            start: Seconds of the clip where it begins to be seen.
            end: Seconds of the clip where that ends.
            key: The same key starts one job only.

        Raises:
            InvalidInput: There is no clip.
        """
        seen: dict[str, Any] = {"source": source} if kind == "clip" else {"video": source.strip()}
        if kind == "file":
            if self._video is None:
                raise BadMedia("There is no file yet", fix="Choose a clip first", param="video")
            seen = {"video": self._video}
        elif not source.strip():
            raise InvalidInput("A character needs a clip", fix="Choose one, or give a link", param="video")
        elif kind == "link" and source.strip().split(":", 1)[0].lower() not in ("http", "https"):
            # never a path of the computer that the kernel runs on
            raise InvalidInput("That is no link", fix="Begin with https://", param="video")

        def begin() -> None:
            job = self.studio.character(
                **seen, name=name.strip() or None, display_name=display_name.strip() or None,
                start=start, end=end, key=key,
            )  # fmt: skip
            self._forget()
            self.take([job.record])
            self.send({"begun": job.id})

        self.apart(begin, "character")

    def close(self) -> None:
        """Stop following, and drop the file that was handed in."""
        self._forget()
        super().close()

    def _forget(self) -> None:
        if self._video is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._video)  # noqa: PTH108 (may be gone)
        self._video, self.video = None, {}
