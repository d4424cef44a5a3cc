"""What panels show as code is run as it stands, in a process' own terms: it opens the workspace itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from sora_kit import Storyboard, Studio
from sora_kit.notebook.numbers import KINDS
from sora_kit.panels import Characters, Draft, Jobs, Prompt, Results, StoryboardEditor, codelines
from sora_kit.panels.charts import Charts
from sora_kit.panels.jobs import FILTERS
from sora_kit.panels.requests import PERIODS, Requests
from sora_kit.panels.serving import Serving
from sora_kit.store import Character, Clip
from sora_kit.studio.opened import opened

HOSTILE = "It's a \"kitten\"\\n\n'''{anime} </script> {0} %s"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("code") / "workspace") as studio:
        clip = studio.video(HOSTILE, model="sora-2", seconds=4).result(120)
        studio.image("A lighthouse").result(90)
        studio.mark(clip, favourite=True, tags=["to show"])
        studio.character(clip, name="mona").result(90)
        yield studio


@pytest.fixture
def run(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs code as a cell would, with the last expression as its value; closes what it opens."""
    import ast

    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(studio.workspace.folder))
    before = set(opened)

    def run(code: str) -> Any:
        assert code.startswith("from sora_kit import ")
        tree = ast.parse(code)
        names: dict[str, Any] = {}
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "code", "exec"), names)
        return eval(compile(ast.Expression(last.value), "code", "eval"), names) if last else names

    yield run
    for one in set(opened) - before:
        one.close()


def test_a_prompt_makes_the_same_request(studio: Studio, run: Any) -> None:
    clip = next(one for one in studio.clips() if one.kind == "video")
    picture = next(one for one in studio.clips() if one.kind == "image")
    prompt = Prompt(studio, begin_with=picture.file)
    prompt.draft.text, prompt.draft.seed, prompt.draft.backend = HOSTILE, 7, "animatic"
    job = run(prompt.draft.reading["code"])
    assert job.record.request == prompt.draft.request
    job.cancel()
    prompt.begin_with(clip)
    assert prompt.draft.request.kind == "remix"
    job = run(prompt.draft.reading["code"])
    assert job.record.request == prompt.draft.request
    job.cancel()
    for change in (prompt.draft.remix, prompt.draft.extend):
        change(clip.id)
        prompt.draft.text = "It jumps"
        job = run(prompt.draft.reading["code"])
        assert job.record.request.source == clip.id
        assert job.record.request.kind == prompt.draft.request.kind
        job.cancel()
    prompt.draft.leave_source()
    prompt.draft.image, prompt.draft.model = "", "gpt-image"
    job = run(prompt.draft.reading["code"])
    assert job.record.request.kind == "image"
    job.cancel()


def test_a_storyboard_makes_the_same_request(studio: Studio, run: Any) -> None:
    board = Storyboard("Sunny").shot(4, HOSTILE).shot(3, "It lands")
    editor = StoryboardEditor(studio, board, model="sora2-portrait-15s")
    take = studio.retake(board, 1, model="sora2-portrait-15s").result(120)
    editor.draft.takes = {editor.strip.board["shots"][1]["take"]: take.id}
    editor.draft.backend = "animatic"
    job = run(editor.strip.board["code"])
    assert job.record.request == editor.draft.request
    assert job.record.request.takes == ("", take.id)
    job.cancel()
    editor.close()


def test_results(studio: Studio, run: Any) -> None:
    panel = Results(studio)
    for asked in ({}, {"search": "kitten"}, {"tag": "to show"}, {"favourite": True}, {"search": HOSTILE}):
        panel._dispatch(None, {"do": "filter", **asked})
        assert "sk-" in str(run(panel.code)._repr_html_())
    panel._dispatch(None, {"do": "filter"})
    done = [item for item in panel.held.values() if item["state"] == "completed"]
    assert len(done) == 3
    for item in done:
        assert isinstance(run(item["code"]), Clip)
    clips = [clip.id for clip in studio.clips()][:2]
    assert "sk-compare" in str(run(codelines.of_comparison(clips))._repr_html_())
    panel.close()


def test_jobs(studio: Studio, run: Any) -> None:
    panel = Jobs(studio)
    for name, states in FILTERS.items():
        panel._dispatch(None, {"do": "filter", "show": name})
        table = run(panel.code)
        assert isinstance(table, pd.DataFrame)
        assert states is None or set(table["state"]) <= states
    record = studio.records(limit=1)[0]
    assert run(codelines.of_job(record.id)).id == record.id
    panel.close()


def test_characters(studio: Studio, run: Any) -> None:
    panel = Characters(studio, draft=Draft(studio))
    (item,) = panel.held.values()
    assert isinstance(run(item["code"]), Character)
    panel.close()


def test_the_server_its_log_and_its_charts(studio: Studio, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    serving = Serving(studio)
    serving.port = 0
    serving.do_look()
    server = run(serving.code)
    assert httpx.get(f"{server.url}/v1/models", trust_env=False).status_code == 401
    server.stop()
    heard: list[dict[str, Any]] = []
    log = Requests(studio)
    monkeypatch.setattr(log, "send", lambda content, **_: heard.append(content))
    for asked in ({}, {"status": 4, "owner": "key_environment", "period": "hour", "search": "(models"}):
        log._dispatch(None, {"do": "look", "who": "view", **asked})
        assert isinstance(run(heard[-1]["code"]), pd.DataFrame)
    charts = Charts(studio)
    monkeypatch.setattr(charts, "send", lambda content, **_: heard.append(content))
    for kind in KINDS:
        for period in PERIODS:
            charts._dispatch(None, {"do": "draw", "who": "view", "kind": kind, "period": period})
            assert "code" in heard[-1], heard[-1]
        run(heard[-1]["code"])
    for period in ("hour", "week"):
        run(codelines.of_chart("clips", PERIODS[period]))
        run(codelines.of_chart("requests", PERIODS[period]))
