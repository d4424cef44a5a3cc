"""What requests start from: clips by any of their ids, lengths that are cut, keys that are used again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest
import sqlalchemy as sa

from sora_kit import Studio
from sora_kit.backends import get
from sora_kit.errors import InvalidInput
from sora_kit.store import Clip
from sora_kit.store.tables import clip as clips

if TYPE_CHECKING:
    from sora_kit.backends.animatic import Animatic

GENERATION = "gen_01k9btrqrnen792yvt703dp0tq"
POST = "s_690ce161c2488191a3476e9969911522"


def upstream(studio: Studio, clip: Clip, **values: object) -> None:
    """Write what a hosted backend would have told of a clip."""
    with studio.workspace.database.write() as connection:
        connection.execute(sa.update(clips).where(clips.c.id == clip.id).values(values))


def frames(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_clip_is_found_by_the_id_of_its_backend(studio: Studio, clip: Clip) -> None:
    with pytest.raises(InvalidInput, match="not in this workspace") as refused:
        studio.extend(GENERATION, "It jumps")
    assert refused.value.code == "source_not_found"
    upstream(studio, clip, upstream_id=GENERATION)
    plan = studio.plan(f"{GENERATION} It jumps", model="sora2-extension-10s")
    assert plan.request.source == clip.id
    wish = studio.request("It jumps", "extend", source=GENERATION)
    assert studio.source_of(wish) == studio.clip(clip.id)
    assert studio.source_of(wish, "key_of_somebody") == studio.clip(clip.id)  # made at the machine itself
    with pytest.raises(InvalidInput, match="not in this workspace"):
        studio.remix(POST, "At night")


def test_ids_that_were_never_here_go_through_to_a_backend_that_takes_them(studio: Studio) -> None:
    link = f"https://sora.chatgpt.com/p/{POST}"
    for source in (POST, link):
        plan = studio.plan("At night", "remix", source=source, backend="sora_web")
        assert [(step.request.kind, step.request.source) for step in plan.steps] == [("remix", POST)]
    other = "gen_01k0000000000000000000000"
    plan = studio.plan(f"{other} It jumps", model="sora2-extension-15s", backend="sora_web")
    assert [(step.request.kind, step.request.source) for step in plan.steps] == [("extend", other)]


def test_a_clip_of_another_backend_is_remixed_from_its_words(studio: Studio, clip: Clip) -> None:
    plan = studio.plan("At night", "remix", source=clip, backend="sora_web")
    request = plan.steps[0].request
    assert request is not None
    assert (request.kind, request.source) == ("video", None)
    assert request.prompt == "A fluffy grey kitten runs in a meadow. At night"
    assert [step.kind for step in plan.steps] == ["make", "cut"]  # as long as its source


def test_a_clip_that_was_cut_here_is_extended_from_where_it_ends(studio: Studio, clip: Clip) -> None:
    made = clip.request.to_json()
    upstream(
        studio, clip, backend="sora_web", upstream_id=GENERATION, upstream={"generation": GENERATION},
        request={**made, "seconds": 10.0},
    )  # fmt: skip
    native = studio.plan("It jumps", "extend", source=clip.id, backend="sora_web", seconds=10)
    assert [step.kind for step in native.steps] == ["make"]
    upstream(studio, clip, request=made)  # 4 s, of which Sora knows 10
    lowered = studio.plan("It jumps", "extend", source=clip.id, backend="sora_web", seconds=10)
    assert [(step.kind, step.continues) for step in lowered.steps] == [("make", -1), ("join", None)]
    remix = studio.plan("At night", "remix", source=clip.id, backend="sora_web")
    assert [step.kind for step in remix.steps] == ["make", "cut"]
    upstream(studio, clip, backend="animatic", upstream={}, upstream_id=None)


def test_sora_makes_the_lengths_of_openai_by_cutting(studio: Studio) -> None:
    plan = studio.plan("A cat", model="sora-2", seconds=8, backend="sora_web")
    assert [step.kind for step in plan.steps] == ["make", "cut"]
    assert "cut to 8 s" in str(plan)
    assert plan.estimate.sentence == "1 call, about 2 min on Sora web."
    with pytest.raises(Exception, match="10 or 15 s") as refused:  # 16 s would be 25, and not so large
        studio.plan("A cat", model="sora-2-pro", size="1920x1080", seconds=16, backend="sora_web")
    assert refused.value.code == "invalid_request"


def test_a_video_is_cut_to_the_length_that_was_asked_for(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend: Animatic = get("animatic")  # type: ignore[assignment]
    monkeypatch.setattr(type(backend), "capabilities", replace(backend.capabilities, lengths=(4.5,)))
    made = studio.video("A cat runs", model="sora-2", seconds=4).result(90)
    assert made.seconds == pytest.approx(4.0, abs=0.13)
    assert frames(made.file) == pytest.approx(4 * 24, abs=3)
    assert made.understood["scenes"]  # what was understood of the whole


def test_the_same_key_is_the_same_job_after_a_restart(tmp_path: Path) -> None:
    with Studio(tmp_path / "again", role="client") as first:
        jobs = [
            first.video("A cat", model="sora-2", key="v"),
            first.image("A cat", key="i"),
            first.enhance("a cat", key="e"),
        ]
    with Studio(tmp_path / "again", role="client") as second:
        again = [
            second.video("A cat", model="sora-2", key="v"),
            second.image("A cat", key="i"),
            second.enhance("a cat", key="e"),
        ]
        assert [job.id for job in again] == [job.id for job in jobs]
        assert len(second.records()) == 3
        with pytest.raises(InvalidInput, match="belongs to another request"):
            second.video("A dog", model="sora-2", key="v")
