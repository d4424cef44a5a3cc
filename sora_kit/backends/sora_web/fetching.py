"""Results: a file, as it is, or a character with a name.

A character takes more steps than a file: its portrait is fetched and sent back, and then `finalize`
gives it a name. All that may be repeated after a crash, so the names to try are a fixed row that
follows from the job's seed. Upstream does not tell the name of a character that it has already; but a
name of ours that is taken, of a cameo that was given a name before, can only be this very one.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from sora_kit.backends.base import InvalidRequest, Output, Task
from sora_kit.backends.sora_web.calling import File
from sora_kit.backends.sora_web.characters import Cameo
from sora_kit.backends.sora_web.client import SoraWeb
from sora_kit.backends.sora_web.errors import broken
from sora_kit.backends.sora_web.media import Saved

__all__ = ("fetch", "names")

TRIES = 5
"""Names that are tried for one character."""

LONGEST = 24
"""Characters of a name before its number."""


async def fetch(web: SoraWeb, task: Task, data: dict[str, Any], folder: Path) -> Output:
    """Save what a task made; see `sora_kit.backends.hosted.Hosted.fetch`."""
    kind = task.request.kind
    if kind == "enhance":
        return Output(text=str(data.get("text") or ""))
    if kind == "character":
        return await _character(web, task, str(data.get("cameo") or ""), folder)
    saved = await _save(web, str(data.get("url") or ""), folder, "image" if kind == "image" else "video")
    upstream = {name: str(data[name]) for name in ("task", "generation") if data.get(name)}
    return Output(
        saved.path,
        width=int(data.get("width") or 0),
        height=int(data.get("height") or 0),
        seconds=float(data.get("seconds") or 0.0),
        understood={"upstream": upstream},
    )


def names(task: Task, cameo: str, hint: str) -> list[str]:
    """The names to try, in order; the same ones at each repetition.

    Args:
        task: Whose ``options["name"]`` is the wanted name, if there is one.
        cameo: The cameo's id.
        hint: The name that upstream proposes.
    """
    wanted = _plain(str(task.options.get("name") or "").removeprefix("@"))
    stem = (wanted or _plain(hint.rpartition(".")[2]) or "character")[:LONGEST]
    row = [wanted[:LONGEST]] if wanted else []
    while len(row) < TRIES:
        digest = hashlib.sha256(f"{task.seed}/{cameo}/{len(row)}".encode()).digest()
        # Three digits are usual here; where they were not enough, six are never taken by chance.
        low = 100_000 if row else 100
        row.append(f"{stem}{low + int.from_bytes(digest[:4]) % (9 * low)}")
    return row


async def _save(web: SoraWeb, url: str, folder: Path, kind: str) -> Saved:
    saved = await web.fetch(url, folder / "result")
    if saved.format.kind != kind:
        raise broken(f"It is no {'picture' if kind == 'image' else 'video'}")
    path = saved.path.replace(saved.path.with_suffix(saved.format.ext))
    return Saved(path, saved.bytes, saved.format)


async def _character(web: SoraWeb, task: Task, name: str, folder: Path) -> Output:
    cameo = await web.characters.cameo(name)
    if cameo.state != "ready" or not cameo.picture_url:
        raise broken("The character has no portrait")
    portrait = await _save(web, cameo.picture_url, folder, "image")
    form = portrait.format
    picture = await web.characters.upload_picture(File(f"profile{form.ext}", form.mime, portrait.path))
    username, character = await _named(web, task, name, cameo, picture)
    await web.characters.set_visibility(name, "private" if task.options.get("private") else "public")
    character_of = {
        "username": username,
        "display_name": cameo.display_name,
        "character_id": character,
        "cameo_id": name,
    }
    upstream = {"cameo": name, "character": character}
    return Output(portrait.path, understood={"character": character_of, "upstream": upstream})


async def _named(web: SoraWeb, task: Task, name: str, cameo: Cameo, picture: str) -> tuple[str, str]:
    """Give the cameo its name.

    Returns:
        Its name and the character's id, which is empty if an earlier attempt made it and died.
    """
    row = names(task, name, cameo.username)
    for number, username in enumerate(row):
        try:
            return username, await web.characters.finalize(
                name, username=username, display_name=cameo.display_name, picture=picture
            )
        except InvalidRequest as error:
            now = await web.characters.cameo(name)
            if now.status == "finalized":  # by an earlier attempt, or by another process at this moment
                return await _earlier(web, row), now.character
            if error.code != "username_taken" or number == len(row) - 1:
                raise
    raise AssertionError("a row of names is never empty")


async def _earlier(web: SoraWeb, row: list[str]) -> str:
    """Which name an earlier attempt gave: it tried them in order, so the last one that is taken."""
    given = row[0]
    for username in row[1:]:
        if await web.account.username_free(username):
            break
        given = username
    return given


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9_]", "", name.lower())
