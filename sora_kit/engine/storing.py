"""Storing what was made: files into the media store, and the rows that tell of them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from sora_kit.backends.base import Output
from sora_kit.engine.pool import Pool
from sora_kit.planning import Plan
from sora_kit.store import JobRecord, MediaStore
from sora_kit.store.ids import new_token

__all__ = ("clip_row", "store", "store_received")

MIMES = {"mp4": "video/mp4", "webm": "video/webm", "mov": "video/quicktime"}
MIMES |= {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "gif": "image/gif"}


def store(media: MediaStore, done: dict[str, Any]) -> dict[str, Any]:
    """Move what a drawing process made into the media store; the facts of it."""
    if not done.get("path"):
        return {"text": done["text"], "understood": done.get("understood") or {}}
    path = Path(done["path"])
    size = path.stat().st_size
    ext = path.suffix.removeprefix(".")
    poster = media.put_file(Path(done["poster"]), "jpg")
    facts = {name: done[name] for name in ("width", "height", "seconds", "understood")}
    return {"sha256": media.put_file(path, ext), "ext": ext, "bytes": size, "poster": poster, **facts}


async def store_received(media: MediaStore, pool: Pool, output: Output) -> dict[str, Any]:
    """Store a file as its backend sent it, bit for bit; its poster is drawn in a drawing process.

    Raises:
        UpstreamBroken: It cannot be decoded.
    """
    if output.path is None:
        return {"text": output.text, "understood": output.understood}
    done = await pool.receive(output.path)
    return await asyncio.to_thread(store, media, done | {"understood": output.understood})


def clip_row(record: JobRecord, plan: Plan, piece: dict[str, Any]) -> dict[str, Any]:
    """The clip that a job's last piece becomes."""
    understood = dict(piece["understood"])
    upstream = understood.pop("upstream", {})
    return {
        "id": record.id.replace("job_", "clip_", 1),
        "job": record.id,
        "kind": "image" if record.request.kind == "image" else "video",
        "prompt": record.prompt,
        "model": record.model,
        "style": record.style,
        "backend": plan.backend,
        "preview": plan.preview,
        "seed": record.seed,
        "created": time.time(),
        "parent": record.parent,
        "mime": MIMES[piece["ext"]],
        "token": new_token(),
        "poster_sha256": piece["poster"],
        "request": record.request.to_json(),
        "understood": understood,
        "account": piece.get("account", ""),
        "upstream": upstream,
        "upstream_id": upstream.get("generation") or upstream.get("task"),
        **{key: piece[key] for key in ("width", "height", "seconds", "sha256", "ext", "bytes")},
    }
