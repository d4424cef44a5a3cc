"""Sweeps on a real studio: the product, what is found again, what is refused, and what is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pandas as pd
import pytest

from sora_kit import Studio
from sora_kit.errors import InvalidInput, JobCancelled, StudioClosed, UnknownStyle
from sora_kit.studio.budget import check_budget, read_budget

STILL = "gpt-image"
"""Pictures take a fraction of a second."""


@pytest.fixture(scope="module")
def made(studio):
    """A studio with a finished sweep of six pictures."""
    sweep = studio.sweep(["A cat", "A dog"], styles=["anime", "comic", None], models=STILL, seeds=7, name="a")
    assert sweep.result(60) is not None
    return studio, sweep


def test_it_is_the_product_of_the_lists_in_order(made):
    _, sweep = made
    table = sweep.results()
    assert list(table.columns[:5]) == ["prompt", "style", "model", "seed", "id"]
    wanted = [(p, s) for p in ("A cat", "A dog") for s in ("anime", "comic", None)]
    found = list(
        zip(table["prompt"], table["style"].astype(object).where(table["style"].notna(), None), strict=True)
    )
    assert found == wanted
    assert set(table["state"]) == {"completed"}
    assert table["seed"].tolist() == [7] * 6
    assert table["id"].str.startswith("clip_").all()
    assert table["error"].isna().all()


def test_run_again_it_finds_its_clips_and_starts_only_what_is_missing(made):
    studio, sweep = made
    before = len(studio.jobs())
    again = studio.sweep(["A cat", "A dog"], styles=["anime", "comic", None], models=STILL, seeds=7, name="a")
    assert again.done
    assert again.results()["id"].tolist() == sweep.results()["id"].tolist()
    assert len(studio.jobs()) == before
    more = studio.sweep(["A cat", "A fox"], styles="anime", models=STILL, seeds=7, name="a", start=False)
    assert more.counts() == {"completed": 1, "new": 1}
    assert "1 of them are here already" in more.estimate.sentence


def test_another_name_is_another_sweep(made):
    studio, _ = made
    other = studio.sweep("A cat", styles="anime", models=STILL, seeds=7, name="b", start=False)
    assert other.counts() == {"new": 1}


def test_a_model_and_its_alias_are_one_cell(made):
    studio, _ = made
    sweep = studio.sweep("A cat", models=[STILL, "sora-image"], start=False)
    assert len(sweep.cells) == 1


def test_another_process_finds_the_same_jobs(made):
    """A second opener of the workspace stands for a kernel that was started again."""
    studio, sweep = made
    with Studio(studio.workspace.folder) as later:
        again = later.sweep(
            ["A cat", "A dog"], styles=["anime", "comic", None], models=STILL, seeds=7, name="a"
        )
        assert again.jobs == sweep.jobs


def test_failed_cancelled_and_deleted_cells_are_tried_again_and_the_others_are_not(studio):
    def sweep():
        return studio.sweep("[0.5s]A kitten", models="sora-2", seeds=[1, 2], name="x")

    first = sweep()
    first.cancel()
    assert first.result(30)["state"].tolist() == ["cancelled"] * 2
    with pytest.raises(JobCancelled):
        first.job(0).result()
    second = sweep()
    assert set(second.jobs.values()).isdisjoint(first.jobs.values())
    assert second.result(90)["state"].tolist() == ["completed"] * 2
    studio.delete(second.clips()[1])
    third = sweep()
    assert third.jobs[0] == second.jobs[0]
    assert third.jobs[1] != second.jobs[1]
    assert third.result(60)["id"].notna().all()


async def test_it_can_be_awaited_and_partial_results_are_there_meanwhile(studio):
    sweep = studio.sweep("A boat", models=[STILL, "sora2-landscape-25s"], name="slow")
    while "completed" not in sweep.counts():
        await asyncio.sleep(0.05)
    part = sweep.results()
    assert part["state"].tolist()[0] == "completed"
    assert not sweep.done
    assert repr(sweep).endswith("`await` it or call .result()>")
    sweep.cancel()
    table = await sweep
    assert isinstance(table, pd.DataFrame)
    assert table["state"].tolist() == ["completed", "cancelled"]


async def test_who_stops_waiting_stops_nothing_and_is_told_the_way_back(studio):
    sweep = studio.sweep("A boat", models="sora2-landscape-25s", name="slow")
    waiting = asyncio.ensure_future(sweep.wait())
    await asyncio.sleep(0.05)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError) as stopped:
        await waiting
    assert "Run the cell again" in stopped.value.__notes__[0]
    assert sweep.job(0).state in ("queued", "running")
    with pytest.raises(TimeoutError, match="it goes on"):
        sweep.result(0.2)
    sweep.cancel()


def test_a_mistake_starts_nothing(studio):
    before = len(studio.jobs())
    with pytest.raises(UnknownStyle):
        studio.sweep("A cat", styles=["anime", "anmie"])
    with pytest.raises(InvalidInput, match="prompts is empty"):
        studio.sweep([])
    with pytest.raises(InvalidInput, match="at most"):
        studio.sweep("A cat", seeds=range(3000))
    with pytest.raises(TypeError, match="styles="):
        studio.sweep("A cat", style="anime")
    with pytest.raises(TypeError, match="unknown option"):
        studio.sweep("A cat", colour="red")
    assert len(studio.jobs()) == before


def test_over_budget_starts_nothing(studio):
    before = len(studio.jobs())
    with pytest.raises(InvalidInput, match="12 clips, and the budget is 11") as refused:
        studio.sweep("A cat", seeds=range(12), budget="11 clips")
    assert refused.value.code == "over_budget"
    assert len(studio.jobs()) == before
    assert len(studio.sweep("A cat", seeds=range(12), budget="12 clips", start=False).cells) == 12
    assert studio.sweep("A cat", budget=0, start=False).estimate.dollars == 0  # previews are free


def priced(batch, dollars):
    """The batch as a backend with this price per clip would plan it."""
    plans = [
        replace(c.plan, preview=False, estimate=replace(c.plan.estimate, dollars=dollars, priced=dollars > 0))
        for c in batch.cells
    ]
    batch.cells = tuple(replace(c, plan=plan) for c, plan in zip(batch.cells, plans, strict=True))
    return batch


def test_dollars_are_added_up_and_an_unknown_price_keeps_no_budget(studio):
    batch = priced(studio.sweep("A cat", seeds=range(4), start=False), 0.5)
    assert "about $2.00" in batch.estimate.sentence
    check_budget(batch, 2)
    check_budget(batch, "$2.00")
    with pytest.raises(InvalidInput, match=r"cost about \$2.00, and the budget is \$1.60. About 3 clips fit"):
        check_budget(batch, 1.6)
    unknown = priced(batch, 0.0)
    assert "price not known" in unknown.estimate.sentence
    with pytest.raises(InvalidInput, match="price of this backend is not known"):
        check_budget(unknown, 100)
    check_budget(unknown, "4 clips")


@pytest.mark.parametrize(
    ("budget", "read"),
    [
        (5, (5.0, "dollars")),
        (0.25, (0.25, "dollars")),
        ("$1,200", (1200.0, "dollars")),
        ("3 USD", (3.0, "dollars")),
        (" 12 clips ", (12.0, "clips")),
        ("1 video", (1.0, "clips")),
    ],
)
def test_budgets_are_dollars_or_clips(budget, read):
    assert read_budget(budget) == read


@pytest.mark.parametrize("budget", ["12", "lots", "", True, -1, "$1.2.3", [3]])
def test_what_is_no_budget_is_refused(budget):
    with pytest.raises(InvalidInput, match="is no budget"):
        read_budget(budget)


def test_a_closed_studio_ends_the_waiting(workspace):
    with Studio(workspace) as studio:
        sweep = studio.sweep("A boat", models="sora2-landscape-25s", name="slow")
    with pytest.raises(StudioClosed):
        sweep.result(5)
    with Studio(workspace) as studio:
        again = studio.sweep("A boat", models="sora2-landscape-25s", name="slow")
        assert again.jobs == sweep.jobs
        again.cancel()
