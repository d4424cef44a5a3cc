"""Characters: somebody or something from a video, to be mentioned as ``@name`` in prompts.

A character is made in steps: a *cameo* from a clip or a draft, watched until it is ready, then its
picture is fetched and uploaded, and `Characters.finalize` gives it a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sora_kit.backends.sora_web.answers import text
from sora_kit.backends.sora_web.calling import Caller, File
from sora_kit.backends.sora_web.errors import broken
from sora_kit.backends.sora_web.site import segment

__all__ = ("Cameo", "Characters", "read_cameo")


@dataclass(frozen=True, slots=True)
class Cameo:
    """A character in the making."""

    state: Literal["running", "ready", "failed"]
    message: str
    """Upstream's own words."""

    display_name: str
    username: str
    """Hints of upstream; see `sora_kit.backends.sora_web.fetching.names`."""

    picture_url: str
    status: str = ""
    """Upstream's own word; ``finalized`` if it has a name already."""

    character: str = ""
    """Id of the character that it became, where that is told."""


class Characters:
    """Calls about characters."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def from_video(self, file: File, start: float = 0, end: float = 3) -> str:
        """Begin with a clip.

        Args:
            file: The clip.
            start: Seconds; where the part that shows the character begins.
            end: Seconds; where it ends.

        Returns:
            The cameo's id.

        Raises:
            BackendError: Any of the typed failures.
            OSError: The file cannot be read.
        """
        fields = {"timestamps": f"{start:g},{end:g}"}
        return _id(await self._caller.upload("/characters/upload", file, fields), "id")

    async def from_generation(self, generation: str, start: float = 0, end: float = 3) -> str:
        """Begin with a draft of this account; otherwise as `from_video`.

        Raises:
            BackendError: Any of the typed failures.
        """
        times = [int(t) if float(t).is_integer() else t for t in (start, end)]
        body = {"generation_id": generation, "character_id": None, "timestamps": times}
        return _id(await self._caller.post("/characters/from-generation", body), "id")

    async def cameo(self, cameo: str) -> Cameo:
        """How a cameo stands.

        Raises:
            BackendError: Any of the typed failures.
        """
        data = await self._caller.get(f"/project_y/cameos/in_progress/{segment(cameo)}")
        if not isinstance(data, dict):
            raise broken("The state of the character is missing")
        return read_cameo(data)

    async def upload_picture(self, file: File) -> str:
        """Upload the picture of a character.

        Returns:
            Its asset pointer, for `finalize`.

        Raises:
            BackendError: Any of the typed failures.
            OSError: The file cannot be read.
        """
        data = await self._caller.upload("/project_y/file/upload", file, {"use_case": "profile"})
        return _id(data, "asset_pointer")

    async def finalize(self, cameo: str, *, username: str, display_name: str, picture: str) -> str:
        """Make the character.

        Args:
            cameo: Id of a cameo that is ready.
            username: How prompts mention it, without ``@``.
            display_name: How people see it.
            picture: From `upload_picture`.

        Returns:
            The character's id.

        Raises:
            InvalidRequest: The name is taken, for example.
            BackendError: Any of the other failures.
        """
        body = {
            "cameo_id": cameo,
            "username": username,
            "display_name": display_name,
            "profile_asset_pointer": picture,
            "instruction_set": None,
            "safety_instruction_set": None,
        }
        return _id(await self._caller.post("/characters/finalize", body), "character", "character_id")

    async def set_visibility(self, cameo: str, visibility: str = "public") -> None:
        """Say who may use the character.

        Raises:
            BackendError: Any of the typed failures.
        """
        path = f"/project_y/cameos/by_id/{segment(cameo)}/update_v2"
        await self._caller.tell(path, {"visibility": visibility})

    async def delete(self, character: str) -> None:
        """Delete a character.

        Raises:
            BackendError: Any of the typed failures.
        """
        await self._caller.delete(f"/project_y/characters/{segment(character)}")


def read_cameo(data: Any) -> Cameo:
    """The state of a cameo; never raises."""
    status, message = text(data, "status").lower(), text(data, "status_message")
    state: Literal["running", "ready", "failed"] = "running"
    if status == "failed":
        state = "failed"
    elif message.lower() == "completed" or status == "finalized":
        state = "ready"
    return Cameo(
        state,
        message or status,
        text(data, "display_name_hint") or "Character",
        text(data, "username_hint") or "character",
        text(data, "profile_asset_url"),
        status,
        text(data, "character", "character_id") or text(data, "character_id"),
    )


def _id(data: Any, *path: str) -> str:
    if not (name := text(data, *path)):
        raise broken(f"It has no {path[-1].replace('_', ' ')}")
    return name
