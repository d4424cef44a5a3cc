"""LiteLLM as a client of the server, as ``openai/…`` with ``OPENAI_BASE_URL`` set. See `openai_matrix`."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

__all__ = ("CASES",)

CASES: dict[str, Callable[[Path], Awaitable[dict[str, Any]]]] = {}
BASE = {"api_base": os.environ.get("OPENAI_BASE_URL")}
"""For the calls about videos, which do not read the address from the environment."""
PROVIDER = {"custom_llm_provider": "openai", **BASE}


def case(
    function: Callable[[Path], Awaitable[dict[str, Any]]],
) -> Callable[[Path], Awaitable[dict[str, Any]]]:
    """Add a case."""
    CASES[function.__name__] = function
    return function


@case
async def completion(folder: Path) -> dict[str, Any]:
    import litellm

    said = litellm.completion(
        model="openai/prompt-enhance-short-10s", messages=[{"role": "user", "content": "a cat"}]
    )
    return {"text": said.choices[0].message.content, "reason": said.choices[0].finish_reason}


@case
async def completion_async(folder: Path) -> dict[str, Any]:
    import litellm

    said = await litellm.acompletion(
        model="openai/prompt-enhance-short-10s", messages=[{"role": "user", "content": "a cat"}]
    )
    return {"text": said.choices[0].message.content, "reason": said.choices[0].finish_reason}


@case
async def completion_stream(folder: Path) -> dict[str, Any]:
    import litellm

    return told(
        list(
            litellm.completion(
                model="openai/gpt-image", messages=[{"role": "user", "content": "a fig"}], stream=True
            )
        )
    )


@case
async def completion_stream_async(folder: Path) -> dict[str, Any]:
    import litellm

    stream = await litellm.acompletion(
        model="openai/gpt-image", messages=[{"role": "user", "content": "a fig"}], stream=True
    )
    return told([chunk async for chunk in stream])


def told(chunks: list[Any]) -> dict[str, Any]:
    deltas = [chunk.choices[0].delta for chunk in chunks]
    return {
        "text": "".join(delta.content or "" for delta in deltas),
        "thoughts": [t for delta in deltas if (t := getattr(delta, "reasoning_content", None))],
        "reason": chunks[-1].choices[0].finish_reason,
    }


@case
async def image_generation(folder: Path) -> dict[str, Any]:
    import litellm

    made = litellm.image_generation(model="openai/gpt-image", prompt="a plum")
    (folder / "plum.png").write_bytes(base64.b64decode(made.data[0].b64_json))
    return {"file": str(folder / "plum.png")}


@case
async def image_edit(folder: Path) -> dict[str, Any]:
    import litellm

    with (folder / "picture.png").open("rb") as picture:
        made = litellm.image_edit(model="openai/gpt-image", image=picture, prompt="at night")
    (folder / "night.png").write_bytes(base64.b64decode(made.data[0].b64_json))
    return {"file": str(folder / "night.png")}


@case
async def video_generation(folder: Path) -> dict[str, Any]:
    import litellm

    video = litellm.video_generation(model="openai/sora-2", prompt="A paper boat", seconds="4", **BASE)
    while video.status in ("queued", "in_progress"):
        await asyncio.sleep(0.5)
        video = litellm.video_status(video_id=video.id, **PROVIDER)
    (folder / "boat.mp4").write_bytes(litellm.video_content(video_id=video.id, **PROVIDER))
    return {"file": str(folder / "boat.mp4"), "status": video.status, "object": video.object}


@case
async def video_generation_async(folder: Path) -> dict[str, Any]:
    import litellm

    video = await litellm.avideo_generation(model="openai/sora-2", prompt="A paper boat", seconds="8", **BASE)
    again = await litellm.avideo_status(video_id=video.id, **PROVIDER)
    return {"status": video.status, "again": again.status}  # its ids hold more than ours


@case
async def video_remix(folder: Path) -> dict[str, Any]:
    import litellm

    made = litellm.video_remix(video_id=os.environ["FINISHED_VIDEO"], prompt="in the rain", **PROVIDER)
    return {"status": made.status, "object": made.object}


@case
async def video_list(folder: Path) -> dict[str, Any]:
    import litellm

    found = await litellm.avideo_list(limit=3, **PROVIDER)
    return {"count": len(found if isinstance(found, list) else found["data"])}


@case
async def key_refused(folder: Path) -> dict[str, Any]:
    import litellm

    try:
        litellm.completion(
            model="openai/sora-2", messages=[{"role": "user", "content": "a cat"}], api_key="sk-wrong"
        )
    except litellm.AuthenticationError as error:
        return {"message": str(error)}
    return {}


async def main() -> None:
    import litellm

    litellm.num_retries = 0
    folder = Path(sys.argv[1])
    for name, function in CASES.items():
        try:
            found = {"case": name, "found": await function(folder)}
        except Exception:  # what went wrong is the result of the case
            found = {"case": name, "failed": traceback.format_exc()[-3000:]}
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
