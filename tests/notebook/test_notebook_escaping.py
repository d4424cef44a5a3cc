"""Other people's text in everything that makes HTML: it stays text, whatever it says.

Each page is made twice, once of plain words and once of hostile ones, and both must have the same
elements with the same attributes. What is in the text cannot be told from that, so the hostile words must
come out of the parser as they went in.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from sora_kit import Storyboard, Studio
from sora_kit.errors import SoraKitError
from sora_kit.notebook import export
from sora_kit.notebook.cards import batch as batch_card
from sora_kit.notebook.cards import character as character_card
from sora_kit.notebook.cards import clip as clip_card
from sora_kit.notebook.cards import compare as compare_card
from sora_kit.notebook.cards import error as error_card
from sora_kit.notebook.cards import job as job_card
from sora_kit.notebook.cards import plan as plan_card
from sora_kit.notebook.cards import server as server_card
from sora_kit.notebook.cards import storyboard as storyboard_card
from sora_kit.notebook.cards import studio as studio_card
from sora_kit.notebook.html import tag, trusted
from sora_kit.notebook.plot import figure
from sora_kit.server.docs import show_docs
from sora_kit.store import Character, Clip, JobRecord
from sora_kit.store.ids import new_id

PLAIN = "Zweck"
CORPUS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example/x.js></sCrIpT >",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    "</title></textarea></pre></code><svg/onload=alert(1)>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "`onmouseover=alert(1)`",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<!--<script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&quot; onclick=&quot;alert(1)",
    "{{7*7}} ${7*7} {% raw %} %(a)s {0} {a.b}",
    "\u202e<\u200bscript>\u2028alert(1)",
    "<\x00script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
    "{anime} <b>bold</b> & <i>",
]


class Shape(HTMLParser):
    """Elements with the names of their attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, tuple[str, ...]]] = []
        self.text: list[str] = []
        self.quoted: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, tuple(name for name, _ in attrs)))
        self.quoted += [value or "" for _, value in attrs]
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src", "poster", "action", "formaction", "srcdoc"):
                assert not re.match(r"\s*(javascript|data:text|vbscript)", value or "", re.IGNORECASE)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:40]}")

    def handle_decl(self, decl: str) -> None:
        assert decl.lower() == "doctype html"

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data[:40]}")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio(tmp_path_factory.mktemp("escaping") / "workspace") as opened:
        yield opened


@pytest.fixture(scope="module")
def clip(studio: Studio) -> Clip:
    made = studio.image("A red kite").result(90)
    assert isinstance(made, Clip)
    return made


def of_clip(clip: Clip, text: str, *, kind: str = "video") -> Clip:
    request = clip.request.with_(prompt=text)
    return dataclasses.replace(
        clip, kind=kind, prompt=text, model=text, style=text, backend=text, parent=text, request=request,
        understood={"notes": [text], "style": text}, tags=(text,), account=text,
    )  # fmt: skip


def of_job(text: str, state: str, clip: Clip) -> JobRecord:
    return JobRecord(
        id=new_id("job"), kind="video", state=state, stage=text, progress=30.0, place=None, prompt=text,
        model=text, style=text, backend=text, owner=text, attempts=1, request=clip.request.with_(prompt=text),
        plan={}, clips=(), text=text, error={"what": text, "why": text, "fix": text, "code": text},
        created=1.7e9, started=1.7e9, finished=1.7e9, parent=None, runner=None, seed=1, updated=1.7e9,
        revision=1,
    )  # type: ignore[arg-type]  # fmt: skip


def of_character(text: str, clip: Clip) -> Character:
    names = {field.name for field in dataclasses.fields(Character)}
    values: dict[str, Any] = {
        "id": "character_1", "job": "job_1", "name": text, "display_name": text + "!", "description": text,
        "backend": text, "account": text, "upstream": {"x": text}, "source": text, "sha256": clip.sha256,
        "ext": clip.ext, "token": "token", "created": 1.7e9, "store": clip.store,
    }  # fmt: skip
    return Character(**{name: value for name, value in values.items() if name in names})


