"""A workspace with any number of clips in it, without drawing them: rows of one job and clip each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from sora_kit.language import parse
from sora_kit.store.ids import new_token
from sora_kit.store.tables import clip, job

if TYPE_CHECKING:
    from sora_kit import Studio

WORDS = ("kitten", "sailboat", "whale", "camel", "lighthouse", "astronaut", "horse")


def fill(studio: Studio, number: int) -> list[str]:
    """Write ``number`` finished jobs with their clips; returns the ids of the jobs, oldest first.

    They share one (real, tiny) poster; the media file itself is missing, which nobody looks at.
    """
    from io import BytesIO

    from PIL import Image

    picture = BytesIO()
    Image.new("RGB", (64, 36), (90, 140, 200)).save(picture, "JPEG")
    poster = studio.workspace.media.put_bytes(picture.getvalue(), "jpg")
    now = time.time() - number * 60
    jobs: list[dict[str, Any]] = []
    clips: list[dict[str, Any]] = []
    for n in range(number):
        name = f"{n:026d}"
        request = parse(f"A {WORDS[n % len(WORDS)]}, number {n}", model="sora2-landscape-10s")
        at = now + n * 60
        shared = {
            "kind": "video", "prompt": request.prompt, "model": request.model, "style": None,
            "backend": "animatic", "seed": n, "created": at, "parent": None, "request": request.to_json(),
        }  # fmt: skip
        jobs.append(
            shared | {
                "id": f"job_{name}", "state": "completed", "progress": 100.0, "plan": {}, "started": at,
                "clips": [f"clip_{name}"], "finished": at + 4, "updated": at + 4, "attempts": 1,
                "timings": {},
            }
        )  # fmt: skip
        clips.append(
            shared | {
                "id": f"clip_{name}", "job": f"job_{name}", "preview": True, "seconds": 10.0, "width": 1280,
                "height": 720, "sha256": f"{n:064x}", "ext": "mp4", "mime": "video/mp4", "bytes": 1,
                "token": new_token(), "poster_sha256": poster, "understood": {}, "upstream": {}, "tags": [],
            }
        )  # fmt: skip
    with studio.workspace.database.write() as connection:
        connection.execute(sa.insert(job), jobs)
        connection.execute(sa.insert(clip), clips)
    return [one["id"] for one in jobs]
