"""Publishing drafts. A post is everybody's to see and remix, and its owner's to delete."""

from __future__ import annotations

from typing import Any

from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from sora_kit.standins.sora_web.call import Call
from sora_kit.standins.sora_web.refusals import invalid, missing
from sora_kit.standins.sora_web.views import post as shown

__all__ = ("ROUTES",)


@post("/backend/project_y/post", name="post_create", status_code=200)
async def post_create(call: NamedDependency[Call]) -> dict[str, Any]:
    """Publish one of the account's drafts."""
    body = call.body()
    attachments = body.get("attachments_to_create")
    if not isinstance(attachments, list) or len(attachments) != 1 or not isinstance(attachments[0], dict):
        raise invalid("attachments_to_create", "attachments_to_create must hold one attachment")
    if attachments[0].get("kind") != "sora":
        raise invalid("attachments_to_create", "the attachment's kind must be sora")
    task = call.world.draft(call.account, str(attachments[0].get("generation_id")))
    if task.fates & {"sora_content_violation", "sora_error", "no_url"}:
        raise invalid("attachments_to_create", "this draft cannot be published")
    for _ in range(call.times):
        made = call.world.publish(call.account, task, str(body.get("post_text") or ""))
    return shown(made, call.account, call.world.files, call.world.files.base, call.now, call.skew)


@get("/backend/project_y/post/{post_id:str}", name="post_get")
async def post_get(call: NamedDependency[Call], post_id: FromPath[str]) -> dict[str, Any]:
    """A post of whatever account."""
    if (found := call.world.posts.get(post_id)) is None:
        raise missing("Post")
    owner = call.world.accounts[found.owner]
    return shown(found, owner, call.world.files, call.world.files.base, call.now, call.skew)


@delete("/backend/project_y/post/{post_id:str}", name="post_delete")
async def post_delete(call: NamedDependency[Call], post_id: FromPath[str]) -> None:
    """Take a post of one's own back."""
    found = call.world.posts.get(post_id)
    if found is None or call.world.accounts[found.owner] not in call.world.reach(call.account):
        raise missing("Post")
    del call.world.posts[post_id]


ROUTES = (post_create, post_get, post_delete)
