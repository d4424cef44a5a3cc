"""Following: a video that is made with a character, once that is there.

Both are accepted at the same time; see `sora_kit.store.sequels`. Whoever waits for the character starts the
video at once. If nobody does (any more), the process that runs jobs does it, a moment later.
"""

from __future__ import annotations

import logging
from contextlib import suppress

from sora_kit.engine.job import Job
from sora_kit.errors import NotFound, SoraKitError, StudioClosed, WorkspaceError
from sora_kit.store.sequels import Sequel
from sora_kit.studio.characters import Casting

__all__ = ("Following",)

log = logging.getLogger(__name__)


class Following(Casting):
    """The part of a studio that goes on where a character's job has ended."""

    def go_on(self, job_id: str) -> Job | None:
        """Start what follows a character.

        Args:
            job_id: The character's job.

        Returns:
            The job of the video; None if none follows, or the character is not there.

        Raises:
            InvalidInput: The video cannot be made.
            LimitReached: The key has too many jobs in hand, or no money left today.
        """
        one = self.sequels.of(job_id)
        if one is None or one.video is not None:
            return self.job(one.video) if one is not None and one.video is not None else None
        try:
            first = self.record(job_id)
            if not first.done:
                return None
            name = self.character_of(job_id).name if first.state == "completed" else ""
        except NotFound:
            name = ""
        if not name:
            self.sequels.remove(job_id)
            return None
        prompt = f"@{name} {one.request.prompt}".rstrip()
        wish = one.request.with_(prompt=prompt, characters=(name, *one.request.characters))
        try:
            video = self.submit(wish, owner=one.owner, key=one.key)
        except (WorkspaceError, StudioClosed):
            raise  # it is tried again
        except SoraKitError:
            self.sequels.remove(job_id)
            raise
        if first.request.name:
            self.sequels.remove(job_id)
        else:
            self.sequels.started(job_id, video.id)
        return video

    def go_on_with_all(self) -> None:
        """Start and end what is due and nobody waits for; on the loop."""
        for one in self.sequels.due():
            try:
                if one.video is None:
                    self.go_on(one.job)
                else:
                    self.forget_nameless(one)
            except SoraKitError as error:
                log.info("the video of %s was not started: %s", one.job, error)

    def forget_nameless(self, one: Sequel) -> None:
        """Its video has ended: forget a character that nobody gave a name to."""
        with suppress(NotFound):
            self.characters.remove(self.character_of(one.job))
        self.sequels.remove(one.job)
