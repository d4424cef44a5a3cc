"""Characters: making them of a clip, and the list of those that there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sora_kit.engine.job import Job
from sora_kit.errors import InvalidInput
from sora_kit.language.catalogue import models_for
from sora_kit.language.request import MediaRef, Request
from sora_kit.store import Character, Characters, Clip
from sora_kit.studio.making import Making
from sora_kit.studio.sources import SPAN, is_foreign

if TYPE_CHECKING:
    import pandas as pd

__all__ = ("Cast", "Casting")


class Cast:
    """The characters of a workspace: iterate, ask by name, remove.

    Args:
        studio: The studio that they belong to.
        table: Where they are written.
    """

    def __init__(self, studio: Casting, table: Characters) -> None:
        self.studio = studio
        self.kept = table

    def __getitem__(self, name: str) -> Character:
        """A character by its name (with or without ``@``) or id.

        Raises:
            NotFound: There is none; the message has the names that there are.
        """
        return self.kept.get(name, self.studio.backend)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.kept.find(name, self.studio.backend) is not None

    def __iter__(self) -> Iterator[Character]:
        return iter(self.kept.latest())

    def __len__(self) -> int:
        return len(self.kept.latest())

    def remove(self, which: str | Character) -> None:
        """Forget a character in this workspace. Prompts that mention it are plain words from then on.

        Raises:
            NotFound: There is none of that name.
        """
        gone = which if isinstance(which, Character) else self[which]
        self.kept.remove(gone)
        self.studio.tell_changed(gone.job)

    def table(self) -> pd.DataFrame:
        """One row each, newest first."""
        from sora_kit.store.dataframe import characters_frame

        return characters_frame(self.kept.latest(), self.studio.media_base())

    def __repr__(self) -> str:
        names = ", ".join(f"@{one.name} ({one.backend})" for one in self.kept.latest()[:8])
        return f"<characters: {names or 'none yet; make one with studio.character(clip)'}>"


class Casting(Making):
    """The part of a studio that makes characters."""

    @property
    def characters(self) -> Cast:
        """The workspace's characters: ``for c in studio.characters``, ``studio.characters["mona"]``."""
        return Cast(self, self.characters_table)

    def character(
        self,
        source: str | Clip | None = None,
        *,
        video: Any = None,
        name: str | None = None,
        display_name: str | None = None,
        description: str | None = None,
        start: float = SPAN[0],
        end: float = SPAN[1],
        key: str | None = None,
        backend: str | None = None,
    ) -> Job:
        """Start a character from what a clip shows; prompts then call it by ``@name``.

        Args:
            source: A clip, its id, or a ``gen_…`` id of Sora.
            video: A video instead: path, URL or bytes. It wins over ``source``.
            name: How prompts mention it, without ``@``; the backend chooses one if it is left out.
            display_name: How people see it; the name if it is left out.
            description: What it looks like, for backends without characters. Left out, it is read
                from the source's prompt.
            start: Seconds of the clip where it begins to be seen.
            end: Seconds of the clip where that ends.
            key: Idempotency key: asked again with the same key, it gives the same job.
            backend: Backend to use.

        Returns:
            The job; its result is a `Character`.

        Raises:
            InvalidInput: Something does not fit; nothing was started.
        """
        self.must_be_open()
        if isinstance(source, str) and not source.startswith(("clip_", "job_")) and not is_foreign(source):
            raise InvalidInput(
                f"{source[:80]!r} is no clip that a character can be made of",
                fix="Give a clip, its id or a gen_… id; or a file or link as video=…",
                param="source",
            )
        if video is None and source is None:
            raise InvalidInput(
                "A character needs a video",
                fix="Give a clip, or a short video of the person or thing as video=…",
                param="video",
            )
        reference: MediaRef | None = None
        if video is not None:
            reference = self.loop.run(self.intake.thing(video, "video"))
        wanted = Request(
            kind="character",
            prompt=(description or "").strip(),
            model=models_for("character")[0].id,
            video=reference,
            source=None if video is not None else source.id if isinstance(source, Clip) else source,
            name=(name or "").removeprefix("@"),
            label=(display_name or "").strip(),
            span=(start, end),
            backend=backend,
        )
        return self.submit(self.loop.run(self.within_clip(wanted)), key=key)