def of_server(text: str, studio: Studio) -> Any:
    return SimpleNamespace(
        running=True, url=f"http://127.0.0.1:1/{text}", host=text, port=1, new_key=text, studio=studio,
        requests=[{"method": text, "path": text, "status": 200}],
    )  # fmt: skip


@functools.cache
def app_of(studio: Studio) -> Any:
    """Making one takes a second."""
    from sora_kit.server.app import create_app

    return create_app(studio)


class Docs:
    """A request whose every word about its own address is hostile."""

    def __init__(self, text: str, studio: Studio) -> None:
        self.app = app_of(studio)
        self.text = text

    def page(self) -> str:
        import asyncio

        from litestar.testing import RequestFactory

        made = RequestFactory(app=self.app).get(headers={"host": self.text, "x-forwarded-host": self.text,
                                                         "x-forwarded-prefix": self.text})  # fmt: skip
        return str(asyncio.run(show_docs.fn(made)).content)


Maker = Callable[[str, Studio, Clip], Any]


def job_with(state: str) -> Maker:
    return lambda text, studio, clip: job_card.ended(studio, of_job(text, state, clip))


def error_of(text: str) -> str:
    return error_card.bundle(SoraKitError(text, why=text, fix=text))["text/html"]


def at_work(state: str, *, live: bool) -> Maker:
    return lambda text, studio, clip: job_card.working(studio, of_job(text, state, clip), live=live)


def table(text: str, studio: Studio, clip: Clip) -> Any:
    return frame_of(text).sora.preview()


def frame_of(text: str) -> pd.DataFrame:
    """A table with the text in every cell, and as the name of a column."""
    frame = pd.DataFrame(
        [{"id": "clip_0", "prompt": text, "model": text, "tags": [text], text[:3] + "n": text}]
    )
    return frame.rename(columns={frame.columns[-1]: text})


def plan(text: str, studio: Studio, clip: Clip) -> Any:
    """Only the words vary; style tags and shots in them would make another plan."""
    made = studio.plan("A cat {nosuchstyle} says hello")
    (note, *_) = made.notes
    return plan_card.card(
        dataclasses.replace(
            made,
            request=made.request.with_(style=text, characters=(text,)),
            notes=(dataclasses.replace(note, text=text, message=text, suggestion=text),),
            steps=tuple(dataclasses.replace(step, title=text) for step in made.steps),
        )
    )


def sweep(text: str, studio: Studio, clip: Clip) -> Any:
    """Prompts are what its rows are called; a cell of each state, and one that was refused."""
    batch = studio.sweep(["One", "Two"], seeds=[1, 2], name="escaping", start=False)
    prompts = {"One": text, "Two": text + "2"}
    batch.cells = tuple(
        dataclasses.replace(
            cell,
            request=cell.request.with_(prompt=text),
            parameters={**cell.parameters, "prompt": prompts[cell.parameters["prompt"]]},
        )
        for cell in batch.cells
    )
    batch.known = {f"job_{n}": of_job(text, state, clip) for n, state in enumerate(("running", "failed"))}
    batch.jobs = {0: "job_0", 1: "job_1"}
    batch.problems = {2: SoraKitError(text, why=text, fix=text)}
    return batch_card.picture(batch)


def chart(text: str, studio: Studio, clip: Clip) -> Any:
    from sora_kit.notebook.numbers import Chart, Series

    one = Series(text, "good", (1.0, 2.0))
    return figure(Chart("outcomes", text, text, form="bars", series=(one,), names=(text, "b")))


