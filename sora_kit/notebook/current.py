"""Which studio a magic or a table means when nobody says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sora_kit.errors import InvalidInput
from sora_kit.studio.opened import opened

if TYPE_CHECKING:
    from sora_kit.studio import Studio

__all__ = ("current_studio",)


def current_studio(*, open_one: bool = False) -> Studio:
    """The notebook's ``studio`` if it is open, or else the only one that is open.

    Args:
        open_one: When none is open, open the default workspace and call it ``studio``.

    Raises:
        InvalidInput: None is open, or several and none of them is called ``studio``.
    """
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    named = shell.user_ns.get("studio") if shell is not None else None
    studios = [cast("Studio", one) for one in list(opened)]
    if any(named is one for one in studios):
        return cast("Studio", named)
    if len(studios) == 1:
        return studios[0]
    if studios:
        raise InvalidInput(
            "Several studios are open",
            why="It is not clear which one you mean",
            fix="Call the one you mean `studio`, or give it with studio=…",
            param="studio",
        )
    if not open_one:
        raise InvalidInput("No studio is open", fix="Run: studio = Studio()", param="studio")
    from sora_kit.studio import Studio

    new = Studio()
    if shell is not None:
        shell.user_ns["studio"] = new  # so that it stays open, and can be used by name
    return new
