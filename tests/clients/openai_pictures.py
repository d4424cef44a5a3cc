"""Cases of `openai_matrix` about pictures, chats, models and keys."""

from __future__ import annotations

import base64
from typing import Any

from openai_api import Api, case

__all__ = ()


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
