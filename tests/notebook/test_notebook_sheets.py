"""Comparison and contact sheet of real pictures, and what is left of a card where little is allowed."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from sora_kit import Studio
from sora_kit.errors import InvalidInput
from sora_kit.notebook.cards import clip as clip_card
from sora_kit.notebook.export import document, taken_in
from sora_kit.notebook.html import tag
from sora_kit.notebook.pictures import MOST_BYTES, inline


@pytest.fixture(scope="module")
def made(tmp_path_factory, home):
    """A studio with two pictures and a video, one prompt of which is hostile."""
    with Studio(tmp_path_factory.mktemp("sheets") / "workspace") as studio:
        studio.image('</script><img src=x onerror="alert(1)"> A cat', style="comic").result(60)
        studio.image("A cat", seed=3).result(60)
        studio.video("A boat at sunset", model="sora-2", seconds=4).result(100)
        yield studio


def test_comparison_has_one_set_of_controls_and_says_what_differs(made):
    pictures = made.results().query("kind == 'image'").sora.compare()._repr_html_()
    assert "comic" in pictures
    assert "no style" in pictures
    assert "sk-transport" not in pictures.split("</style>")[1].split("<script>")[0]  # nothing to play
    every = made.results().sora.compare()._repr_html_()
    assert every.count('type="range"') == 1
    assert 'max="4.0"' in every
    assert "<img src=x" not in every
    assert every.count("<script>") == 1
    assert re.search(r"<video [^>]*controls", every)  # for pages without scripts


@pytest.mark.parametrize("rows", [1, 5])
def test_two_to_four_can_be_compared(made, rows):
    frame = pd.concat([made.results()] * 2).head(rows)
    with pytest.raises(InvalidInput, match="cannot be compared"):
        frame.sora.compare()


def test_a_contact_sheet_needs_nothing_else(made, tmp_path):
    path = made.results().sora.export(tmp_path / "new" / "sheet.html", title="Cats & <boats>", columns=2)
    html = path.read_text(encoding="utf-8")
    assert "<h1>Cats &amp; &lt;boats&gt;</h1>" in html
    assert html.count("<figure") == 3
    assert 'src="data:video/mp4;base64,' in html
    assert "<img src=x" not in html
    assert "http://" not in html
    assert "https://" not in html
    assert str(made.workspace.folder) not in html
    assert "@media print" in html
    assert list(path.parent.iterdir()) == [path]  # no leftovers


def test_videos_that_do_not_fit_are_shown_by_their_picture(made):
    clips = made.clips()
    (video,) = (clip for clip in clips if clip.kind == "video")
    assert taken_in(clips, video.bytes) == {video.id}
    assert taken_in(clips, video.bytes - 1) == set()
    html = document(clips, title="x", columns=3, videos_mb=0)
    assert "<video" not in html.split("</style>")[1]
    assert "is not in this file" in html
    assert "1 video shown by a picture only" in html


def test_a_table_without_clips_cannot_be_exported(tmp_path):
    with pytest.raises(InvalidInput, match="No row of this table has a clip"):
        pd.DataFrame({"id": ["clip_nowhere"]}).sora.export(tmp_path / "x.html")
    assert list(tmp_path.iterdir()) == []


class Strict(HTMLParser):
    """A page that keeps text and pictures and nothing else, as GitHub does with notebooks."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.pictures: list[str] = []
        self.silent = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.silent = tag in ("style", "script")
        if tag == "img":
            self.pictures.append(dict(attrs)["src"] or "")

    def handle_endtag(self, tag):
        self.silent = False

    def handle_data(self, data):
        if not self.silent:
            self.text += data + " "


def test_on_a_strict_page_poster_prompt_and_facts_remain(made):
    (video,) = (clip for clip in made.clips() if clip.kind == "video")
    shown = Strict(clip_card.bundle(video)["text/html"])
    assert shown.pictures[0].startswith("data:image/jpeg;base64,")
    assert len(shown.pictures[0]) < MOST_BYTES * 1.4
    assert "A boat at sunset" in shown.text
    assert "sora-2 · 720×1280" in shown.text
    table = Strict(made.results().sora.preview()._repr_html_())
    assert len(table.pictures) == 3
    assert all(address.startswith("data:") for address in table.pictures)


def test_a_busy_picture_is_made_small(tmp_path):
    from PIL import Image

    path = tmp_path / "noise.png"
    Image.effect_noise((1600, 1600), 120).convert("RGB").save(path)
    assert len(inline(path, 1600)) < MOST_BYTES * 1.4


def test_where_no_address_reaches_the_clip_can_be_asked_for(made, monkeypatch):
    monkeypatch.setenv("CODESPACES", "true")
    (video,) = (clip for clip in made.clips() if clip.kind == "video")
    shown = clip_card.bundle(video)
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert "<video" not in shown["text/html"].split("</style>")[1]
    assert 'data-action="load"' in clip_card.on_request(video, hidden=False)
    monkeypatch.setattr(clip_card, "MOST_BYTES", 10)
    assert "clip.save(path)" in clip_card.on_request(video, hidden=True)


def test_in_an_editor_the_address_is_tried_first(made, monkeypatch):
    monkeypatch.setenv("VSCODE_PID", "1")
    (video,) = (clip for clip in made.clips() if clip.kind == "video")
    shown = clip_card.bundle(video)
    assert "application/vnd.jupyter.widget-view+json" in shown
    assert "<video" in shown["text/html"].split("</style>")[1]


def test_inline_videos_are_addresses_and_other_data_is_not():
    assert "src" in tag("video", src="data:video/mp4;base64,AAAA")
    assert "src" not in tag("video", src="data:text/html;base64,AAAA")
