"""How things look in a notebook: cards for studios, jobs, clips, characters, plans, boards, servers, errors.

`install` tells IPython, by the *names* of our types, how to show them, so nothing is imported until a
cell shows one. It also replaces the traceback of our own errors by a card that says what happened,
why, and what to do; ``%tb`` still shows where. `import sora_kit` calls it when IPython is running.

In a terminal, objects keep their one-line reprs and only errors are shortened.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ("install", "load", "uninstall", "unload")

_STATIC = {
    "sora_kit.studio.Studio": "studio",
    "sora_kit.store.clips.Clip": "clip",
    "sora_kit.store.characters.Character": "character",
    "sora_kit.studio.characters.Cast": "character",
    "sora_kit.language.storyboard.Storyboard": "storyboard",
    "sora_kit.planning.plan.Plan": "plan",
    "sora_kit.errors.SoraKitError": "error",
}
"""Type → the module under `cards` whose ``bundle`` describes it."""

_LIVE = {
    "sora_kit.engine.job.Job": "job",
    "sora_kit.server.lifecycle.Server": "server",
    "sora_kit.studio.sweep.Sweep": "batch",
    "sora_kit.notebook.filling.Filling": "batch",
}
"""Type → the module under `cards` whose ``show`` displays it."""


def install(ip: Any) -> None:
    """Show our things as cards in this IPython shell. Calling it again changes nothing.

    Args:
        ip: The running shell, as ``get_ipython()`` returns it.
    """
    from sora_kit.errors import SoraKitError

    if getattr(ip, "kernel", None) is not None:
        for formatter, cards, function in _registers(ip):
            for name, card in cards.items():
                formatter.for_type_by_name(*name.rsplit(".", 1), _Lazy(card, function))
    ip.set_custom_exc((SoraKitError,), _show_error)
    if _register_tables not in ip.events.callbacks["pre_run_cell"]:
        ip.events.register("pre_run_cell", _register_tables)
    _register_tables()


def uninstall(ip: Any) -> None:
    """Undo `install`: plain reprs and tracebacks again. The ``.sora`` of tables stays."""
    for formatter, cards, _ in _registers(ip):
        for name in cards:
            while formatter.pop(name, None) is not None:
                pass  # known by name and by type, if it was installed again after the first was shown
    ip.set_custom_exc((), None)
    if _register_tables in ip.events.callbacks["pre_run_cell"]:
        ip.events.unregister("pre_run_cell", _register_tables)


def _register_tables(_info: object = None) -> None:
    """Give tables their ``.sora`` as soon as there can be tables: pandas may be imported after us."""
    if "pandas" in sys.modules and "sora_kit.notebook.accessor" not in sys.modules:
        import_module("sora_kit.notebook.accessor")


def load(ip: Any) -> None:
    """What ``%load_ext sora_kit`` does: `install`, and the magics ``%sora`` and ``%%sora``."""
    install(ip)
    import_module("sora_kit.notebook.magics").load(ip)


def unload(ip: Any) -> None:
    """What ``%unload_ext sora_kit`` does: take all of it back."""
    import_module("sora_kit.notebook.magics").unload(ip)
    uninstall(ip)


def _registers(ip: Any) -> tuple[tuple[Any, dict[str, str], str], ...]:
    """IPython's registers of formatters, and what of ours belongs into each."""
    display = ip.display_formatter
    return (display.mimebundle_formatter, _STATIC, "bundle"), (
        display.ipython_display_formatter,
        _LIVE,
        "show",
    )


class _Lazy:
    """A function of a card's module, imported when the first of its kind is shown."""

    def __init__(self, card: str, function: str) -> None:
        self.card = card
        self.function = function

    def __call__(self, thing: object) -> Any:
        return getattr(import_module(f"sora_kit.notebook.cards.{self.card}"), self.function)(thing)


def _show_error(
    ip: Any,
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> list[str]:
    """Show a card in place of the traceback, which stays where ``%tb`` and the debugger look for it."""
    del tb_offset  # part of IPython's signature
    from sora_kit.notebook.cards.error import bundle

    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace
    shown = bundle(error)  # type: ignore[arg-type]  # IPython calls us for SoraKitError only
    lines: list[str] = shown["text/plain"].splitlines()
    ip._last_traceback = lines  # noqa: SLF001  # what ipykernel answers to programs that ran the cell
    ip.display_pub.publish(shown)
    return lines
