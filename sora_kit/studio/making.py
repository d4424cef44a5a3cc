"""Making: from words to a durable job, and stopping it."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any, Literal, Unpack

from sora_kit import backends
from sora_kit.backends.hosted import is_hosted
from sora_kit.engine.job import Job
from sora_kit.errors import InvalidInput
from sora_kit.language import Kind, MediaRef, Request, Style, find_model, parse, read_scenes, to_prompt
from sora_kit.language.storyboard import Storyboard
from sora_kit.planning import Plan
from sora_kit.planning.planner import plan as planned_on
from sora_kit.planning.prices import SETTING as PRICES
from sora_kit.planning.prices import read_prices
from sora_kit.store import Clip, JobRecord
from sora_kit.store.allowance import permit
from sora_kit.store.ids import new_id
from sora_kit.store.sequels import Sequel
from sora_kit.studio.deciding import Deciding
from sora_kit.studio.opened import named_backend
from sora_kit.studio.options import AS_SOURCE, Options, known_options, makes_videos, source_id
from sora_kit.studio.sources import (
    as_character,
    as_given,
    as_source,
    found_source,
    is_foreign,
    origin_of,
    roles_of,
    taken,
    takes_of,
)

__all__ = ("Making", "Options")


class Making(Deciding):
    """The writing half of a studio."""

    def video(
        self,
        prompt: str | Storyboard = "",
        *,
        source: str | Clip | None = None,
        key: str | None = None,
        **options: Unpack[Options],
    ) -> Job:
        """Start a video.

        Args:
            prompt: Text, which may hold a style tag ``{anime}``, shots ``[5.0s]…`` and ``@names``; or a
                `Storyboard`.
            source: A clip (or its id) to remix.
            key: Idempotency key: asked again with the same key, it gives the same job.
            **options: See `Options`.

        Returns:
            The job, already durable. ``await`` it or call ``.result()`` for the clip.

        Raises:
            InvalidInput: Something does not fit; nothing was started.
        """
        return self.start("video", prompt, source, key, options)

    def image(self, prompt: str = "", *, key: str | None = None, **options: Unpack[Options]) -> Job:
        """Start a picture; as `video`."""
        return self.start("image", prompt, None, key, options)

    def remix(
        self, source: str | Clip, prompt: str, *, key: str | None = None, **options: Unpack[Options]
    ) -> Job:
        """Start a variation of a clip; ``prompt`` tells what changes.

        Model, length and size are those of the source unless given; so is the style.
        """
        return self.start("remix", prompt, source, key, options)

    def extend(
        self, source: str | Clip, prompt: str, *, key: str | None = None, **options: Unpack[Options]
    ) -> Job:
        """Start a continuation of a clip by ``seconds`` (10 or 15); the result holds both."""
        return self.start("extend", prompt, source, key, options)

    def enhance(
        self,
        prompt: str,
        *,
        level: Literal["short", "medium", "long"] = "medium",
        seconds: int = 10,
        style: str | Style | None = None,
        backend: str | None = None,
        key: str | None = None,
    ) -> Job:
        """Start an expansion of a prompt; the result is a str.

        Args:
            prompt: What to expand.
            level: How far.
            seconds: Length of the video that it is for: 10, 15 or 20.
            style: Style to write for.
            backend: Backend that writes it.
            key: Idempotency key.

        Raises:
            InvalidInput: There is no such level or length, or the backend cannot do it.
        """
        model = f"prompt-enhance-{level}-{seconds}s"
        options: Options = {"model": model, "style": style, "backend": backend}
        return self.start("enhance", prompt, None, key, options)

    def request(
        self,
        prompt: str | Storyboard = "",
        kind: Kind | None = None,
        *,
        source: str | Clip | None = None,
        **options: Unpack[Options],
    ) -> Request:
        """What a prompt and its options ask for. Reference media are checked and stored.

        Args:
            prompt: As for `video`.
            kind: What to make; None follows from the model and the text.
            source: A clip (or its id) to remix or extend.
            **options: See `Options`.

        Raises:
            InvalidInput: Something does not fit.
            TypeError: An option that does not exist.
        """
        known_options(options)
        self.must_be_open()
        given: dict[str, Any] = dict(options)
        if takes := given.pop("takes", None):
            return taken(self, self.request(prompt, kind, source=source, **given), takes)
        for name in ("image", "video"):
            if given.get(name) is not None:
                given[name] = self.loop.run(self.intake.thing(given[name], name))
        if kind == "video" and given.get("model") is not None:
            kind = None  # the model tells, and it may be one that extends
        if given.get("video") is not None and kind in (None, "video") and makes_videos(given.get("model")):
            kind = "remix"
        clip = self.clip_or_none(source)
        if clip is None or kind not in (None, "video", "remix") or given.keys() & AS_SOURCE:
            return parse(prompt, kind=kind, source=clip.id if clip else source_id(source), **given)
        if find_model(clip.model).kind == "video":
            given["model"] = clip.model
        request = parse(prompt, kind=kind, source=clip.id, **given)
        if request.kind != "remix":
            return request
        seconds = request.seconds if request.shots else clip.seconds
        return request.with_(seconds=seconds, width=clip.width, height=clip.height)

    def plan(
        self,
        prompt: str | Storyboard = "",
        kind: Kind | None = None,
        *,
        source: str | Clip | None = None,
        **options: Unpack[Options],
    ) -> Plan:
        """What a request would do, how long it takes and what it costs. Nothing is started."""
        return self.planned(self.request(prompt, kind, source=source, **options))

    def planned(self, request: Request, *, owner: str = "") -> Plan:
        """The plan of a request.

        Args:
            request: What is wanted.
            owner: Id of the API key that asks; see `submit`.

        Raises:
            InvalidInput: No backend can do it, or its source is not here.
            InvalidRequest: The backend says that it cannot.
            NotAllowed: The key may not make such a thing.
        """
        permit(self.workspace.database, owner, request.kind, request.model)
        return self.plan_for(request, self.source_of(request, owner))

    def plan_for(self, request: Request, source: Clip | None) -> Plan:
        """The plan of a request whose source was looked up."""
        request = as_source(request, source)
        name = named_backend(request.backend or self.backend)
        backend = backends.get(name)
        made = planned_on(
            request,
            name,
            backend.capabilities,
            read_scenes,
            origin=origin_of(request, source, backend, self.clips_table),
            roles=roles_of(request, self.characters_table),
            takes=takes_of(request, self.clips_table),
            prices=read_prices(self.settings.get(PRICES)),
        )
        if is_hosted(backend):
            for step in made.steps:
                if step.request is not None:
                    backend.need(step.request)  # refuses what the backend cannot even be told
        return made

    def start(
        self,
        kind: Kind,
        prompt: str | Storyboard,
        source: str | Clip | None,
        key: str | None,
        options: Options,
    ) -> Job:
        """Parse, and submit."""
        known_options(options)
        return self.submit(self.request(prompt, kind, source=source, **options), key=key)

    def submit(
        self,
        request: Request,
        *,
        owner: str | None = None,
        key: str | None = None,
        then: tuple[str, Request] | None = None,
    ) -> Job:
        """Start a job for a request whose media are stored already.

        Args:
            request: What is wanted.
            owner: Id of the API key that asks, empty for somebody at this computer; None for `owner`.
            key: Idempotency key, per owner.
            then: For a character: key and request of the video that is to be made with it; see `following`.

        Raises:
            InvalidInput: The backend cannot do it, or its source is not here.
            NotAllowed: The key may not make such a thing.
            LimitReached: The key has too many jobs in hand, or no money left today.
        """
        self.must_be_open()
        owner = self.owner if owner is None else owner
        source = self.source_of(request, owner)
        request = as_source(request, source)
        if request.kind == "character":
            again = self.jobs_table.by_key(owner, key)
            backend = named_backend(request.backend or self.backend)
            request = as_character(request, source, self.characters_table, backend, again)
        steps = self.plan_for(request, source)
        now = time.time()
        new = JobRecord(
            id=new_id("job"), kind=request.kind, state="queued", stage="", progress=0.0, place=None,
            prompt=to_prompt(request.with_(style=None, source=None)), model=request.model,
            style=request.style, backend=steps.backend, owner=owner, attempts=0, request=request,
            plan=steps.to_json(), clips=(), text="", error=None, created=now, started=None, finished=None,
            parent=source.id if source else None, runner=self.part.runner_id, updated=now, revision=0,
            seed=request.seed if request.seed is not None else random.randrange(2**31),  # noqa: S311 (a picture's seed)
        )  # fmt: skip
        follows = Sequel(new.id, owner, *then) if then is not None else None
        record = self.jobs_table.add(new, key, limited=True, then=follows)
        if record.id != new.id and record.request != request:
            raise InvalidInput(
                f"The key {key!r} belongs to another request",
                why=f"{record.id} was started with it: {record.prompt[:80]}",
                fix="Use a new key for a new request",
                param="key",
                code="key_reused",
            )
        if record.id == new.id:
            self.loop.loop.call_soon_threadsafe(self.tell_new, record)
        return Job(self, record)

    def retry(self, job_id: str, *, same_seed: bool = False, key: str | None = None) -> Job:
        """Start a new job from the request of an earlier one, however that ended.

        Args:
            job_id: The earlier job.
            same_seed: Take its seed, too: the same picture again, where the backend can.
            key: Idempotency key.

        Raises:
            NotFound: No such job here.
            InvalidInput: It can no longer be done, for example because its source was deleted.
        """
        earlier = self.record(job_id)
        seed = earlier.seed if same_seed else earlier.request.seed
        return self.submit(earlier.request.with_(seed=seed), key=key)

    async def accept(
        self,
        request: Request,
        *,
        owner: str = "",
        key: str | None = None,
        then: tuple[str, Request] | None = None,
    ) -> Job:
        """As `submit`, on the loop, for requests whose media are still URLs: they are fetched first."""
        request = await self.intake.request(request)
        return self.submit(await self.within_clip(request), owner=owner, key=key, then=then)

    async def within_clip(self, request: Request) -> Request:
        """A request with what it leaves to the clip that came with it; on the loop. See `as_given`."""
        return await as_given(request, self.workspace.media)

    async def store_media(self, data: bytes | Path, *, kind: str = "image") -> MediaRef:
        """Check and store a picture or clip: its bytes, or a file, which stays as it is."""
        return await self.intake.thing(data, kind)

    def clip_or_none(self, source: str | Clip | None) -> Clip | None:
        """The clip that somebody names, if it is one of this workspace."""
        if isinstance(source, Clip):
            return self.clip(source.id)
        if not source_id(source, "").startswith(("clip_", "job_")):
            return None
        return self.clip(source_id(source, ""))

    def source_of(self, request: Request, owner: str = "") -> Clip | None:
        """The clip that a request starts from; None for one that only the backend knows.

        Raises:
            InvalidInput: It is not here, and the backend takes only what is; or it is a picture.
        """
        if not request.source:
            return None
        clip = found_source(self, request.source, owner)
        if clip is None:
            name = named_backend(request.backend or self.backend)
            if backends.get(name).capabilities.foreign_sources and is_foreign(request.source):
                return None
            raise InvalidInput(
                f"The source {request.source} is not in this workspace",
                why="Only clips that were made or imported here can be remixed or extended",
                fix="Take an id from studio.results()",
                param="source",
                code="source_not_found",
            )
        if clip.kind != "video":
            raise InvalidInput(
                f"{clip.id} is a picture, and only videos can be remixed or extended",
                fix="Start a video on it with image=clip, or a new picture",
                param="source",
            )
        return clip

    def tell_new(self, record: JobRecord) -> None:
        """A job was written: tell followers and our runner."""
        self.hub.publish(record)
        if self.part.runner is not None:
            self.part.runner.new_job(record)

    def cancel(self, job_id: str) -> bool:
        """Stop a job, wherever it runs; False when it had ended.

        Raises:
            NotFound: No such job here.
        """
        self.record(job_id)
        asked = self.jobs_table.ask_to_cancel(job_id)
        self.loop.loop.call_soon_threadsafe(self.tell_cancelled, job_id)
        return asked

    def tell_cancelled(self, job_id: str) -> None:
        """Stop it here at once, and tell followers."""
        if self.part.runner is not None:
            self.part.runner.stop_job(job_id)
        for record in self.jobs_table.some([job_id]):  # it may be deleted by now
            self.hub.publish(record)

    def job(self, job_id: str) -> Job:
        """A handle of a job, by its id.

        Raises:
            NotFound: No such job here.
        """
        return Job(self, self.record(job_id))
