"""Prompt enhancement by the upstream."""

from __future__ import annotations

from sora_kit.backends.sora_web.answers import text
from sora_kit.backends.sora_web.calling import Caller
from sora_kit.backends.sora_web.errors import broken
from sora_kit.backends.sora_web.wire import enhance_body

__all__ = ("Prompts",)


class Prompts:
    """Calls about prompts."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def enhance(self, prompt: str, level: str = "medium", seconds: float = 10) -> str:
        """Make a longer prompt from a short one.

        Args:
            prompt: What is wanted.
            level: ``short``, ``medium`` or ``long``.
            seconds: Length of the video that it is for: 10, 15 or 20.

        Raises:
            BackendError: Any of the typed failures.
        """
        data = await self._caller.post("/editor/enhance_prompt", enhance_body(prompt, level, seconds))
        if not (enhanced := text(data, "enhanced_prompt")):
            raise broken("It holds no prompt")
        return enhanced
