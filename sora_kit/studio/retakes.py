"""One shot of a storyboard alone, to be joined with the others.

    again = studio.retake(board, 1, seed=7).result()
    film = studio.video(board, takes={1: again}).result()

A shot may say "it looks up" and leave to the others who *it* is, so a retake carries along what its shot
takes over from those before it (`sora_kit.language.alone`).
"""

from __future__ import annotations

from typing import Unpack

from sora_kit import backends
from sora_kit.engine.job import Job
from sora_kit.language import Request, alone
from sora_kit.language.storyboard import Storyboard
from sora_kit.planning.wording import added
from sora_kit.studio.making import Making
from sora_kit.studio.opened import named_backend
from sora_kit.studio.options import Options

__all__ = ("Retaking",)


class Retaking(Making):
    """The part of a studio that makes single shots."""

    def retake(
        self, board: str | Storyboard, shot: int, *, key: str | None = None, **options: Unpack[Options]
    ) -> Job:
        """Start one shot of a storyboard as a clip of its own, as long as the shot.

        Args:
            board: The storyboard, or its text.
            shot: Which one, from 0.
            key: Idempotency key: asked again with the same key, it gives the same job.
            **options: Those of `video`; with another ``seed`` it comes out differently.

        Returns:
            The job. Give its clip to `video` as ``takes={shot: clip}`` to join it with the others.

        Raises:
            InvalidInput: There is no such shot, or something does not fit; nothing was started.
        """
        return self.submit(self.retake_of(board, shot, **options), key=key)

    def retake_of(self, board: str | Storyboard, shot: int, **options: Unpack[Options]) -> Request:
        """What `retake` asks for; `planned` tells what it takes.

        Raises:
            InvalidInput: There is no such shot, or something does not fit.
        """
        whole = board if isinstance(board, Storyboard) else Storyboard.parse(board)
        whole.resize(shot, 1.0)  # refuses a shot that is not there
        seconds = whole[shot].seconds
        request = self.request(alone(whole, shot), "video", **options)
        notes = tuple(
            note for note in request.notes if note.text != f"{seconds:g} s"
        )  # it is meant to be short
        backend = backends.get(named_backend(request.backend or self.backend))
        if backend.capabilities.preview or not request.shots:
            return request.with_(notes=notes)
        # A backend with lengths of its own would spread a board of one shot over all of one of them.
        words = added(request.prompt, request.shots[0].text)
        return request.with_(prompt=words, shots=(), seconds=seconds, notes=notes)
