"""Sweeps: every combination of some prompts, styles, models and seeds, as one batch.

The cells are the product of the lists, prompts outermost. What a sweep takes is known before it
starts, and a ``budget`` refuses one that takes more: the whole sweep counts, with what an earlier run
of it has made already, so that running it again gives the same answer. How a sweep finds its jobs
again is told in `sora_kit.studio.batch`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any, Unpack

from sora_kit.errors import InvalidInput
from sora_kit.language import Model, Style
from sora_kit.studio.batch import Batch
from sora_kit.studio.budget import check_budget
from sora_kit.studio.cells import Cell, cell_for
from sora_kit.studio.making import Making
from sora_kit.studio.options import Options, known_options

__all__ = ("Sweep", "Sweeping")

MOST_CELLS = 2000
AXES = ("prompt", "style", "model", "seed")
"""Names of the axes, outermost first; also the first columns of the table of results."""


class Sweep(Batch):
    """A grid of clips; see `Studio.sweep`. Display it to watch it, ``await`` it for its table."""

    noun = "sweep"

    def axis(self, name: str) -> list[Any]:
        """The values of an axis (``prompt``, ``style``, ``model``, ``seed``), in order."""
        return list(dict.fromkeys(cell.parameters[name] for cell in self.cells))

    def outcomes(self) -> list[dict[str, Any]]:
        """The columns of results of every cell; a seed that was left open is the one that was taken."""
        seeds = [record.seed if (record := self.record(n)) else None for n in range(len(self.cells))]
        return [
            ({} if seed is None else {"seed": seed}) | outcome
            for seed, outcome in zip(seeds, super().outcomes(), strict=True)
        ]


class Sweeping(Making):
    """The part of a studio that makes many clips at once."""

    def sweep(
        self,
        prompts: str | Iterable[str],
        *,
        styles: str | Style | Iterable[str | Style | None] | None = None,
        models: str | Model | Iterable[str | Model | None] | None = None,
        seeds: int | Iterable[int | None] | None = None,
        budget: float | str | None = None,
        name: str = "",
        start: bool = True,
        **options: Unpack[Options],
    ) -> Sweep:
        """Make every combination of the lists.

            sweep = studio.sweep(["A cat", "A dog"], styles=["anime", "comic"], name="pets")
            table = await sweep

        Run it again with the same name, also after a restart, and it finds its clips: only what is
        missing or has failed is started. Under another name everything is made anew.

        Args:
            prompts: One prompt or several, as for `video`.
            styles: Styles; None among them is no style.
            models: Models.
            seeds: Seeds; with the same seed, combinations differ by what you vary and by nothing else.
            budget: What the whole sweep may take: a number is US dollars, ``"$5"`` too, ``"12 clips"``
                is a number of clips.
            name: Name under which it is found again.
            start: False only plans it: the card shows what it takes, `Sweep.start` starts it.
            **options: Those of `video` that all clips share: ``seconds``, ``size``, ``image``,
                ``video``, ``backend``.

        Returns:
            The sweep, its jobs already durable.

        Raises:
            InvalidInput: A combination cannot be made, or the budget does not suffice; nothing was
                started.
        """
        known_options(options)
        if swept := {"style", "model", "seed"} & set(options):
            raise TypeError(f"in a sweep it is {', '.join(f'{word}s=' for word in sorted(swept))}")
        self.must_be_open()
        given = {"prompts": prompts, "styles": styles, "models": models, "seeds": seeds}
        axes = [must_be_some(listed(values), named) for named, values in given.items()]
        check_number(axes)
        shared: dict[str, Any] = dict(options)
        for kind in ("image", "video"):  # checked and stored once, not once a cell
            if shared.get(kind) is not None:
                shared[kind] = self.loop.run(self.intake.thing(shared[kind], kind))
        cells: dict[str, Cell] = {}
        for prompt, style, model, seed in product(*axes):
            wish = shared | {"style": style, "model": model, "seed": seed}
            cell = cell_for(self, f"sweep/{name}", {}, prompt, wish)
            if cell.request is not None:
                plain = {"style": cell.request.style, "model": cell.request.model, "seed": seed}
                cell = replace(cell, parameters={"prompt": prompt, **plain})
            cells.setdefault(cell.key, cell)  # a model and its alias are one
        sweep = Sweep(self, name, cells.values())
        check_budget(sweep, budget)
        if start:
            sweep.start()
        return sweep


def listed(values: Any) -> Iterable[Any]:
    """One value or many, as many."""
    if values is None or isinstance(values, str | int | Style | Model) or not isinstance(values, Iterable):
        return (values,)
    return values


def check_number(axes: list[tuple[Any, ...]]) -> None:
    """Refuse what was surely not meant.

    Raises:
        InvalidInput: More than `MOST_CELLS` combinations.
    """
    number = 1
    for axis in axes:
        number *= len(axis)
    if number > MOST_CELLS:
        sizes = " × ".join(str(len(axis)) for axis in axes)
        raise InvalidInput(
            f"That is {number:,} clips",
            why=f"{sizes} combinations, and a sweep has at most {MOST_CELLS:,}",
            fix="Split it into several sweeps",
            param="prompts",
        )


def must_be_some(values: Iterable[Any], name: str) -> tuple[Any, ...]:
    """The values of an axis, each once.

    Raises:
        InvalidInput: There are none.
    """
    listed = tuple(dict.fromkeys(values))
    if not listed:
        raise InvalidInput(f"{name} is empty", fix=f"Give at least one, or leave {name} out", param=name)
    return listed
