"""Characters: made from a clip, a file or a link, used by name, removed; and files in parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sora_kit import Studio
from sora_kit.panels.characters import Characters
from sora_kit.panels.draft import Draft
from sora_kit.panels.feed import Feed
from sora_kit.panels.prompt import Prompt
from sora_kit.panels.uploads import MOST_BYTES
from sora_kit.store import Clip
from sora_kit.store.tables import account as table


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Studio]:
    """One runner for all tests here."""
    with Studio(tmp_path_factory.mktemp("cast") / "workspace", role="runner") as opened:
        yield opened


@pytest.fixture(scope="module")
def clip(studio: Studio) -> Clip:
    """A real, short clip."""
    return studio.video("A ginger cat on a wall", model="sora-2", seconds=4, size="1280x720").result(120)


@pytest.fixture
def panel(studio: Studio) -> Iterator[Characters]:
    made = Characters(studio, draft=Draft(studio))
    yield made
    made.close()


def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return value


def listen(feed: Any) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    feed.send = lambda content, buffers=None: sent.append(content)
    return sent


def hand_in(panel: Any, data: bytes, part: int = 100_000, name: str = "cat.mp4") -> list[dict[str, Any]]:
    """Send a file as a page does; returns the answers so far."""
    sent = listen(panel)
    for number, start in enumerate(range(0, len(data), part)):
        message = {"do": "part", "part": number, "total": len(data), "name": name}
        panel._dispatch(None, message, [memoryview(data[start : start + part])])
    return sent


def made(panel: Feed, name: str) -> dict[str, Any]:
    return until(
        lambda: next((i for i in panel.held.values() if i.get("portrait") and i["name"] == name), None)
    )


def leftovers(studio: Studio) -> list[str]:
    return [path.name for path in studio.workspace.media.scratch.iterdir() if path.name.startswith("upload-")]


def test_from_a_clip_of_the_gallery_to_the_prompt(panel: Characters, studio: Studio, clip: Clip):
    sent = listen(panel)
    panel._dispatch(None, {"do": "clips", "search": "ginger"})
    assert [one["id"] for one in sent[-1]["clips"]] == [clip.id]
    assert sent[-1]["clips"][0]["poster"].endswith(".jpg")
    message = {"do": "create", "kind": "clip", "source": clip.id, "name": "ginger", "display_name": "Ginger"}
    panel._dispatch(None, message | {"start": 0.5, "end": 2.5, "key": "once"})
    item = made(panel, "ginger")
    assert item["prompt"] == "Ginger"
    assert "cat" in item["about"]
    assert item["made_of"] == clip.prompt
    assert item["portrait"].startswith("http://127.0.0.1:")
    assert studio.record(item["id"]).request.span == (0.5, 2.5)
    assert panel.count == len(studio.characters) > 0

    panel._dispatch(None, {"do": "mention", "id": item["id"]})
    panel._dispatch(None, {"do": "mention", "id": item["id"]})
    assert panel.draft.text == "@ginger "
    panel.draft.text = "@ginger jumps over a fence"
    assert panel.draft.request.characters == ("ginger",)

    again = Characters(studio)
    assert again.held[item["id"]] == item  # a reload shows the same
    panel._dispatch(None, {"do": "remove", "id": item["id"]})
    assert item["id"] not in panel.held
    assert "ginger" not in studio.characters
    until(lambda: item["id"] not in again.held)  # and so does another visitor's page
    again.close()


def test_from_a_file_that_comes_in_parts(panel: Characters, studio: Studio, clip: Clip):
    data = clip.read()
    sent = hand_in(panel, data)
    until(lambda: panel.video)
    assert [m["got"] for m in sent if "got" in m] == list(range(-(-len(data) // 100_000)))
    assert panel.video == {"name": "cat.mp4", "seconds": 4.0}
    panel._dispatch(None, {"do": "create", "kind": "file", "name": "filed", "start": 0, "end": 3})
    assert made(panel, "filed")["made_of"] == ""
    assert panel.video == {}
    until(lambda: leftovers(studio) == [])
    studio.characters.remove("filed")


def test_what_is_no_clip_is_told_and_nothing_stays(panel: Characters, studio: Studio):
    sent = hand_in(panel, b"this is no video at all" * 1000)
    until(lambda: any("fault" in message for message in sent))
    assert panel.video == {}
    assert leftovers(studio) == []


@pytest.mark.parametrize(
    "parts",
    [
        [(1, 10, b"12345")],  # the beginning is missing
        [(0, 10, b"12345"), (2, 10, b"12345")],  # a part is missing
        [(0, 10, b"12345"), (1, 10, b"1234567")],  # more than was said
        [(0, 0, b"")],
        [(0, MOST_BYTES + 1, b"x")],
        [(0, -5, b"x")],
    ],
)
def test_files_that_do_not_come_whole(panel: Characters, studio: Studio, parts: list[tuple[int, int, bytes]]):
    sent = listen(panel)
    for part, total, data in parts:
        panel._dispatch(None, {"do": "part", "part": part, "total": total, "name": "x"}, [memoryview(data)])
    assert sent[-1]["fault"]["what"]
    assert leftovers(studio) == []


def test_a_new_file_takes_the_place_of_an_unfinished_one(panel: Characters, studio: Studio):
    sent = listen(panel)
    for _ in range(2):
        message = {"do": "part", "part": 0, "total": 10, "name": "x"}
        panel._dispatch(None, message, [memoryview(b"12345")])
    assert [m.get("got") for m in sent] == [0, 0]
    assert len(leftovers(studio)) == 1
    panel.close()
    assert leftovers(studio) == []


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"kind": "clip", "source": ""}, "needs a clip"),
        ({"kind": "clip", "source": "clip_nothing"}, "clip_nothing"),
        ({"kind": "file"}, "no file"),
        ({"kind": "link", "source": "/etc/passwd"}, "no link"),
        ({"kind": "link", "source": "file:///etc/passwd"}, "no link"),
        ({"kind": "link", "source": "http://127.0.0.1:9/cat.mp4"}, ""),  # no addresses of this computer
        ({"kind": "clip", "source": "CLIP", "start": 3, "end": 1}, "no part of the clip"),
        ({"kind": "clip", "source": "CLIP", "name": "two words"}, "cannot be the name"),
    ],
)
def test_what_cannot_be_made_is_a_card(
    panel: Characters, studio: Studio, clip: Clip, message: dict[str, Any], words: str
):
    sent = listen(panel)
    before = len(studio.records(limit=1000))
    filled = {key: clip.id if value == "CLIP" else value for key, value in message.items()}
    panel._dispatch(None, {"do": "create", **filled})
    fault = until(lambda: next((m["fault"] for m in sent if "fault" in m), None))
    assert words in fault["what"]
    assert len(studio.records(limit=1000)) == before


def test_a_name_that_is_taken_is_told(panel: Characters, studio: Studio, clip: Clip):
    studio.character(clip, name="taken").result(60)
    sent = listen(panel)
    panel._dispatch(None, {"do": "create", "kind": "clip", "source": clip.id, "name": "TAKEN"})
    fault = until(lambda: next((m["fault"] for m in sent if "fault" in m), None))
    assert "@taken" in fault["what"]


# -- the prompt's side: a picture to begin with, and who can be mentioned


def test_a_picture_is_handed_in_and_taken_away(studio: Studio, clip: Clip):
    prompt = Prompt(studio)
    prompt.draft.text = "It looks up"
    hand_in(prompt.words, clip.poster_file.read_bytes(), part=4096, name="cat.jpg")
    until(lambda: prompt.words.picture)
    assert prompt.words.picture.startswith("data:image/jpeg;base64,")
    assert prompt.draft.request.image.sha256 == prompt.draft.image
    code = prompt.draft.reading["code"]
    compile(code, "code", "exec")
    assert "image=picture" in code
    again = Prompt(studio)
    again.draft.restore(prompt.words.kept)
    assert again.draft.image == prompt.draft.image
    prompt.words._dispatch(None, {"do": "no_picture"})
    assert prompt.words.picture == ""
    assert prompt.draft.request.image is None
    prompt.words.close()


@pytest.mark.parametrize("url", ["/etc/passwd", "", "file:///etc/passwd", "http://127.0.0.1:9/cat.jpg"])
def test_only_links_that_may_be_read_give_a_picture(studio: Studio, url: str):
    prompt = Prompt(studio)
    prompt.words._dispatch(None, {"do": "picture", "url": url})
    until(lambda: prompt.order.status.get("error"))
    assert prompt.draft.image == ""


def test_who_can_be_mentioned(studio: Studio, clip: Clip):
    studio.character(clip, name="tom", display_name="Tom the cat").result(60)
    prompt = Prompt(studio)
    prompt.words._dispatch(None, {"do": "cast"})
    assert {"name": "tom", "label": "Tom the cat"} in prompt.words.cast


# -- a better prompt


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("{anime}A kitten in the rain", "sora2-landscape-10s"),
        ("A kitten in the rain", "sora2-portrait-25s"),  # longer than any script that can be asked for
        ("{comic}A kitten in the rain", "gpt-image"),
        ("A kitten in the rain", "sora-2"),
    ],
)
def test_a_better_prompt_is_taken_or_not_and_fits_its_model(studio: Studio, text: str, model: str):
    prompt = Prompt(studio)
    prompt.draft.text, prompt.draft.model = text, model
    words = prompt.words
    words._dispatch(None, {"do": "improve"})
    assert words.improved["state"] == "going"
    until(lambda: words.improved.get("state") == "done")
    assert prompt.draft.text == text  # nothing is replaced before somebody has seen it
    assert words.improved["old"] == text
    words._dispatch(None, {"do": "take"})
    assert prompt.draft.text == words.improved["new"] != text
    assert prompt.draft.reading["error"] is None
    assert prompt.draft.reading["style"] == (text[1 : text.index("}")] if "{" in text else None)
    if model != "gpt-image":
        assert sum(shot.seconds for shot in prompt.draft.request.shots) == pytest.approx(
            prompt.draft.request.seconds, abs=0.1
        )
    words._dispatch(None, {"do": "back"})
    assert prompt.draft.text == text
    words._dispatch(None, {"do": "improve", "level": "short"})
    until(lambda: words.improved.get("state") == "done")
    words._dispatch(None, {"do": "keep"})
    assert (prompt.draft.text, words.improved) == (text, {})


def test_there_must_be_something_to_improve(studio: Studio):
    prompt = Prompt(studio)
    prompt.draft.text = "{anime} "
    prompt.words._dispatch(None, {"do": "improve"})
    assert prompt.order.status["error"]["what"] == "There is nothing to improve"
    prompt.words._dispatch(None, {"do": "improve", "level": "enormous"})
    assert prompt.order.status["error"]["what"]


# -- who makes it


def test_one_backend_is_no_question_and_two_are(studio: Studio):
    prompt = Prompt(studio)
    assert [one["title"] for one in prompt.order.backends] == ["Animatic"]
    account = studio.accounts.add("sora_web", access_token="x" * 40, label="one")
    try:
        prompt.order._dispatch(None, {"do": "hello"})
        assert [one["name"] for one in prompt.order.backends] == ["", "sora_web"]
        prompt.draft.text = "A kitten"
        prompt.order.backend = "sora_web"
        assert prompt.draft.request.backend == "sora_web"
        assert "backend='sora_web'" in prompt.draft.reading["code"]
        assert prompt.draft.reading["estimate"]["left"] == ""  # nobody has told yet
        with studio.workspace.database.write() as connection:
            connection.execute(sa.update(table).where(table.c.id == account.id).values(quota=12))
        prompt.draft.text = "A kitten runs"
        assert prompt.draft.reading["estimate"]["left"] == "12 generations left."
    finally:
        studio.accounts.remove(account.id)


def test_the_seed_is_part_of_the_wish(studio: Studio):
    prompt = Prompt(studio)
    prompt.draft.text = "A kitten"
    prompt.order.seed = 7
    assert prompt.draft.request.seed == 7
    assert "seed=7" in prompt.draft.reading["code"]
    prompt.order.seed = None
    assert prompt.draft.request.seed is None


def test_pictures_show_what_a_character_looks_like(studio: Studio, clip: Clip):
    studio.character(clip, name="rex", description="a sailboat").result(60)
    rex, boat = (studio.request(f"{who} in the desert", model="gpt-image") for who in ("@rex", "A sailboat"))
    drawn = [studio.loop.run(studio.thumbnail(request.with_(seed=3))) for request in (rex, boat)]
    assert drawn[0] == drawn[1]