MAKERS: dict[str, Maker] = {
    "clip": lambda text, _, clip: clip_card.card(of_clip(clip, text)),
    "picture": lambda text, _, clip: clip_card.card(of_clip(clip, text, kind="image")),
    "clip on request": lambda text, _, clip: clip_card.bundle(of_clip(clip, text))["text/html"],
    "comparison": lambda text, _, clip: compare_card.card([of_clip(clip, text), of_clip(clip, text + "2")]),
    "contact sheet": lambda text, _, clip: export.document(
        [of_clip(clip, text)], title=text, columns=2, videos_mb=0
    ),
    "character": lambda text, _, clip: character_card.card(of_character(text, clip)),
    "error": lambda text, _s, _c: error_card.card(text, text, text),
    "notice": lambda text, _s, _c: error_card.notice({"what": text, "why": text, "fix": text, "code": text}),
    "error in a cell": lambda text, _s, _c: error_of(text),
    "job at work": at_work("running", live=True),
    "job that waits": at_work("queued", live=False),
    "job that failed": job_with("failed"),
    "job that was cancelled": job_with("cancelled"),
    "job that needs you": job_with("needs_you"),
    "text": lambda text, _, clip: job_card.text_card(of_job(text, "completed", clip)),
    "plan": plan,
    "storyboard": lambda text, _s, _c: storyboard_card.card(
        Storyboard().shot(5.0, text).shot(5.0, text)
    ),
    "server": lambda text, studio, _: server_card.card(of_server(text, studio)),
    "server that stopped": lambda text, studio, _: server_card.stopped(of_server(text, studio)),
    "studio": lambda text, studio, _: studio_card.chip(text, text),
    "table": table,
    "tiles": lambda text, _s, clip: frame_of(text).sora.gallery(),
    "sweep": sweep,
    "docs": lambda text, studio, _: Docs(text, studio).page(),
    "element": lambda text, _s, _c: tag("p", text, [text, None, tag("b", text)], title=text, data_x=text),
}  # fmt: skip


def made(name: str, text: str, studio: Studio, clip: Clip) -> str:
    found = MAKERS[name](text, studio, clip)
    return str(found._repr_html_() if hasattr(found, "_repr_html_") else found)


@pytest.mark.parametrize("name", MAKERS)
def test_text_stays_text(name: str, studio: Studio, clip: Clip):
    plain = Shape(made(name, PLAIN, studio, clip))
    # a host that is none is not shown at all
    said = name != "docs" and PLAIN in " ".join(plain.text + plain.quoted)
    for hostile in CORPUS:
        shape = Shape(made(name, hostile, studio, clip))
        assert shape.elements == plain.elements, hostile
        # a cut at the end, or spaces put in order, are the page's right; parsing it as markup is not
        if said and hostile.isprintable() and len(hostile) < 40:
            words = " ".join(" ".join(shape.text + shape.quoted).split())
            assert " ".join(hostile.split()) in words, hostile


def test_an_address_of_the_servers_choosing_is_no_script(clip: Clip, monkeypatch: pytest.MonkeyPatch):
    for hostile in CORPUS:
        monkeypatch.setattr(clip_card, "address", lambda _clip, hostile=hostile: hostile)
        Shape(str(clip_card.card(clip)))
        Shape(str(clip_card.card(dataclasses.replace(clip, kind="video"))))


def test_charts_are_drawn_with_any_words(studio: Studio, clip: Clip):
    """Their labels are paths and text of an SVG, which has elements of its own."""
    plain = {name for name, _ in Shape(str(chart(PLAIN, studio, clip))).elements}
    for hostile in CORPUS[::4]:  # drawing takes its time
        names = {name for name, _ in Shape(str(chart(hostile, studio, clip))).elements}
        assert names <= plain, hostile


def test_only_literals_of_ours_are_trusted():
    """Whoever calls `trusted` vouches for the text; this is the list of those who do."""
    import sora_kit

    callers = set()
    for path in __import__("pathlib").Path(sora_kit.__file__).parent.rglob("*.py"):
        lines = re.findall(r"\btrusted\(([^)]*)", path.read_text("utf-8"))
        callers |= {(path.name, line) for line in lines if path.name != "html.py"}
    assert all("prompt" not in line and "text" not in line for _, line in callers), callers
    assert trusted("<b>") == "<b>"
