"""One prompt to one file, with real drawing."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from sora_kit.media.probe import probe
from sora_kit.store import Jobs, Workspace


def test_a_picture_under_a_readable_name_and_again_from_its_seed(sora: Any) -> None:
    words = ["generate", "{anime} A red kite over a hill", "--model", "gpt-image", "--seed", "3"]
    answer = sora(*words)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "a-red-kite-over-a-hill.png\n"
    picture = (sora.folder / "a-red-kite-over-a-hill.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert "animatic preview" in answer.stderr
    assert sora(*words, "-o", "again.png").returncode == 0
    assert (sora.folder / "again.png").read_bytes() == picture


def test_a_video_with_everything_given(sora: Any) -> None:
    words = ["--model", "sora-2", "--style", "retro", "--seconds", "4", "--size", "1280x720", "--seed", "7"]
    answer = sora("generate", "-", *words, "-o", "out.mp4", "--json", stdin="A paper boat on a lake\n")
    assert answer.returncode == 0, answer.stderr
    facts = json.loads(answer.stdout)
    assert facts["file"] == "out.mp4"
    assert (facts["model"], facts["style"], facts["seed"], facts["preview"]) == ("sora-2", "retro", 7, True)
    assert (facts["width"], facts["height"], facts["seconds"]) == (1280, 720, pytest.approx(4, abs=0.1))
    found = probe(sora.folder / "out.mp4")
    assert (found.width, found.height) == (1280, 720)
    assert found.seconds == pytest.approx(4, abs=0.1)


def test_a_better_prompt_is_printed(sora: Any) -> None:
    answer = sora("generate", "A cat", "--model", "prompt-enhance-short-10s")
    assert answer.returncode == 0, answer.stderr
    assert "cat" in answer.stdout.lower()
    assert [p.name for p in sora.folder.iterdir()] == []


def test_a_style_that_is_not_there_is_told(sora: Any) -> None:
    answer = sora("generate", "{animee} A cat", "--model", "gpt-image", "-o", "cat.png")
    assert answer.returncode == 0, answer.stderr
    assert "There is no style {animee}; did you mean {anime}?" in answer.stderr


def test_a_plan_starts_nothing(sora: Any) -> None:
    answer = sora("generate", "[5.0s] A cat jumps [5.0s] It lands", "--plan", "--json")
    assert answer.returncode == 0, answer.stderr
    plan = json.loads(answer.stdout)
    assert plan["backend"] == "animatic"
    assert plan["steps"]
    assert [p.name for p in sora.folder.iterdir()] == []
    assert Jobs(Workspace(sora.workspace).database).latest() == []


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_cancels_the_job(sora: Any) -> None:
    process = sora.start("generate", "A long walk through a city", "--model", "sora2-landscape-25s")
    sora.said(r"\d+ %  (?!queued)\w+", process)
    code, took = sora.interrupt(process, signal.SIGINT)
    assert code == 130
    assert took < 3
    said = sora.log.read_text("utf-8")
    assert "Cancelled" in said
    assert "Traceback" not in said
    assert [p.name for p in sora.folder.iterdir()] == ["log.txt"]
    (job,) = Jobs(Workspace(sora.workspace).database).latest()
    assert job.state == "cancelled"


def test_a_folder_that_may_not_be_written(sora: Any, tmp_path: Path) -> None:
    answer = sora("generate", "A cat", "-m", "gpt-image", "-o", str(tmp_path / "nowhere" / "cat.png"))
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: There is no folder")
