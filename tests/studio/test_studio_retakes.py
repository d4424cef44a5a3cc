"""One shot made again, and joined with the others; clips that are changed; prompts written elsewhere."""

from __future__ import annotations

import av
import pytest

from sora_kit import Storyboard, Studio
from sora_kit.errors import InvalidInput, NotFound
from sora_kit.store import Clip

BOARD = Storyboard("{anime} Sunny").shot(1.0, "A red car in a snowy forest").shot(1.2, "It stops")


def seconds(clip: Clip) -> float:
    with av.open(str(clip.file)) as container:
        return float(container.duration or 0) / 1_000_000


def test_a_retake_shows_its_shot_and_stands_in_for_it(studio: Studio) -> None:
    job = studio.retake(BOARD, 1, seed=7, model="sora-2")
    take = job.result(90)
    assert take.request.prompt == "Sunny. A red car in a snowy forest"  # what "it" is
    assert take.request.style == "anime"
    assert take.seed == 7
    assert seconds(take) == pytest.approx(1.2, abs=0.1)
    film = studio.video(BOARD, takes={-1: take}, model="sora-2").result(90)
    assert film.request.takes == ("", take.id)
    assert seconds(film) == pytest.approx(2.2, abs=0.15)
    assert studio.plan(BOARD, takes={1: take.id}).estimate.calls == 1


def test_a_backend_with_lengths_of_its_own_gets_the_shot_as_a_video(studio: Studio) -> None:
    request = studio.retake_of(BOARD.to_prompt(), 1, model="sora2-landscape-10s", backend="sora_web")
    assert request.shots == ()
    assert request.prompt == "Sunny. A red car in a snowy forest. It stops"
    steps = studio.planned(request).steps
    assert [step.kind for step in steps] == ["make", "cut"]
    assert steps[1].seconds == 1.2


def test_what_is_no_shot_and_no_take_is_refused(studio: Studio, clip: Clip) -> None:
    before = len(studio.records())
    with pytest.raises(InvalidInput, match="no shot at index 2"):
        studio.retake(BOARD, 2)
    with pytest.raises(InvalidInput, match="no shot 2"):
        studio.video(BOARD, takes={2: clip})
    with pytest.raises(InvalidInput, match="made by Animatic"):
        studio.plan(BOARD, takes={0: clip}, backend="sora_web")
    with pytest.raises(NotFound):
        studio.video(BOARD, takes={0: "clip_nothing"})
    assert len(studio.records()) == before


def test_a_clip_with_a_video_model_is_changed(studio: Studio, clip: Clip) -> None:
    plan = studio.plan("In heavy snow", video=clip.file, model="sora2-landscape-10s")
    assert plan.request.kind == "remix"
    assert plan.request.source is None
    longer = studio.plan("It jumps", video=clip, model="sora2-extension-10s")
    assert longer.request.kind == "extend"


def test_a_prompt_can_be_written_by_another_backend(studio: Studio) -> None:
    job = studio.enhance("A cat", level="short", backend="sora_web")
    assert job.record.backend == "sora_web"
    job.cancel()
    with pytest.raises(InvalidInput, match="no backend"):
        studio.enhance("A cat", backend="nobody")
