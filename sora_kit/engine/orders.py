"""What a step asks for, from the job, its plan and what earlier steps made.

A drawing process gets an order in JSON (see `sora_kit.engine.render`); a hosted backend gets a
`Task` and tells what an account must have for it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sora_kit.backends.base import InvalidRequest, Task
from sora_kit.backends.hosted import Hosted, Need
from sora_kit.engine.pool import Pool
from sora_kit.language.request import Request
from sora_kit.planning import SOURCE, TAKE, Plan, Step
from sora_kit.store import Clip, Clips, MediaStore

if TYPE_CHECKING:
    from sora_kit.engine.work import Running

__all__ = ("Orders",)

OWNED = ("remix", "extend", "character")
"""Kinds that start from a clip which only the account that made it may have."""


class Orders:
    """Makes orders out of steps."""

    def __init__(self, clips: Clips, media: MediaStore, pool: Pool) -> None:
        self.clips = clips
        self.media = media
        self.pool = pool

    def drawing(self, mine: Running, plan: Plan, number: int, folder: Path) -> dict[str, Any]:
        """A step for a drawing process: draw, join or cut."""
        step, source = plan.steps[number], self.source(mine)
        parts = [str(self.made(mine, source, part)) for part in step.parts]
        if step.kind == "join":
            return {"order": "join", "parts": parts, "folder": str(folder)}
        if step.kind == "cut":
            return {"order": "cut", "part": parts[0], "seconds": step.seconds, "folder": str(folder)}
        request = step.request or mine.record.request
        image, video = self.given(request, source)
        return {
            "order": "render",
            "backend": plan.backend,
            "request": request.to_json(),
            "seed": mine.record.seed,
            "image": str(image) if image else None,
            "video": str(video) if video else None,
            "continues": None if step.continues is None else str(self.made(mine, source, step.continues)),
            "options": options_from(source),
            "folder": str(folder),
        }

    async def hosted(
        self, mine: Running, plan: Plan, number: int, backend: Hosted, folder: Path | None
    ) -> tuple[Task, Need]:
        """A step for a hosted backend, and what an account must have.

        Args:
            mine: The job.
            plan: Its plan.
            number: Of the step.
            backend: Where it is made.
            folder: For the picture that it continues, where it does.

        Raises:
            BackendError: The backend cannot do it.
        """
        step, source = plan.steps[number], self.source(mine)
        request = step.request or mine.record.request
        image, video = self.given(request, None)
        if step.continues is not None:
            order = {"order": "last_frame", "path": str(self.made(mine, source, step.continues))}
            image = Path((await self.pool.run(order | {"folder": str(folder)}))["path"])
        need = backend.need(request)
        options: dict[str, Any] = {}
        if source is not None and source.backend == backend.name and request.source:
            options["source"] = source.upstream
            if source.account and request.kind in OWNED:
                need = replace(need, account=source.account)
        if request.kind == "character":
            if source is not None and not options:
                video = video or source.file
            options |= {
                key: value for key, value in (("name", request.name), ("span", request.span)) if value
            }
        return Task(request, mine.record.seed, image, video, options), need

    def kept(self, mine: Running, step: Step) -> dict[str, Any]:
        """What stays true of a piece when it is cut: who made it, and what it is called there."""
        if step.kind != "cut":
            return {}
        whole = mine.pieces[step.parts[0]] if step.parts[0] > SOURCE else {}
        return {key: whole[key] for key in ("understood", "account") if key in whole}

    def source(self, mine: Running) -> Clip | None:
        """The clip of this workspace that the request starts from."""
        named = mine.record.request.source
        return self.clips.get(named) if named and named.startswith("clip_") else None

    def made(self, mine: Running, source: Clip | None, part: int) -> Path:
        """The file of an earlier step, or of the source: a clip of ours, or one that was handed in."""
        if part == SOURCE:
            given = mine.record.request.video
            if source is not None:
                return source.file
            if given is not None:
                return self.media.find(given.sha256)
            raise InvalidRequest(
                "The clip that it starts from is gone", fix="Start it again from another one"
            )
        if part <= TAKE:
            return self.clips.get(mine.record.request.takes[TAKE - part]).file
        piece = mine.pieces[part]
        return self.media.path(piece["sha256"], piece["ext"])

    def given(self, request: Request, source: Clip | None) -> tuple[Path | None, Path | None]:
        """Files of the reference picture and clip."""
        image = self.media.find(request.image.sha256) if request.image else None
        if source is not None:
            return image, source.file
        return image, self.media.find(request.video.sha256) if request.video else None


def options_from(source: Clip | None) -> dict[str, Any]:
    """What a drawing backend may want to know of the clip that it starts from."""
    if source is None:
        return {}
    return {"source_request": source.request.to_json(), "source_understood": source.understood}
