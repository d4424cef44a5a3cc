"""``/admin/clips``: the results of all, whoever asked for them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

import msgspec
from litestar import delete, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from sora_kit.errors import NotFound
from sora_kit.server.addresses import base_url, media_url, poster_url
from sora_kit.server.admin_bodies import given
from sora_kit.server.video_object import job_id
from sora_kit.server.visible import Wire
from sora_kit.store import Clip
from sora_kit.store.jobsearch import HERE
from sora_kit.store.masking import mask
from sora_kit.studio import Studio

__all__ = ("HANDLERS", "clip_named")


class ClipChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    favourite: Annotated[bool | UnsetType, Meta(description="Whether it has a star")] = UNSET
    tags: Annotated[
        list[str] | UnsetType, Meta(description="All its tags, in place of those it has; kept in lower case")
    ] = UNSET


class ClipDetails(msgspec.Struct):
    """A result: a video or a picture."""

    id: str
    job: Annotated[str, Meta(description="Id of the job that made it")]
    owner: Annotated[str, Meta(description="Id of the API key that asked for it; empty for this computer")]
    kind: Literal["video", "image"]
    prompt: str
    model: str
    style: str | None
    backend: str
    account: Annotated[str, Meta(description="Id of the account that made it, or empty")]
    preview: Annotated[bool, Meta(description="Drawn, and not footage")]
    seconds: Annotated[float, Meta(description="0 for a picture")]
    width: int
    height: int
    seed: int
    bytes: int
    mime: str
    created: Annotated[float, Meta(description="Unix seconds")]
    parent: Annotated[str | None, Meta(description="Id of the clip that it was made from")]
    upstream_id: Annotated[str | None, Meta(description="What its backend calls it")]
    favourite: bool
    tags: list[str]
    url: str
    poster_url: str
    object: Literal["clip"] = "clip"


class ClipPage(msgspec.Struct):
    """A page of clips, newest first."""

    data: list[ClipDetails]
    first_id: str | None
    last_id: str | None
    has_more: bool
    object: Literal["list"] = "list"


class ClipGone(msgspec.Struct):
    """A clip that was deleted."""

    id: str
    deleted: bool = True
    object: Literal["clip.deleted"] = "clip.deleted"


class TagUse(msgspec.Struct):
    """A tag, and how many clips have it."""

    tag: str
    clips: int


class TagList(msgspec.Struct):
    """The tags in use, the most used first."""

    data: list[TagUse]
    object: Literal["list"] = "list"


@get("/clips", summary="List the clips")
async def list_clips(
    request: Wire,
    studio: NamedDependency[Studio],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    after: FromQuery[str | None] = None,
    kind: FromQuery[Literal["video", "image"] | None] = None,
    favourite: FromQuery[bool] = False,
    tag: FromQuery[str] = "",
    owner: FromQuery[str] = "",
    search: FromQuery[str] = "",
) -> ClipPage:
    """A page of clips, newest first; go on with ``after`` = the page's ``last_id``.

    ``favourite=true`` are those with a star, ``owner`` is the id or name of a key or ``local``, ``search`` a
    part of the prompt or of a tag.
    """
    found = studio.clips(
        limit=limit + 1,
        before=after,
        search=search[:200],
        favourite=favourite,
        tag=tag.strip().removeprefix("#").lower(),
        kind=kind or "",
        owner=owner_named(studio, owner),
    )
    data = shown(request, studio, found[:limit])
    return ClipPage(
        data, data[0].id if data else None, data[-1].id if data else None, has_more=len(found) > limit
    )


@get("/clips/tags", summary="List the tags of clips")
async def list_tags(studio: NamedDependency[Studio], owner: FromQuery[str] = "") -> TagList:
    """The tags in use, of all clips or of one owner's."""
    counted = studio.clips_table.tags(owner_named(studio, owner))
    return TagList([TagUse(tag, clips) for tag, clips in counted.items()])


@get("/clips/{clip:str}", summary="Look at one clip")
async def read_clip(request: Wire, studio: NamedDependency[Studio], clip: FromPath[str]) -> ClipDetails:
    """One clip, by its id or its job's."""
    return shown(request, studio, [clip_named(studio, clip)])[0]


@patch("/clips/{clip:str}", summary="Change a clip")
async def edit_clip(
    request: Wire, studio: NamedDependency[Studio], clip: FromPath[str], data: JSONBody[ClipChange]
) -> ClipDetails:
    """Give it a star or tags, or take them back."""
    marked = studio.mark(clip_named(studio, clip), **given(data))
    return shown(request, studio, [marked])[0]


@delete("/clips/{clip:str}", status_code=200, summary="Delete a clip")
async def delete_clip(studio: NamedDependency[Studio], clip: FromPath[str]) -> ClipGone:
    """Delete a clip and its files; its job stays."""
    gone = clip_named(studio, clip)
    studio.delete(gone)
    return ClipGone(gone.id)


def clip_named(studio: Studio, which: str) -> Clip:
    """A clip, by its id, its job's or its video's.

    Raises:
        NotFound: There is none.
    """
    return studio.clip(job_id(which) if which.startswith("video_") else which)


def owner_named(studio: Studio, owner: str) -> str | None:
    """The owner that a query means; None for all."""
    if not owner:
        return None
    if owner == HERE:
        return ""
    try:
        return studio.keys.get(owner).id
    except NotFound:
        return owner  # a visitor of a page, or nobody


def shown(request: Wire, studio: Studio, clips: Collection[Clip]) -> list[ClipDetails]:
    """Clips as they are shown, in their order."""
    owners = {record.id: record.owner for record in studio.jobs_table.some([one.job for one in clips])}
    base = base_url(request)
    return [
        ClipDetails(
            id=one.id,
            job=one.job,
            owner=owners.get(one.job, ""),
            kind="video" if one.kind == "video" else "image",
            prompt=mask(one.prompt),  # people write anything into it
            model=one.model,
            style=one.style,
            backend=one.backend,
            account=one.account,
            preview=one.preview,
            seconds=one.seconds,
            width=one.width,
            height=one.height,
            seed=one.seed,
            bytes=one.bytes,
            mime=one.mime,
            created=one.created,
            parent=one.parent,
            upstream_id=one.upstream_id,
            favourite=one.favourite,
            tags=list(one.tags),
            url=media_url(base, one),
            poster_url=poster_url(base, one),
        )
        for one in clips
    ]


HANDLERS = (list_clips, list_tags, read_clip, edit_clip, delete_clip)
