"""Characters: a piece of video becomes a cameo, which is worked on, and then a character with a name.

The path: `character_upload` or `character_from_generation`, then `cameo_status` until it says
``Completed``, then the suggested picture is fetched and sent back (`file_upload`), then
`character_finalize`. A prompt names the character as ``@username``.
"""

from __future__ import annotations

import re
from typing import Any

from litestar import Request, delete, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath

from sora_kit.errors import BadMedia
from sora_kit.media.sniff import sniff
from sora_kit.standins.sora_web import ids
from sora_kit.standins.sora_web.account import Cameo, Upload
from sora_kit.standins.sora_web.call import Call
from sora_kit.standins.sora_web.refusals import Refusal, envelope, invalid, missing

__all__ = ("ROUTES",)

Wire = Request[Any, Any, Any]

NAMES = ("quietfox.dancer", "bluewren.sailor", "oldmill.baker", "redkite.singer", "lowtide.painter")
STEPS = ("Uploading", "Analyzing video", "Creating character")
_SECONDS = re.compile(r"\d+(\.\d+)?,\d+(\.\d+)?")
_USERNAME = re.compile(r"[\w.]{1,40}")


@post("/backend/uploads", name="uploads", status_code=200)
async def uploads(request: Wire, call: NamedDependency[Call]) -> dict[str, Any]:
    """A picture to start a video from. The answer's ``id`` goes into ``inpaint_items``."""
    kept = await _file(request, "image", f"media_{ids.hex_id('')}")
    call.account.uploads[kept.id] = kept
    return {"id": kept.id, "type": "image", "mime_type": kept.mime}


@post("/backend/project_y/file/upload", name="file_upload", status_code=200)
async def file_upload(request: Wire, call: NamedDependency[Call]) -> dict[str, Any]:
    """The profile picture of a character."""
    form = await request.form()
    if form.get("use_case") not in ("profile", "inpaint_safe"):
        raise invalid("use_case", "use_case must be profile or inpaint_safe")
    kept = await _file(request, "image", ids.file_id())
    pointer = f"sediment://{kept.id}"
    call.account.assets[pointer] = kept
    return {"asset_pointer": pointer, "file_id": kept.id, "size": len(kept.data)}


@post("/backend/characters/upload", name="character_upload", status_code=200)
async def character_upload(request: Wire, call: NamedDependency[Call]) -> dict[str, Any]:
    """A cameo from a video file and the seconds of it that count (``0,3``)."""
    form = await request.form()
    if not _SECONDS.fullmatch(str(form.get("timestamps", ""))):
        raise invalid("timestamps", "timestamps must be two seconds such as 0,3")
    await _file(request, "video", "")
    return _begin(call)


@post("/backend/characters/from-generation", name="character_from_generation", status_code=200)
async def character_from_generation(call: NamedDependency[Call]) -> dict[str, Any]:
    """A cameo from a draft of the account."""
    times = call.body().get("timestamps")
    if not isinstance(times, list) or len(times) != 2 or not all(isinstance(t, int | float) for t in times):
        raise invalid("timestamps", "timestamps must be two seconds such as [0, 3]")
    call.world.draft(call.account, call.text("generation_id"))
    return _begin(call)


@get("/backend/project_y/cameos/in_progress/{cameo_id:str}", name="cameo_status")
async def cameo_status(call: NamedDependency[Call], cameo_id: FromPath[str]) -> dict[str, Any]:
    """Where a cameo stands. The hints are null until it is completed."""
    cameo = call.world.cameo(call.account, cameo_id)
    part = _part(call, cameo)
    if cameo.failed and part >= 1:
        return _status("failed", "No face or figure was found in the video.")
    if part < 1:
        return _status("processing", STEPS[int(part * len(STEPS))])
    hints = {
        "display_name_hint": cameo.name.partition(".")[2].capitalize(),
        "username_hint": cameo.name,
        "profile_asset_url": call.world.files.profile(cameo.id, call.now + call.skew),
        "instruction_set_hint": f"{cameo.name.partition('.')[2]}, seen in the video that was sent",
    }
    return _status("finalized" if cameo.character else "completed", "Completed") | hints


