"""Request bodies: the whole table of models, and what the wire cannot say."""

from __future__ import annotations

import pytest

from sora_kit.backends.base import InvalidRequest
from sora_kit.backends.sora_web.wire import enhance_body, image_order, order, storyboard_prompt, video_order
from sora_kit.language import MODELS, Request, Shot, parse
from sora_kit.language.request import MediaRef

POST = "s_690ce161c2488191a3476e9969911522"
DRAFT = "gen_01k9btrqrnen792yvt703dp0tq"

# id: (orientation, frames, model, size), written out: the table is the contract.
TABLE = {
    "sora2-landscape-10s": ("landscape", 300, "sy_8", "small"),
    "sora2-portrait-10s": ("portrait", 300, "sy_8", "small"),
    "sora2-landscape-15s": ("landscape", 450, "sy_8", "small"),
    "sora2-portrait-15s": ("portrait", 450, "sy_8", "small"),
    "sora2-landscape-25s": ("landscape", 750, "sy_8", "small"),
    "sora2-portrait-25s": ("portrait", 750, "sy_8", "small"),
    "sora2pro-landscape-10s": ("landscape", 300, "sy_ore", "small"),
    "sora2pro-portrait-10s": ("portrait", 300, "sy_ore", "small"),
    "sora2pro-landscape-15s": ("landscape", 450, "sy_ore", "small"),
    "sora2pro-portrait-15s": ("portrait", 450, "sy_ore", "small"),
    "sora2pro-landscape-25s": ("landscape", 750, "sy_ore", "small"),
    "sora2pro-portrait-25s": ("portrait", 750, "sy_ore", "small"),
    "sora2pro-hd-landscape-10s": ("landscape", 300, "sy_ore", "large"),
    "sora2pro-hd-portrait-10s": ("portrait", 300, "sy_ore", "large"),
    "sora2pro-hd-landscape-15s": ("landscape", 450, "sy_ore", "large"),
    "sora2pro-hd-portrait-15s": ("portrait", 450, "sy_ore", "large"),
}


def test_the_table_has_every_video_model() -> None:
    assert set(TABLE) == {m.id for m in MODELS.values() if m.kind == "video" and m.readme}


@pytest.mark.parametrize("name", TABLE)
def test_plain(name: str) -> None:
    orientation, frames, model, size = TABLE[name]
    made = order(parse("a cat with @blackwill", model=name))
    assert made.path == "/nf/create"
    assert made.body == {
        "kind": "video",
        "prompt": "a cat with @blackwill",
        "orientation": orientation,
        "size": size,
        "n_frames": frames,
        "model": model,
        "inpaint_items": [],
        "style_id": None,
    }


@pytest.mark.parametrize("name", TABLE)
def test_image_and_style(name: str) -> None:
    request = parse("{anime} a cat", model=name, image=MediaRef(sha256="0" * 64))
    body = order(request, "media_7").body
    assert body["inpaint_items"] == [{"kind": "upload", "upload_id": "media_7"}]
    assert (body["style_id"], body["prompt"]) == ("anime", "a cat")
    assert (body["model"], body["size"], body["n_frames"]) == (TABLE[name][2], TABLE[name][3], TABLE[name][1])


@pytest.mark.parametrize("name", TABLE)
def test_storyboard(name: str) -> None:
    orientation, frames, model, size = TABLE[name]
    made = order(parse("Intro [5.0s]A [5.0s]B {retro}", model=name), "media_7")
    assert made.path == "/nf/create/storyboard"
    assert made.body == {
        "kind": "video",
        "prompt": "current timeline:\nShot 1:\nduration: 5.0sec\nScene: A\n\n"
        "Shot 2:\nduration: 5.0sec\nScene: B\n\ninstructions:\nIntro",
        "title": "Draft your video",
        "orientation": orientation,
        "size": size,
        "n_frames": frames,
        "storyboard_id": None,
        "inpaint_items": [{"kind": "upload", "upload_id": "media_7"}],
        "remix_target_id": None,
        "model": model,
        "metadata": None,
        "style_id": "retro",
        "cameo_ids": None,
        "cameo_replacements": None,
        "audio_caption": None,
        "audio_transcript": None,
        "video_caption": None,
    }


