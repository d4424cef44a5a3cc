"""How a chat shows a clip, whatever the words around it hold."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sora_kit.errors import InvalidInput
from sora_kit.server.manners import WAIT_SECONDS, Manners
from sora_kit.server.media_style import plain, read_style, safe_address, shown, style_for

if TYPE_CHECKING:
    from sora_kit import Studio

BASE = "https://kit.example.org"


def clip(kind: str = "video") -> Any:
    return SimpleNamespace(kind=kind, token="t0k3n", ext={"video": "mp4", "image": "png"}[kind])


class Elements(HTMLParser):
    """What a browser would make of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str | None] = []
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name == "src"]

    def handle_data(self, data: str) -> None:
        self.inside += data


def test_a_link_is_a_poster_and_a_line():
    url = f"{BASE}/media/t0k3n.mp4"
    poster = f"[![preview]({BASE}/media/t0k3n.jpg)]({url})"
    assert shown(clip(), BASE, "link") == f"{poster}\n\n[Open video]({url})"


def test_an_element_is_a_block_with_the_address_inside():
    text = shown(clip(), BASE, "html")
    url = f"{BASE}/media/t0k3n.mp4"
    # what Open WebUI looks for: a block of HTML, and the address as the element's text
    assert f"\n\n[Open video]({url})" in text
    assert re.search(r"^<div>\n<video[^>]*>([\s\S]*?)</video>\n</div>$", text, re.MULTILINE)[1] == url  # type: ignore[index]
    assert Elements(text).sources == [url]


def test_a_fence_is_what_sora2api_sent():
    assert (
        shown(clip(), BASE, "fence") == f"```html\n<video src='{BASE}/media/t0k3n.mp4' controls></video>\n```"
    )


@pytest.mark.parametrize("style", ["link", "html", "fence"])
def test_a_picture_is_a_picture_everywhere(style: Any):
    assert shown(clip("image"), BASE, style) == f"![image]({BASE}/media/t0k3n.png)"


@pytest.mark.parametrize(
    ("headers", "style"),
    [
        ({}, "link"),
        ({"user-agent": "OpenAI/Python 3.54.0"}, "link"),
        ({"user-agent": "Python/3.11 aiohttp/3.12"}, "link"),
        ({"user-agent": "Mozilla/5.0 CherryStudio/1.9.6 Electron/38"}, "html"),
        ({"x-title": "Cherry Studio", "http-referer": "https://cherry-ai.com"}, "html"),
        ({"x-openwebui-user-id": "1"}, "html"),
        ({"x-title": "Open WebUI"}, "html"),
    ],
)
def test_auto_goes_by_who_asks(headers: dict[str, str], style: str):
    assert style_for("auto", headers) == style
    assert style_for("fence", headers) == "fence"


@given(st.text(max_size=60), st.sampled_from(["link", "html", "fence"]))
def test_no_address_breaks_out_of_its_place(host: str, style: Any):
    text = shown(clip(), f"https://a/{host}", style)
    found = Elements(text)
    assert set(found.tags) <= {"div", "video"}
    assert len(found.tags) == {"link": 0, "html": 2, "fence": 1}[style]
    assert text.count("`") == (6 if style == "fence" else 0)
    assert text.count("](") == {"link": 3, "html": 1, "fence": 0}[style]
    assert len(text.splitlines()) == {"link": 3, "html": 6, "fence": 3}[style]


@given(st.text(max_size=80))
def test_an_address_is_one_word(text: str):
    assert re.fullmatch(r"[^\s()<>'\"`\\]*", safe_address(text))