@post("/backend/characters/finalize", name="character_finalize", status_code=200)
async def character_finalize(call: NamedDependency[Call]) -> dict[str, Any]:
    """Give a completed cameo its name; from now on prompts may mention it."""
    cameo = call.world.cameo(call.account, call.text("cameo_id"))
    username, display = call.text("username").lower(), call.text("display_name")
    pointer = call.text("profile_asset_pointer")
    if cameo.failed or _part(call, cameo) < 1:
        raise invalid("cameo_id", "the cameo is not completed")
    if cameo.character is not None:
        raise invalid("cameo_id", "the cameo is a character already")
    if pointer not in call.account.assets:
        raise missing("Asset")
    if not _USERNAME.fullmatch(username):
        raise invalid("username", "a username has letters, digits, _ and .")
    if call.world.taken(username):
        raise Refusal(400, envelope("That username is already taken", "username_taken", param="username"))
    cameo.username, cameo.display_name, cameo.asset = username, display, pointer
    cameo.character = ids.hex_id("ch_")
    made = {"character_id": cameo.character, "username": username, "display_name": display}
    return {"character": made | {"cameo_id": cameo.id, "owner_user_id": call.account.user}}


@post("/backend/project_y/cameos/by_id/{cameo_id:str}/update_v2", name="cameo_update", status_code=200)
async def cameo_update(call: NamedDependency[Call], cameo_id: FromPath[str]) -> dict[str, Any]:
    """Who may use a character: ``public`` or ``private``."""
    cameo, visibility = call.world.cameo(call.account, cameo_id), call.body().get("visibility")
    if visibility not in ("public", "private"):
        raise invalid("visibility", "visibility must be public or private")
    cameo.visibility = str(visibility)
    return {}


@delete("/backend/project_y/characters/{character_id:str}", name="character_delete", status_code=200)
async def character_delete(call: NamedDependency[Call], character_id: FromPath[str]) -> dict[str, Any]:
    """Delete a character and the cameo behind it."""
    for owner in call.world.reach(call.account):
        for cameo in owner.cameos.values():
            if cameo.character == character_id:
                del owner.cameos[cameo.id]
                return {}
    raise missing("Character")


def _begin(call: Call) -> dict[str, Any]:
    account, count = call.account, sum(len(a.cameos) for a in call.world.accounts.values())
    for _ in range(call.times):
        cameo = Cameo(ids.hex_id("cameo_"), call.now, NAMES[count % len(NAMES)])
        cameo.failed = "cameo_failed" in call.fates
        account.cameos[cameo.id] = cameo
    return {"id": cameo.id}


def _part(call: Call, cameo: Cameo) -> float:
    """How much of the work on a cameo is done, 0 to 1. It takes as long as a video."""
    latency = call.world.latency
    whole = latency.queue + latency.render
    return min(1.0, (call.now - cameo.created) / whole) if whole else 1.0


def _status(status: str, message: str) -> dict[str, Any]:
    hints = (
        "display_name_hint",
        "username_hint",
        "profile_asset_url",
        "instruction_set_hint",
        "instruction_set",
    )
    return {"status": status, "status_message": message} | dict.fromkeys(hints)


async def _file(request: Wire, kind: str, name: str) -> Upload:
    """The form's file, if its bytes are of that kind.

    Raises:
        Refusal: 400: there is none, or it is something else.
    """
    form = await request.form()
    sent = form.get("file")
    if not isinstance(sent, UploadFile):
        raise invalid("file", "a file must be sent as multipart form")
    data = await sent.read()
    await sent.close()
    try:
        form_of = sniff(data)
    except BadMedia as error:
        raise invalid("file", error.what) from error
    if form_of.kind != kind:
        raise invalid("file", f"the file must be {'a picture' if kind == 'image' else 'a video'}")
    return Upload(name, data, form_of.mime)


ROUTES = (
    uploads,
    file_upload,
    character_upload,
    character_from_generation,
    cameo_status,
    character_finalize,
    cameo_update,
    character_delete,
)
