"""Every method of the ``openai`` package, in each form in which people send it.

This file is run by the Python of a virtual environment that holds one version of the package, as
``python openai_matrix.py sync|async FOLDER`` with ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` set: it asks
the server at that address and prints a line of JSON for each case. The tests read the names of the cases
from here too, so nothing but the standard library is imported before the run.

The same words drive both clients: what a synchronous one gives at once, an asynchronous one is waited for.
"""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import os
import sys
import traceback
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ("CASES",)

CASES: dict[str, Callable[[Api], Awaitable[dict[str, Any]]]] = {}
JSON = {"extra_headers": {"Content-Type": "application/json"}}


@dataclass
class Api:
    """A client, and what the cases share."""

    client: Any
    omit: Any
    folder: Path
    picture: bytes
    clip: Path
    finished: str
    """A video that is completed."""
    Video: Any
    ids: dict[str, str] = field(default_factory=dict)

    async def got(self, value: Any) -> Any:
        """What a call gives, whichever client made it."""
        return await value if inspect.isawaitable(value) else value

    async def every(self, value: Any) -> list[Any]:
        """All items of a page, its followers, or a stream."""
        if not hasattr(value, "__aiter__"):
            value = await self.got(value)
        return [one async for one in value] if hasattr(value, "__aiter__") else list(value)

    @property
    def data_url(self) -> str:
        """The picture as text."""
        return "data:image/png;base64," + base64.b64encode(self.picture).decode()

    async def begun(self, call: Any) -> dict[str, Any]:
        """A video that was accepted; it is not waited for."""
        video = await self.got(call)
        await self.got(self.client.videos.delete(video.id))
        return {
            "id": video.id, "status": video.status, "model": video.model, "seconds": video.seconds,
            "size": video.size, "remixed": video.remixed_from_video_id, "prompt": video.prompt,
        }  # fmt: skip

    async def saved(self, content: Any, name: str) -> dict[str, Any]:
        """A download in a file, for the test to decode."""
        content = await self.got(content)
        path = self.folder / name
        written = content.write_to_file(path) if hasattr(content, "write_to_file") else None
        await self.got(written)
        return {"file": str(path), "type": content.response.headers["content-type"]}


def case(function: Callable[[Api], Awaitable[dict[str, Any]]]) -> Callable[[Api], Awaitable[dict[str, Any]]]:
    """Add a case."""
    CASES[function.__name__] = function
    return function


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


@case
async def images_generate_b64(api: Api) -> dict[str, Any]:
    made = await api.got(
        api.client.images.generate(model="gpt-image", prompt="A lemon", n=2, response_format="b64_json")
    )
    for number, one in enumerate(made.data):
        (api.folder / f"lemon{number}.png").write_bytes(base64.b64decode(one.b64_json))
    return {
        "files": [str(api.folder / f"lemon{n}.png") for n in range(len(made.data))],
        "urls": [d.url for d in made.data],
    }


@case
async def images_generate_url(api: Api) -> dict[str, Any]:
    made = await api.got(
        api.client.images.generate(prompt="A lime", size="1536x1024", response_format="url")
    )  # fmt: skip
    return {"url": made.data[0].url, "b64": made.data[0].b64_json, "size": made.size}


@case
async def images_generate_stream(api: Api) -> dict[str, Any]:
    call = api.client.images.generate(model="gpt-image", prompt="A pear", stream=True, partial_images=2)
    return images_told(api, await api.every(call), "pear.png")


def images_told(api: Api, events: list[Any], name: str) -> dict[str, Any]:
    (api.folder / name).write_bytes(base64.b64decode(events[-1].b64_json))
    return {
        "types": [event.type for event in events],
        "file": str(api.folder / name),
        "usage": events[-1].usage is not None,
    }


@case
async def images_edit_multipart(api: Api) -> dict[str, Any]:
    made = await api.got(
        api.client.images.edit(model="gpt-image", image=("a.png", api.picture), prompt="At night")
    )
    (api.folder / "night.png").write_bytes(base64.b64decode(made.data[0].b64_json))
    return {"files": [str(api.folder / "night.png")]}