@given(st.text(max_size=80))
def test_words_of_people_hold_no_markup(text: str):
    out = plain(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_{}\[\]()<>#!|~&]", out)
    assert len(out.splitlines()) <= 1
    assert re.sub(r"\\(.)", r"\1", out) == " ".join(text.split())


def test_a_character_is_introduced_without_its_names_markup():
    from sora_kit.server.casting import farewell

    hostile = "Ada](http://evil.example) <img src=x> **bold**\n# Heading"
    character: Any = SimpleNamespace(name="ada", display_name=hostile, id="character_1", upstream={})
    text = farewell(character, f"{BASE}/media/x.png")
    assert text.count("](") == 1 + text.count("\\](")
    assert Elements(re.sub(r"\\(<)", "", text)).tags == []
    assert "\n#" not in text


def test_styles_are_known_by_name():
    assert read_style(" HTML ") == "html"
    assert read_style("") is None
    with pytest.raises(InvalidInput, match="not a media style") as caught:
        read_style("loud")
    assert caught.value.param == "media_style"


def workspace_with(**settings: Any) -> Any:
    return SimpleNamespace(settings=settings)


def test_an_argument_beats_the_environment_and_that_the_setting(monkeypatch: pytest.MonkeyPatch):
    assert Manners().style(workspace_with()) == "auto"
    setting = workspace_with(**{"chat.media_style": "fence", "chat.wait_seconds": 30})
    assert Manners().style(setting) == "fence"
    assert Manners().patience(setting, {}) == 30
    monkeypatch.setenv("SORA_KIT_MEDIA_STYLE", "html")
    monkeypatch.setenv("SORA_KIT_WAIT_SECONDS", "20")
    assert Manners().style(setting) == "html"
    assert Manners().patience(setting, {}) == 20
    assert Manners(media_style="link", wait_seconds=0).style(setting) == "link"
    assert Manners(wait_seconds=0).patience(setting, {}) == 0


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [
        ("100", 90),
        ("", WAIT_SECONDS),
        ("x", WAIT_SECONDS),
        ("-1", WAIT_SECONDS),
        ("9999", WAIT_SECONDS),
        ("nan", WAIT_SECONDS),
    ],
)
def test_a_clients_patience_counts(timeout: str, seconds: float):
    assert (
        Manners().patience(workspace_with(), {"x-stainless-read-timeout": timeout} if timeout else {})
        == seconds
    )


@pytest.mark.parametrize(
    "bad", [{"media_style": "loud"}, {"wait_seconds": -1}, {"wait_seconds": float("nan")}]
)
def test_bad_arguments_are_refused_at_the_start(bad: dict[str, Any]):
    with pytest.raises(InvalidInput):
        Manners(**bad)


def test_bad_settings_name_the_setting(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SORA_KIT_WAIT_SECONDS", "soon")
    with pytest.raises(InvalidInput, match="soon"):
        Manners().patience(workspace_with(), {})


@pytest.mark.server
def test_a_server_is_told_how_to_answer_when_it_starts(studio: Studio):
    with pytest.raises(InvalidInput, match="not a media style"):
        studio.serve(port=0, media_style="loud")
    server = studio.serve(port=0, media_style="fence", wait_seconds=0)
    body = {"model": "sora-2", "messages": [{"role": "user", "content": "A kite"}]}
    headers = {"authorization": f"Bearer {studio.keys.create('reader').secret}"}
    answer = httpx.post(f"{server.url}/v1/chat/completions", json=body, headers=headers, timeout=60)
    assert answer.headers["x-sora-kit-state"] in ("queued", "running")
    assert server._app.state.manners.style(studio) == "fence"
    studio.cancel(answer.headers["x-sora-kit-job"])


@pytest.mark.server
def test_a_request_may_choose(kit, video: dict[str, Any]):
    body = {
        "model": "sora-2",
        "messages": [{"role": "user", "content": "A red kite over a meadow"}],
        "seed": 1,
    }
    headers = {"idempotency-key": "shown in styles"}
    made: set[str] = set()
    name = "chatcmpl-" + video["id"].removeprefix("video_")
    for style, mark in (
        ("link", "[![preview]"),
        ("html", "<div>"),
        ("fence", "```html"),
        ("auto", "[![preview]"),
    ):
        answer = kit.http.get(f"/v1/chat/completions/{name}", params={"media_style": style})
        text = answer.json()["choices"][0]["message"]["content"]
        assert text.strip().startswith(mark)
        assert video["url"] in text
        made.add(text)
    assert len(made) == 3
    refused = kit.http.post("/v1/chat/completions", json={**body, "media_style": "loud"}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "media_style")
    shown_to = kit.http.get(f"/v1/chat/completions/{name}", headers={"user-agent": "CherryStudio/1.9.6"})
    assert "<video controls" in shown_to.json()["choices"][0]["message"]["content"]


@pytest.mark.server
def test_hostile_words_are_nowhere_in_the_answer(kit):
    hostile = 'A cat "></video><script>alert(1)</script> [x](http://evil.example) ```'
    for style in ("link", "html", "fence"):
        body = {
            "model": "gpt-image",
            "messages": [{"role": "user", "content": hostile}],
            "media_style": style,
        }
        text = kit.http.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]
        assert re.fullmatch(r"!\[image\]\(http://[\w.:]+/media/\w+\.png\)", text)
