"""Posts: publishing a draft, so that anybody can see and remix it, and taking it back."""

from __future__ import annotations

from dataclasses import dataclass

from sora_kit.backends.sora_web.answers import at, items, text
from sora_kit.backends.sora_web.calling import Caller
from sora_kit.backends.sora_web.errors import broken
from sora_kit.backends.sora_web.site import segment

__all__ = ("Post", "Posts")


@dataclass(frozen=True, slots=True)
class Post:
    """A published draft."""

    id: str
    text: str
    permalink: str
    generations: tuple[str, ...]


class Posts:
    """Calls about posts."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def publish(self, generation: str, words: str = "") -> str:
        """Make a post from a draft.

        Returns:
            The post's id, ``s_…``.

        Raises:
            BackendError: Any of the typed failures.
        """
        body = {
            "attachments_to_create": [{"generation_id": generation, "kind": "sora"}],
            "post_text": words,
        }
        data = await self._caller.post("/project_y/post", body, write=True)
        if not (name := text(data, "post", "id")):
            raise broken("It names no post")
        return name

    async def delete(self, post: str) -> None:
        """Delete a post.

        Raises:
            BackendError: Any of the typed failures.
        """
        await self._caller.delete(f"/project_y/post/{segment(post)}")

    async def get(self, post: str) -> Post:
        """What a post shows.

        Raises:
            BackendError: Any of the typed failures.
        """
        data = at(await self._caller.get(f"/project_y/post/{segment(post)}"), "post")
        if not (name := text(data, "id")):
            raise broken("It names no post")
        shown = (text(item, "generation_id") for item in items(data, "attachments"))
        return Post(name, text(data, "text"), text(data, "permalink"), tuple(filter(None, shown)))
