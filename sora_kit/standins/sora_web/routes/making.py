"""Everything that starts a task, and the enhancer of prompts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sora_kit.standins.sora_web import ids
from sora_kit.standins.sora_web.call import Call
from sora_kit.standins.sora_web.refusals import invalid, refusal
from sora_kit.standins.sora_web.wishes import check_image, check_plan, check_video, extent, mentions, remixed
from sora_kit.standins.sora_web.work import Task

__all__ = ("ROUTES",)

EXTENSIONS = (10, 15)
LEVELS = ("short", "medium", "long")


@post("/backend/nf/create", name="nf_create", status_code=200)
async def nf_create(call: NamedDependency[Call]) -> dict[str, Any]:
    """Text, or a picture, to video; or the remix of a post."""
    body = call.body()
    check_video(call.world, call.account, body)
    target = remixed(call.world, body)
    cameos = mentions(call.world, call.account, body["prompt"])
    width, height, seconds = extent(body)
    answer = _start(
        call,
        Task(
            "",
            "video",
            "",
            0,
            call.world.latency,
            body,
            width,
            height,
            seconds,
            cameos=cameos,
            parent_post=target,
        ),
    )
    if target is not None:
        call.world.posts[target].remixes += 1
    return answer


@post("/backend/nf/create/storyboard", name="storyboard", status_code=200)
async def storyboard(call: NamedDependency[Call]) -> dict[str, Any]:
    """A video of several shots, written into one prompt."""
    body = call.body()
    check_video(call.world, call.account, body)
    cameos = mentions(call.world, call.account, body["prompt"])
    width, height, seconds = extent(body)
    return _start(
        call, Task("", "video", "", 0, call.world.latency, body, width, height, seconds, cameos=cameos)
    )


@post(
    "/backend/project_y/profile/drafts/{generation_id:str}/long_video_extension",
    name="extension",
    status_code=200,
)
async def extension(call: NamedDependency[Call], generation_id: FromPath[str]) -> dict[str, Any]:
    """A draft, made longer: the result is a new draft of both lengths together."""
    body = call.body()
    call.text("user_prompt")
    length = body.get("extension_duration_s")
    if isinstance(length, bool) or length not in EXTENSIONS:
        raise invalid("extension_duration_s", "extension_duration_s must be 10 or 15")
    before = call.world.draft(call.account, generation_id)
    if before.fates & {"sora_content_violation", "sora_error", "no_url"}:
        raise invalid("generation_id", "this draft cannot be extended")
    more = {"orientation": before.body.get("orientation"), "n_frames": before.body.get("n_frames")}
    task = replace(
        before, body=more | body, seconds=before.seconds + length, fates=frozenset(), parent_post=None
    )
    return _start(call, task, asked=body | {"generation_id": generation_id})


@post("/backend/video_gen", name="video_gen", status_code=200)
async def video_gen(call: NamedDependency[Call]) -> dict[str, Any]:
    """A picture, despite the name. Pictures use up no quota and no place."""
    body, world, account = call.body(), call.world, call.account
    check_image(world, account, body)
    task = Task("", "image", "", 0, world.latency, body, body["width"], body["height"], 0)
    for _ in range(call.times):
        made = _accept(call, task, body)
    return {"id": made.id}


@post("/backend/editor/enhance_prompt", name="enhance_prompt", status_code=200)
async def enhance_prompt(call: NamedDependency[Call]) -> dict[str, Any]:
    """A shooting script for a few words."""
    from sora_kit.language.enhance import enhance

    prompt, body = call.text("prompt"), call.body()
    level, length = body.get("expansion_level"), body.get("duration_s")
    if level not in LEVELS:
        raise invalid("expansion_level", "expansion_level must be short, medium or long")
    if isinstance(length, bool) or length not in (10, 15, 20):
        raise invalid("duration_s", "duration_s must be 10, 15 or 20")
    return {"enhanced_prompt": enhance(prompt, level, length)}


def _start(call: Call, task: Task, asked: dict[str, Any] | None = None) -> dict[str, Any]:
    """Accept a video if there is a place and quota for it.

    Raises:
        Refusal: 429: too many run, or the quota is used up.
    """
    world, account = call.world, call.account
    check_plan(account, task.body)
    for _ in range(call.times):
        now = call.now
        running = len(account.running(now))
        if running >= world.concurrency:
            raise refusal("too_many_concurrent_tasks", tasks=running)
        if not account.quota.left(now):
            raise refusal("rate_limit_exhausted", resets=account.quota.state(now)["access_resets_in_seconds"])
        account.quota.take(now)
        made = _accept(call, task, asked or task.body)
        world.ledger.running(account.email, len(account.running(now)))
    return {"id": made.id, "rate_limit_and_credit_balance": account.quota.state(call.now)}


def _accept(call: Call, task: Task, asked: dict[str, Any]) -> Task:
    """Enter a task of that description."""
    world, now = call.world, call.now
    made = replace(
        task,
        id=ids.ulid("task_", now),
        generation=ids.ulid("gen_", now),
        created=now,
        latency=world.latency.drawn(world.rng),
        fates=call.fates,
        skew=call.skew,
    )
    call.account.tasks[made.id] = made
    key = call.headers.get("idempotency-key")
    world.ledger.accept(call.endpoint, call.account.email, asked, made.id, now=now, key=key)
    return made


ROUTES = (nf_create, storyboard, extension, video_gen, enhance_prompt)