@case
async def images_edit_brackets(api: Api) -> dict[str, Any]:
    made = await api.got(
        api.client.images.edit(
            model="gpt-image", image=[("a.png", api.picture)], prompt="At night", response_format="b64_json"
        )
    )  # fmt: skip
    (api.folder / "night2.png").write_bytes(base64.b64decode(made.data[0].b64_json))
    return {"files": [str(api.folder / "night2.png")]}


@case
async def images_edit_json(api: Api) -> dict[str, Any]:
    body = {"model": "gpt-image", "prompt": "At night", "images": [{"image_url": api.data_url}]}
    made = await api.got(api.client.post("/images/edits", body=body, cast_to=object))
    (api.folder / "night3.png").write_bytes(base64.b64decode(made["data"][0]["b64_json"]))
    return {"files": [str(api.folder / "night3.png")]}


@case
async def images_edit_stream(api: Api) -> dict[str, Any]:
    call = api.client.images.edit(
        model="gpt-image", image=("a.png", api.picture), prompt="At dawn", stream=True, partial_images=1
    )
    return images_told(api, await api.every(call), "dawn.png")


@case
async def chat_whole(api: Api) -> dict[str, Any]:
    said = await api.got(
        api.client.chat.completions.create(
            model="prompt-enhance-short-10s", messages=[{"role": "user", "content": "a cat"}]
        )
    )
    choice = said.choices[0]
    return {"text": choice.message.content, "reason": choice.finish_reason, "object": said.object}


@case
async def chat_stream(api: Api) -> dict[str, Any]:
    content = [
        {"type": "text", "text": "this at night"},
        {"type": "image_url", "image_url": {"url": api.data_url}},
    ]
    call = api.client.chat.completions.create(
        model="gpt-image", messages=[{"role": "user", "content": content}], stream=True,
        stream_options={"include_usage": True},
    )  # fmt: skip
    chunks = await api.every(call)
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    return {
        "text": "".join(delta.content or "" for delta in deltas),
        "thoughts": [t for delta in deltas if (t := getattr(delta, "reasoning_content", None))],
        "role": deltas[0].role,
        "reason": chunks[-2].choices[0].finish_reason,
        "usage": chunks[-1].usage is not None,
        "ids": len({chunk.id for chunk in chunks}),
    }


@case
async def chat_title(api: Api) -> dict[str, Any]:
    errand = "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history."
    said = await api.got(
        api.client.chat.completions.create(model="sora-2", messages=[{"role": "user", "content": errand}])
    )
    return {"text": said.choices[0].message.content}


@case
async def models_list(api: Api) -> dict[str, Any]:
    return {"ids": [model.id for model in await api.every(api.client.models.list())]}


@case
async def models_retrieve(api: Api) -> dict[str, Any]:
    import openai

    found = await api.got(api.client.models.retrieve("sora-2-pro"))
    try:
        await api.got(api.client.models.retrieve("org/model"))
    except openai.NotFoundError as error:
        return {"id": found.id, "owner": found.owned_by, "code": error.code}
    return {"id": found.id}


@case
async def key_refused(api: Api) -> dict[str, Any]:
    import openai

    stranger = api.client.with_options(api_key="sk-wrong")
    try:
        await api.got(stranger.models.retrieve("sora-2"))
    except openai.AuthenticationError as error:
        return {"code": error.code, "message": error.message}
    return {}


async def run(client: Any, folder: Path) -> None:
    import openai
    from openai.types import Video

    api = Api(
        client, openai.omit, folder, (folder / "picture.png").read_bytes(), folder / "clip.mp4",
        os.environ["FINISHED_VIDEO"], Video,
    )  # fmt: skip
    for name, function in CASES.items():
        try:
            found = {"case": name, "found": await function(api)}
        except Exception:  # what went wrong is the result of the case
            found = {"case": name, "failed": traceback.format_exc()[-3000:]}
        print(json.dumps(found), flush=True)
    if made := api.ids.get("made"):
        await api.got(client.videos.delete(made))


def main() -> None:
    import openai

    warnings.simplefilter("ignore", DeprecationWarning)  # newer versions mark their whole videos API
    mode, folder = sys.argv[1], Path(sys.argv[2])
    kind = openai.AsyncOpenAI if mode == "async" else openai.OpenAI
    asyncio.run(run(kind(max_retries=0, timeout=240), folder))


if __name__ == "__main__":
    main()
