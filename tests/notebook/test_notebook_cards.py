"""Static cards: real clips, plans and errors; what they show, and what they never show."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sora_kit.errors import UnknownModel
from sora_kit.language import parse
from sora_kit.notebook.cards import clip as clip_card
from sora_kit.notebook.cards import error as error_card
from sora_kit.notebook.cards import plan as plan_card
from sora_kit.notebook.pictures import inline
from sora_kit.store.clips import Clip
from sora_kit.store.media import MediaStore

HOSTILE = '<script>alert(1)</script>"onmouseover="x" & {anime}'


class Elements(HTMLParser):
    """The elements of a piece of HTML; fails on tags that are not closed in order."""

    VOID = frozenset({"img", "br", "input"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def only(self, tag):
        (one,) = [attributes for name, attributes in self.found if name == tag]
        return one


@pytest.fixture
def make_clip(tmp_path: Path):
    from PIL import Image

    def make(**changes) -> Clip:
        store = MediaStore(tmp_path / "media")
        poster = tmp_path / "poster.jpg"
        Image.effect_noise((640, 360), 40).convert("RGB").save(poster, quality=85)
        facts = {
            "id": "clip_1", "job": "job_1", "kind": "video", "prompt": "A kitten runs", "model": "sora-2",
            "style": "anime", "backend": "animatic", "preview": True, "seed": 1, "parent": None,
            "seconds": 4.0, "width": 1280, "height": 720, "bytes": 1_440_000, "created": 1_700_000_000.0,
            "ext": "mp4", "mime": "video/mp4", "token": "t", "understood": {}, "store": store,
            "sha256": store.put_bytes(b"not watched", "mp4"), "request": parse("A kitten runs"),
            "poster_sha256": store.put_file(poster, "jpg"),
        }  # fmt: skip
        return Clip(**(facts | changes))

    return make


@pytest.fixture
def at(monkeypatch):
    """Makes clips answer at that address."""
    return lambda url: monkeypatch.setattr(clip_card, "address", lambda _clip: url)


def test_a_clip_plays_by_address_and_loads_nothing_before(make_clip, at):
    at("http://127.0.0.1:8000/media/t.mp4")
    shown = clip_card.bundle(make_clip())
    video = Elements(shown["text/html"]).only("video")
    assert video["src"] == "http://127.0.0.1:8000/media/t.mp4"
    assert video["preload"] == "none"
    assert video["poster"].startswith("data:image/jpeg;base64,")
    assert "ANIMATIC" in shown["text/html"]
    assert "\n" not in shown["text/plain"]
    assert len(shown["text/html"]) < 150_000


def test_a_clip_without_a_server_still_shows_its_poster(make_clip, at):
    at(None)
    elements = Elements(clip_card.bundle(make_clip())["text/html"])
    assert elements.only("img")["src"].startswith("data:image/jpeg;base64,")
    assert "video" not in [name for name, _ in elements.found]


def test_a_clip_whose_poster_is_gone_still_plays(make_clip, at):
    at("http://127.0.0.1:8000/media/t.mp4")
    clip = make_clip()
    clip.poster_file.unlink()
    assert "poster" not in Elements(str(clip_card.card(clip))).only("video")


def test_a_picture_opens_in_full(make_clip, at):
    at("/user/ann/proxy/8000/media/t.png")
    elements = Elements(str(clip_card.card(make_clip(kind="image", seconds=0.0, ext="png"))))
    assert elements.only("a")["href"] == "/user/ann/proxy/8000/media/t.png"
    assert elements.only("img")["src"].startswith("data:image/jpeg;base64,")
    assert elements.only("img")["alt"] == "A kitten runs"


def test_prompts_are_escaped(make_clip, at):
    at("http://127.0.0.1:8000/media/t.mp4")
    html = str(clip_card.card(make_clip(prompt=HOSTILE, style=HOSTILE, model=HOSTILE)))
    elements = Elements(html)
    assert "script" not in [name for name, _ in elements.found]
    assert not any("onmouseover" in attributes for _, attributes in elements.found)


def test_a_poster_is_small_and_a_broken_one_is_left_out(make_clip, tmp_path):
    assert len(inline(make_clip().poster_file, 480)) < 60_000  # noise is the worst case
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    assert inline(broken, 480) is None


def test_an_error_says_what_why_and_fix():
    error = UnknownModel("No model is called <sora-9>", why="It is not in the catalogue", fix="Try sora-2")
    shown = error_card.bundle(error)
    assert shown["text/plain"] == (
        "UnknownModel: No model is called <sora-9>\nIt is not in the catalogue\nTry sora-2"
    )
    assert "&lt;sora-9&gt;" in shown["text/html"]
    assert Elements(shown["text/html"])
    assert error_card.plain(UnknownModel("Gone")) == "UnknownModel: Gone"


def test_a_plan_shows_its_steps_and_what_was_not_understood():
    from sora_kit.backends.base import Capabilities
    from sora_kit.planning.planner import plan

    can = Capabilities(frozenset({"video"}), max_seconds=60, storyboard=True, styles=True, preview=True)
    made = plan(parse("{anmie} [5.0s]A cat <b>jumps</b> [5.0s]It lands", seconds=10), "animatic", can)
    shown = plan_card.bundle(made)
    html = shown["text/html"]
    for step in made.steps:
        assert step.title.split("<")[0] in html
    assert made.estimate.sentence in html
    assert "A cat &lt;b&gt;jumps" in html
    assert re.search(r"sk-warn[^>]*>.*anmie.*did you mean anime", html)
    assert shown["text/plain"] == str(made)
    assert Elements(html)
