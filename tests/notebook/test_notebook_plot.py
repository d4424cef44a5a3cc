"""Charts: what they count, how they are drawn, and that words in them stay words."""

from __future__ import annotations

import math
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from sora_kit import Studio
from sora_kit.errors import InvalidInput, MissingDependency
from sora_kit.notebook import drawing
from sora_kit.notebook.drawing import NARROW, WIDE, draw
from sora_kit.notebook.numbers import BARS, KINDS, MOST, Chart, chart, plain
from sora_kit.notebook.plot import Plot, css, figure
from sora_kit.notebook.theme import DARK, LIGHT
from sora_kit.store.dataframe import log_frame

NOW = 1_790_000_000.0
HOSTILE = '<img src=x onerror=alert(1)> $x^{2}$ \x01\x1b "猫" & \\frac{1}{0}'


def log(*rows: dict[str, object]) -> pd.DataFrame:
    """A log with those facts in its rows."""
    plain = {
        "method": "POST", "path": "/v1/videos", "status": 200, "error": None, "key": "ann", "ms": 5.0,
        "client": "127.0.0.1", "model": "sora-2", "job": None, "account": None, "timings": {},
        "asked": "", "answered": "",
    }  # fmt: skip
    return log_frame({"id": n, "time": NOW - n, **plain, **row} for n, row in enumerate(rows))


def drawn(said: Chart, width: int = WIDE) -> ET.Element:
    """The drawing, parsed as strictly as XML is."""
    return ET.fromstring(draw(said, width))


def by_name(said: Chart) -> dict[str, list[float]]:
    return {one.name: list(one.numbers) for one in said.series}


# -- counting


def test_requests_are_counted_by_how_they_ended():
    rows = [{}, {"status": 404, "error": "not_found"}, {"status": 503, "error": "overloaded"},
            {"error": "content_refused"}, {"status": 499, "error": "client_left"}, {}]  # fmt: skip
    said = chart(log(*rows))
    assert said.kind == "requests"
    assert {name: sum(numbers) for name, numbers in by_name(said).items()} == {
        "answered": 2, "refused": 2, "failed": 2,
    }  # fmt: skip
    assert said.said == "6 requests: 2 answered · 2 refused · 2 failed."


@pytest.mark.parametrize("span", [0, 5, 3000, 86_400, 20 * 86_400, 800 * 86_400])
def test_intervals_are_few_equal_and_lose_nothing(span: int):
    frame = log(*({"time": NOW - span * n / 10} for n in range(11)))
    said = chart(frame)
    assert sum(by_name(said)["answered"]) == 11
    begins = list(said.at)
    assert 1 <= len(begins) <= MOST
    assert {b - a for a, b in pairwise(begins)} <= {timedelta(seconds=said.step)}
    assert len(said.rows) == len(begins)


def test_days_begin_at_the_readers_midnight():
    zone = timezone(timedelta(hours=9))
    late = datetime(2026, 5, 3, 16, 30, tzinfo=UTC)  # half past one at night, the day after, in that zone
    rows = [{"time": (late - timedelta(days=n)).timestamp()} for n in range(20)]
    said = chart(log(*rows), zone=zone)
    assert said.step == 86_400
    assert max(said.at) == datetime(2026, 5, 4)  # noqa: DTZ001 - local time
    assert said.rows[-1] == "04 May"


def test_waiting_counts_each_job_once_and_leaves_gaps():
    rows = [
        {"job": "job_1", "timings": {"waiting": 4.0}},
        {"job": "job_1", "timings": {"waiting": 4.0}},
        {"job": "job_2", "timings": {"waiting": 8.0}, "time": NOW - 600},
        {"job": "job_3"},
        {},
    ]
    said = chart(log(*rows), "waiting")
    kept = [number for number in by_name(said)["median"] if not math.isnan(number)]
    assert kept == [8.0, 4.0]
    assert any(math.isnan(number) for number in by_name(said)["longest"])
    assert said.said == "2 jobs: half of them waited 6 s or less, the longest 8 s."


def test_outcomes_name_the_cause_and_never_mix_good_with_bad():
    rows = [{}] * 3 + [{"status": 400, "error": "content_refused"}] * 2 + [{"status": 500}]
    said = chart(log(*rows), "outcomes")
    assert said.names == ("answered", "content_refused (400)", "no cause given (500)")
    assert [one.name for one in said.series] == ["answered", "refused", "failed"]
    assert said.said == "3 of 6 requests answered. Most often not: content_refused (400), 2 times."


def test_accounts_beyond_the_first_are_added_up():
    rows = [{"job": f"job_{n}", "account": f"acc {n % 15}"} for n in range(60)]
    said = chart(log(*rows), "accounts")
    assert len(said.names) == BARS + 1
    assert said.names[-1] == "others"
    assert sum(by_name(said)["jobs"]) == 60


@pytest.mark.parametrize("kind", ["requests", "waiting", "outcomes", "accounts"])
def test_an_empty_log_says_so_and_draws_nothing(kind: str):
    said = chart(log(), kind)
    assert said.series == ()
    assert "<svg" not in figure(said)
    assert said.said in figure(said)


def test_jobs_and_clips_have_charts_of_their_own(studio: Studio):
    studio.image("A cat", model="gpt-image").result(60)
    said = studio.results().sora.plot().chart
    assert said.kind == "clips"
    assert by_name(said) == {"animatic": [1.0]}
    jobs = studio.jobs()
    assert list(jobs["cost"]) == [0.0]
    assert "Nothing was paid for" in repr(jobs.sora.plot("cost"))
    paid = pd.concat(
        [jobs.assign(cost=0.4), jobs.assign(cost=0.4, created=jobs["created"] - pd.Timedelta("2D"))]
    )
    dear = paid.sora.plot("cost").chart
    assert sum(by_name(dear)["US dollars"]) == pytest.approx(0.8)
    assert dear.text(0.4) == "$0.40"
    assert drawn(dear) is not None