@pytest.mark.parametrize("name", TABLE)
def test_remix(name: str) -> None:
    orientation, frames, model, size = TABLE[name]
    made = order(parse(f"as a dog https://sora.chatgpt.com/p/{POST}", model=name))
    wanted = {
        "kind": "video",
        "prompt": "as a dog",
        "inpaint_items": [],
        "remix_target_id": POST,
        "cameo_ids": [],
        "cameo_replacements": {},
        "model": model,
        "orientation": orientation,
        "n_frames": frames,
        "style_id": None,
    }
    if size == "large":
        wanted["size"] = "large"
    assert (made.path, made.body) == ("/nf/create", wanted)


@pytest.mark.parametrize("seconds", [10, 15])
def test_extension(seconds: int) -> None:
    made = order(parse(f"{DRAFT} the cat lands", model=f"sora2-extension-{seconds}s"))
    assert made.path == f"/project_y/profile/drafts/{DRAFT}/long_video_extension"
    assert made.body == {
        "user_prompt": "the cat lands",
        "extension_duration_s": seconds,
        "enable_rewrite": True,
    }


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [("gpt-image", 360, 360), ("gpt-image-landscape", 540, 360), ("gpt-image-portrait", 360, 540)],
)
def test_pictures(name: str, width: int, height: int) -> None:
    made = order(parse("a cat", model=name))
    assert made.path == "/video_gen"
    assert made.body == {
        "type": "image_gen",
        "operation": "simple_compose",
        "prompt": "a cat",
        "width": width,
        "height": height,
        "n_variants": 1,
        "n_frames": 1,
        "inpaint_items": [],
    }
    with_picture = image_order(parse("{anime} a cat", model=name), "media_7").body
    assert with_picture["operation"] == "remix"
    assert with_picture["inpaint_items"] == [
        {"type": "image", "frame_index": 0, "upload_media_id": "media_7"}
    ]
    assert with_picture["prompt"] == "{anime} a cat"  # pictures have no field for it


def test_storyboard_prompt_as_the_wire_wants_it() -> None:
    request = Request("video", "Intro", "sora2-landscape-15s", shots=(Shot(5.0, "A "), Shot(10, "B")))
    assert storyboard_prompt(request) == (
        "current timeline:\nShot 1:\nduration: 5.0sec\nScene: A\n\n"
        "Shot 2:\nduration: 10sec\nScene: B\n\ninstructions:\nIntro"
    )
    assert storyboard_prompt(request.with_(prompt="")) == (
        "Shot 1:\nduration: 5.0sec\nScene: A\n\nShot 2:\nduration: 10sec\nScene: B"
    )


@pytest.mark.parametrize(("seconds", "width", "size"), [(10, 1280, "small"), (10, 1920, "large")])
def test_openai_pro_chooses_its_size_by_pixels(seconds: int, width: int, size: str) -> None:
    request = Request("video", "x", "sora-2-pro", seconds=seconds, width=width, height=720)
    assert video_order(request).body["size"] == size


@pytest.mark.parametrize(
    "changes",
    [
        {"seconds": 12.0},
        {"width": 720, "height": 720},
        {"model": "prompt-enhance-short-10s"},
        {"model": "nothing"},
        {"model": "sora2pro-hd-landscape-10s", "seconds": 25.0},
        {"kind": "remix", "source": "clip_1"},
        {"kind": "remix", "source": None},
        {"kind": "extend", "source": POST},
        {"kind": "extend", "source": "gen_../x"},
        {"kind": "extend", "source": DRAFT, "seconds": 25.0},
        {"kind": "character"},
    ],
)
def test_what_the_wire_cannot_say(changes: dict) -> None:
    request = parse("a cat", model="sora2-landscape-10s").with_(**changes)
    with pytest.raises(InvalidRequest) as caught:
        order(request)
    assert caught.value.what


def test_enhance() -> None:
    assert enhance_body("a cat", "long", 20.0) == {
        "prompt": "a cat",
        "expansion_level": "long",
        "duration_s": 20,
    }
    for level, seconds in [("huge", 10), ("short", 25)]:
        with pytest.raises(InvalidRequest):
            enhance_body("a cat", level, seconds)
