"""Every method of the ``openai`` package, in each form in which people send it.

This file is run by the Python of a virtual environment that holds one version of the package, as
``python openai_matrix.py sync|async FOLDER [CASE…]`` with ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` set: it
asks the server at that address and prints a line of JSON for each case, by default for all. The tests read
the names of the cases from here too, so nothing but the standard library is imported before the run.

The same words drive both clients: what a synchronous one gives at once, an asynchronous one is waited for.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import openai_pictures  # noqa: F401  # adds its cases
from openai_api import CASES, JSON, Api, case

__all__ = ("CASES",)


@case
async def videos_create_multipart(api: Api) -> dict[str, Any]:
    call = api.client.videos.create(
        prompt="A paper boat", model="sora-2", seconds="8", size="1280x720",
        input_reference=("first.png", api.picture),
    )  # fmt: skip
    return await api.begun(call)


@case
async def videos_create_brackets(api: Api) -> dict[str, Any]:
    more = {"input_reference": {"image_url": api.data_url}, "seed": 7, "metadata": {"a": [1, {"b": True}]}}
    return await api.begun(
        api.client.videos.create(prompt="A paper boat", seconds="8", size="1280x720", extra_body=more)
    )


@case
async def videos_create_json(api: Api) -> dict[str, Any]:
    more = {"input_reference": {"image_url": api.data_url}}
    return await api.begun(
        api.client.videos.create(
            prompt="A paper boat", seconds="8", size="1280x720", extra_body=more, **JSON
        )
    )  # fmt: skip


@case
async def videos_create_and_poll(api: Api) -> dict[str, Any]:
    video = await api.got(
        api.client.videos.create_and_poll(prompt="A lighthouse", seconds="4", poll_interval_ms=300)
    )
    api.ids["made"] = video.id
    found = await api.saved(api.client.videos.download_content(video.id), "made.mp4")
    return {**found, "status": video.status, "progress": video.progress, "request": bool(video._request_id)}


@case
async def videos_retrieve(api: Api) -> dict[str, Any]:
    video = await api.got(api.client.videos.retrieve(api.finished))
    return {"id": video.id, "status": video.status, "progress": video.progress, "seconds": video.seconds}


@case
async def videos_poll(api: Api) -> dict[str, Any]:
    video = await api.got(api.client.videos.poll(api.finished))
    return {"id": video.id, "status": video.status}


@case
async def videos_list(api: Api) -> dict[str, Any]:
    newest = [video.id for video in await api.every(api.client.videos.list(limit=2))]
    oldest = [video.id for video in await api.every(api.client.videos.list(limit=3, order="asc"))]
    return {"newest": newest, "oldest": oldest}


@case
async def videos_download_video(api: Api) -> dict[str, Any]:
    return await api.saved(api.client.videos.download_content(api.finished, variant="video"), "video.mp4")


@case
async def videos_download_thumbnail(api: Api) -> dict[str, Any]:
    return await api.saved(
        api.client.videos.download_content(api.finished, variant="thumbnail"), "thumbnail.webp"
    )


@case
async def videos_download_spritesheet(api: Api) -> dict[str, Any]:
    return await api.saved(
        api.client.videos.download_content(api.finished, variant="spritesheet"), "spritesheet.jpg"
    )


@case
async def videos_download_streaming(api: Api) -> dict[str, Any]:
    path = api.folder / "streamed.mp4"
    opened = api.client.videos.with_streaming_response.download_content(api.finished)
    if hasattr(opened, "__aenter__"):
        async with opened as answer:
            await answer.stream_to_file(path)
    else:
        with opened as answer:
            answer.stream_to_file(path)
    return {"file": str(path), "type": answer.headers["content-type"]}


@case
async def videos_remix_json(api: Api) -> dict[str, Any]:
    return await api.begun(api.client.videos.remix(api.finished, prompt="in the rain"))


@case
async def videos_edit_multipart(api: Api) -> dict[str, Any]:
    return await api.begun(api.client.videos.edit(prompt="in the snow", video=api.clip))


@case
async def videos_edit_brackets(api: Api) -> dict[str, Any]:
    more = {"video": {"id": api.finished}}
    return await api.begun(
        api.client.videos.edit(prompt="in the snow", video=api.omit, extra_body=more)
    )  # fmt: skip


@case
async def videos_edit_json(api: Api) -> dict[str, Any]:
    body = {"prompt": "in the snow", "video": {"id": api.finished}}
    return await api.begun(api.client.post("/videos/edits", body=body, cast_to=api.Video))


@case
async def videos_extend_multipart(api: Api) -> dict[str, Any]:
    return await api.begun(api.client.videos.extend(prompt="it sails on", seconds="4", video=api.clip))


@case
async def videos_extend_brackets(api: Api) -> dict[str, Any]:
    more = {"video": {"id": api.finished}}
    return await api.begun(
        api.client.videos.extend(prompt="it sails on", seconds="4", video=api.omit, extra_body=more)
    )


@case
async def videos_extend_json(api: Api) -> dict[str, Any]:
    body = {"prompt": "it sails on", "seconds": "4", "video": {"id": api.finished}}
    return await api.begun(api.client.post("/videos/extensions", body=body, cast_to=api.Video))


@case
async def videos_characters(api: Api) -> dict[str, Any]:
    made = await api.got(api.client.videos.create_character(name="Mossy", video=api.clip))
    again = await api.got(api.client.videos.get_character(made.id))
    return {"id": made.id, "name": made.name, "again": again.id, "created": made.created_at}


@case
async def videos_delete(api: Api) -> dict[str, Any]:
    video = await api.got(api.client.videos.create(prompt="A dog"))
    gone = await api.got(api.client.videos.delete(video.id))
    return {
        "deleted": gone.deleted,
        "object": gone.object,
        "same": gone.id == video.id,
        **await missing(api, video.id),
    }


async def missing(api: Api, video: str) -> dict[str, Any]:
    import openai

    try:
        await api.got(api.client.videos.retrieve(video))
    except openai.NotFoundError as error:
        return {"code": error.code, "status": error.status_code}
    return {"code": None}


@case
async def videos_refused(api: Api) -> dict[str, Any]:
    import openai

    try:
        await api.got(api.client.videos.create(prompt="x", seconds="7"))
    except openai.BadRequestError as error:
        return {
            "param": error.param,
            "type": error.type,
            "message": error.message,
            "request": error.request_id,
        }
    return {}


async def run(client: Any, folder: Path, cases: list[str]) -> None:
    import openai
    from openai.types import Video

    api = Api(
        client, openai.omit, folder, (folder / "picture.png").read_bytes(), folder / "clip.mp4",
        os.environ["FINISHED_VIDEO"], Video,
    )  # fmt: skip
    for name in cases:
        try:
            found = {"case": name, "found": await CASES[name](api)}
        except Exception:  # what went wrong is the result of the case
            found = {"case": name, "failed": traceback.format_exc()[-3000:]}
        print(json.dumps(found), flush=True)
    if made := api.ids.get("made"):
        await api.got(client.videos.delete(made))


def main() -> None:
    import openai

    warnings.simplefilter("ignore", DeprecationWarning)  # newer versions mark their whole videos API
    mode, folder, cases = sys.argv[1], Path(sys.argv[2]), sys.argv[3:] or [*CASES]
    kind = openai.AsyncOpenAI if mode == "async" else openai.OpenAI
    asyncio.run(run(kind(max_retries=0, timeout=240), folder, cases))


if __name__ == "__main__":
    main()