def test_many_backends_fit_the_palette():
    rows = [
        {"created": pd.Timestamp(NOW, unit="s", tz="UTC"), "backend": f"b{n}", "state": "completed"}
        for n in range(9)
    ]
    said = chart(pd.DataFrame(rows), "clips")
    assert [one.name for one in said.series][-1] == "others"
    assert sum(sum(numbers) for numbers in by_name(said).values()) == 9


def test_what_cannot_be_plotted_says_why():
    with pytest.raises(InvalidInput, match="no chart 'pie'") as wrong:
        chart(log({}), "pie")
    assert all(kind in wrong.value.fix for kind in KINDS)
    with pytest.raises(InvalidInput, match="no chart 'cost'") as wrong:
        chart(log({}), "cost")
    assert "studio.jobs()" in wrong.value.fix
    with pytest.raises(InvalidInput, match="cannot be plotted"):
        chart(pd.DataFrame({"text": ["a"]}))


# -- drawing

FULL = (
    {"job": "job_1", "account": HOSTILE, "timings": {"waiting": 3.5}},
    {"job": "job_2", "account": "b" * 300, "timings": {"waiting": 0.0}, "status": 429, "error": HOSTILE},
    {"job": "job_3", "account": "שלום\u202e\ud800", "status": 500, "error": "x", "time": NOW - 7200},
)


@pytest.mark.parametrize("kind", ["requests", "waiting", "outcomes", "accounts"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_drawing_is_whole_and_touches_nothing_outside(kind: str, width: int):
    said = chart(log(*FULL), kind)
    svg = str(draw(said, width))
    tree = ET.fromstring(svg)
    tags = {element.tag.partition("}")[2] for element in tree.iter()}
    assert tags <= {"svg", "g", "path", "defs", "use", "text", "clipPath", "rect", "pattern", "tspan"}
    assert tree.get("viewBox", "").startswith(f"0 0 {width} ")
    assert not re.findall(r"https?://(?!www\.w3\.org/)", svg)
    assert not any(name.startswith("on") for element in tree.iter() for name in element.attrib)
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', svg))
    assert used <= set(ids)


@pytest.mark.parametrize("kind", ["requests", "waiting", "outcomes", "accounts"])
def test_all_colours_are_tokens_of_both_themes(kind: str):
    svg = str(draw(chart(log(*FULL), kind), WIDE))
    variables = set(re.findall(r"var\(--sk-([a-z-]+), #[0-9a-f]{6}\)", svg))
    assert {"text", "muted"} & variables
    assert variables <= LIGHT.keys() & DARK.keys()
    bare = re.sub(r"var\([^)]*\)", "", svg)
    assert set(re.findall(r'(?:fill|stroke)(?:: |=")(#[0-9a-f]{3,6}|[a-z]+)', bare)) <= {
        "none",
        "url",
    }  # (a hatch)


def test_words_are_drawn_as_they_are():
    svg = draw(chart(log({"job": "job_1", "account": HOSTILE}), "accounts"), WIDE)
    assert "<img" not in svg
    texts = [element.text for element in ET.fromstring(svg).iter() if element.tag.endswith("text")]
    assert '<img src=x onerror=alert(1)> $x^{2}$ "猫" & \\frac{1}{0}' in texts


def test_a_chart_can_be_read_without_seeing_it():
    said = chart(log(*FULL), "outcomes")
    html = str(figure(said))
    assert html.count('role="img"') == 2
    label = drawn(said).get("aria-label")
    assert label == f"{said.title}. {said.said}"
    assert html.count('scope="row"') == len(said.names)
    assert "sk-texture-1" in html  # told apart without colour, too
    assert "sk-texture-2" in html
    assert "<img src=x" not in html


def test_a_plot_stands_alone_in_a_saved_notebook():
    shown = log(*FULL).sora.plot()
    assert isinstance(shown, Plot)
    html = shown._repr_html_()
    assert len(html) < 120_000
    assert css() in html
    assert "<script" not in html
    assert not re.findall(r"https?://(?!www\.w3\.org/)", html)
    assert repr(shown) == "Requests per 5 min: 3 requests: 1 answered · 1 refused · 1 failed."


def test_the_notebooks_own_settings_neither_leak_in_nor_change():
    import matplotlib as mpl

    said = chart(log(*FULL))
    plain = str(draw(said, WIDE))
    with mpl.rc_context(
        {"font.size": 30, "axes.facecolor": "red", "text.usetex": True, "svg.fonttype": "path"}
    ):
        before = dict(mpl.rcParams)
        assert str(draw(said, WIDE)) == plain
        assert dict(mpl.rcParams) == before


def test_without_matplotlib_there_is_an_answer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependency, match="Charts need Matplotlib") as missing:
        draw(chart(log({})), WIDE)
    assert "pip install matplotlib" in missing.value.fix


def test_nothing_heavy_is_imported_before_a_chart_is_drawn():
    code = (
        "import sys, sora_kit, sora_kit.notebook.accessor, sora_kit.notebook.plot, sora_kit.panels.server\n"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_names_are_cleaned_and_cut_where_they_are_drawn():
    assert plain("a\n\tb\x00c\ud800") == "a b c"
    assert drawing._cut("猫" * 40, 20) == "猫" * 9 + "…"
