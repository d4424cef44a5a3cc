from __future__ import annotations

import pytest

from sora_kit.errors import BadPrompt, BadStoryboard, InvalidInput, UnknownModel, UnknownStyle
from sora_kit.language import MODELS, MediaRef, Request, Shot, Storyboard, Style, parse, to_prompt

POST = "s_690ce161c2488191a3476e9969911522"
OTHER = "s_" + "ab" * 16
DRAFT = "gen_01k9btrqrnen792yvt703dp0tq"
CLIP = MediaRef(sha256="00" * 32)


def test_a_plain_prompt_gets_the_standard_model() -> None:
    request = parse("A kitten running across a meadow")
    assert request == Request(
        kind="video",
        prompt="A kitten running across a meadow",
        model="sora2-landscape-10s",
        seconds=10.0,
        width=1280,
        height=720,
    )


@pytest.mark.parametrize(
    ("text", "prompt", "style"),
    [
        ("{anime} A cat", "A cat", "anime"),
        ("A cat {ANIME}", "A cat", "anime"),
        ("A cat { anime } runs", "A cat runs", "anime"),
        ("A cat{anime}runs", "A cat runs", "anime"),
        ("A cat {anime}.", "A cat.", "anime"),
        ("A cat, {anime}, runs", "A cat, runs", "anime"),
        ("A cat\n{anime}\nruns", "A cat\nruns", "anime"),
        ("{a b} {anime} {x: 1}", "{a b} {x: 1}", "anime"),
        ('{"k": {"n": 1}} cat {retro}', '{"k": {"n": 1}} cat', "retro"),
        ("{anime}{anime} cat", "cat", "anime"),
        ("{ {anime} cat", "{ cat", "anime"),
        ("} {anime} cat {", "} cat {", "anime"),
        ("{hand-held} cat", "cat", "handheld"),
        ("no tag at all", "no tag at all", None),
        ("{} cat", "{} cat", None),
        ("{an{anime}ime}", "{an{anime}ime}", None),
    ],
)
def test_only_the_style_tag_is_removed(text: str, prompt: str, style: str | None) -> None:
    request = parse(text)
    assert (request.prompt, request.style) == (prompt, style)


def test_a_misspelt_tag_stays_and_is_noted() -> None:
    (note,) = (request := parse("{anmie} cat {a b}")).notes
    assert request.prompt == "{anmie} cat {a b}"
    assert (note.text, note.suggestion) == ("{anmie}", "anime")
    (note,) = parse("Dear {name}").notes
    assert note.suggestion == ""


def test_of_two_styles_one_is_used_and_the_other_noted() -> None:
    request = parse("{retro} cat {anime}")
    assert (request.style, request.prompt) == ("retro", "cat")
    assert [note.text for note in request.notes] == ["{anime}"]
    request = parse("{retro} cat", style=Style.COMIC)
    assert (request.style, request.prompt) == ("comic", "cat")
    assert [note.text for note in request.notes] == ["{retro}"]
    assert parse("{retro} cat", style="RETRO").notes == ()


def test_pictures_keep_the_style_too() -> None:
    request = parse("{comic} a dog", model="gpt-image")
    assert (request.kind, request.style, request.prompt, request.width) == ("image", "comic", "a dog", 360)
    assert request.seconds == 0


def test_a_storyboard_with_an_instruction_and_brackets() -> None:
    request = parse("Sunny [warm] day\n[5.0s]A cat [tabby] skydives [5s] It lands [softly]")
    assert request.prompt == "Sunny [warm] day"
    assert request.shots == (Shot(5.0, "A cat [tabby] skydives"), Shot(5.0, "It lands [softly]"))
    assert (request.model, request.seconds) == ("sora2-landscape-10s", 10.0)


@pytest.mark.parametrize(
    ("lengths", "model", "seconds"),
    [
        ((5, 5), "sora2-landscape-10s", 10),
        ((5, 10), "sora2-landscape-15s", 15),
        ((10, 10, 5), "sora2-landscape-25s", 25),
    ],
)
def test_without_a_model_the_shots_choose_it(lengths: tuple[int, ...], model: str, seconds: float) -> None:
    request = parse("".join(f"[{n}s]shot" for n in lengths))
    assert (request.model, request.seconds, request.notes) == (model, seconds, ())


def test_a_shorter_storyboard_makes_a_shorter_video() -> None:
    request = parse("[4s]A [3s]B", model="sora2-portrait-10s")
    assert request.seconds == 7
    assert "7 s" in request.notes[0].message
    assert parse("[3.33s]A[3.33s]B[3.33s]C", model="sora2-portrait-10s").seconds == 10
    assert parse("[4s]A[4s]B", model="sora-2").seconds == 8
    assert parse("[4s]A[4s]B", model="sora-2").notes == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[8s]A [7s]B", ["15 s", "5 s more", "sora2-landscape-15s"]),
        ("[5s]A [0s]B", ["Shot 2"]),
        ("[-5s]A", ["Shot 1"]),
        ("[5s] [5s]B", ["Shot 1", "empty"]),
        ("[5s]A [5s]", ["Shot 2", "empty"]),
        ("[0.2s]x" * 31, ["31 shots", "30"]),
    ],
)
def test_bad_storyboards_say_what_and_how_to_fix(text: str, words: list[str]) -> None:
    with pytest.raises(BadStoryboard) as caught:
        parse(text, model="sora2-landscape-10s")
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert caught.value.fix


def test_shots_longer_than_any_model_are_refused() -> None:
    with pytest.raises(BadStoryboard, match="25 s"):
        parse("[20s]A [20s]B")


def test_marks_in_a_picture_prompt_are_text() -> None:
    request = parse("[5s]A cat", model="gpt-image")
    assert (request.prompt, request.shots) == ("[5s]A cat", ())
    assert request.notes[0].text == "[5s]"


@pytest.mark.parametrize(
    "text",
    [
        f"Make it red https://sora.chatgpt.com/p/{POST}",
        f"https://sora.chatgpt.com/p/{POST}?psh=abc Make it red",
        f"Make it {POST} red",
        f"Make it red {POST} {POST}",
    ],
)
def test_a_remix_takes_its_source_out_of_the_text(text: str) -> None:
    request = parse(text)
    assert (request.kind, request.source, request.prompt) == ("remix", POST, "Make it red")
    assert request.model == "sora2-landscape-10s"


def test_what_only_looks_like_an_id_stays() -> None:
    for text in (f"x{POST} cat", f"{POST}0 cat", "s_123 cat", f"cat_{POST}", "gen_z fashion"):
        request = parse(text)
        assert (request.kind, request.prompt, request.source) == ("video", text, None)


def test_an_id_in_a_picture_prompt_stays_and_is_noted() -> None:
    request = parse(f"cat {POST}", model="gpt-image")
    assert (request.kind, request.prompt, request.source) == ("image", f"cat {POST}", None)
    assert request.notes[0].text == POST


def test_a_source_given_beats_one_in_the_text() -> None:
    request = parse(f"red {OTHER}", source="clip_1")
    assert (request.kind, request.source, request.prompt) == ("remix", "clip_1", "red")
    assert request.notes[0].text == OTHER
    assert parse(f"red {POST} {OTHER}").source == POST


def test_an_extension_needs_a_draft_and_words() -> None:
    request = parse(f"{DRAFT} the cat jumps", model="sora2-extension-15s")
    assert (request.kind, request.source, request.prompt) == ("extend", DRAFT, "the cat jumps")
    assert (request.seconds, request.width) == (15, 0)
    assert parse("on", kind="extend", source="clip_1").model == "sora2-extension-10s"
    assert parse("on", kind="extend", source="clip_1", model="sora-2", seconds=8).seconds == 8
    with pytest.raises(BadPrompt, match="goes on"):
        parse(DRAFT, model="sora2-extension-10s")
    with pytest.raises(InvalidInput, match="gen_"):
        parse("the cat jumps", model="sora2-extension-10s")
    with pytest.raises(InvalidInput, match="cannot be extended"):
        parse(f"{POST} on", model="sora2-extension-10s")
    with pytest.raises(InvalidInput, match="cannot be extended"):
        parse("on", kind="extend", source=POST)


def test_a_character_needs_a_video_or_a_draft() -> None:
    assert parse("", model="avatar-create", video=CLIP).kind == "character"
    assert parse(DRAFT, model="avatar-create").source == DRAFT
    with pytest.raises(InvalidInput, match="needs a video"):
        parse("Bob", model="avatar-create")
    with pytest.raises(InvalidInput, match="does not take a video"):
        parse("a cat", video=CLIP)


def test_characters_are_mentioned_not_removed() -> None:
    request = parse("@bob and @Ann.x-1, mail a@b.co, then @bob. [5s]with @carl")
    assert request.characters == ("bob", "Ann.x-1", "carl")
    assert request.prompt.startswith("@bob and")


@pytest.mark.parametrize("text", ["", "   \n", "{anime}", POST, "\0"])
def test_an_empty_prompt_is_refused(text: str) -> None:
    with pytest.raises(BadPrompt, match="empty"):
        parse(text)


def test_limits_of_the_text() -> None:
    assert len(parse("x" * 32_000).prompt) == 32_000
    with pytest.raises(BadPrompt, match="32,001 characters"):
        parse("x" * 32_001)
    with pytest.raises(BadPrompt, match="surrogate"):
        parse("cat \ud83d")
    with pytest.raises(BadPrompt, match="list"):
        parse(["cat"])  # type: ignore[arg-type]
    assert parse("a\0b\r\nc").prompt == "ab\nc"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (None, (720, 1280)),
        ("auto", (720, 1280)),
        ("1280x720", (1280, 720)),
        ("1280*720", (1280, 720)),
        ("1280 × 720", (1280, 720)),
        ((1280, 720), (1280, 720)),
        ("16:9", (1280, 720)),
        ("9:16", (720, 1280)),
        ("landscape", (1280, 720)),
        ("Portrait", (720, 1280)),
        ("720p", (720, 1280)),
    ],
)
def test_sizes_are_read_in_many_spellings(size: object, expected: tuple[int, int]) -> None:
    request = parse("cat", model="sora-2", size=size)  # type: ignore[arg-type]
    assert (request.width, request.height) == expected


def test_a_size_or_length_that_a_model_lacks_names_the_right_model() -> None:
    with pytest.raises(InvalidInput, match="Use sora2-portrait-10s"):
        parse("cat", model="sora2-landscape-10s", size="720x1280")
    with pytest.raises(InvalidInput, match="sora-2-pro"):
        parse("cat", model="sora-2", size="1792x1024")
    with pytest.raises(InvalidInput, match="Use sora2-landscape-15s"):
        parse("cat", model="sora2-landscape-10s", seconds=15)
    with pytest.raises(InvalidInput, match="4, 8, 12, 16, 20"):
        parse("cat", model="sora-2", seconds=5)
    for size in ("big", "0:0", "1x", (1,), ("a", "b"), "99999999x1"):
        with pytest.raises(InvalidInput, match="size"):
            parse("cat", size=size)  # type: ignore[arg-type]
    for seconds in (float("nan"), -1, "ten", float("inf")):
        with pytest.raises(InvalidInput, match="seconds"):
            parse("cat", seconds=seconds)


@pytest.mark.parametrize("seconds", [4, 8, "12", "16", 20.0])
def test_sora_2_takes_its_lengths_as_numbers_and_texts(seconds: float | str) -> None:
    assert parse("cat", model="sora-2", seconds=seconds).seconds == float(seconds)


@pytest.mark.parametrize(
    ("wish", "model"),
    [
        ({"seconds": 15}, "sora2-landscape-15s"),
        ({"seconds": 8}, "sora-2"),
        ({"size": "portrait"}, "sora2-portrait-10s"),
        ({"size": "1080p"}, "sora2pro-hd-landscape-10s"),
        ({"size": "1792x1024"}, "sora-2-pro"),
        ({"size": "portrait", "seconds": 25}, "sora2-portrait-25s"),
        ({"kind": "image", "size": "landscape"}, "gpt-image-landscape"),
        ({"kind": "enhance", "seconds": 15}, "prompt-enhance-medium-15s"),
    ],
)
def test_a_wish_without_a_model_finds_one(wish: dict[str, object], model: str) -> None:
    request = parse("cat", **wish)  # type: ignore[arg-type]
    assert request.model == model
    if "seconds" in wish:
        assert request.seconds == wish["seconds"]


def test_eight_seconds_without_a_model_are_landscape_like_the_rest() -> None:
    request = parse("cat", seconds=8)
    assert (request.model, request.width, request.height) == ("sora-2", 1280, 720)


def test_other_arguments() -> None:
    request = parse("cat", seed=0, backend="animatic", image=CLIP)
    assert (request.seed, request.backend, request.image) == (0, "animatic", CLIP)
    assert Request.from_json(request.to_json()) == request
    for seed in (-1, 2**63, True, 1.5, "7"):
        with pytest.raises(InvalidInput, match="seed"):
            parse("cat", seed=seed)  # type: ignore[arg-type]
    with pytest.raises(UnknownModel):
        parse("cat", model="nope")
    with pytest.raises(UnknownStyle):
        parse("cat", style="nope")
    with pytest.raises(InvalidInput, match="is not for image"):
        parse("cat", kind="image", model="sora-2")
    with pytest.raises(InvalidInput, match="is not a kind"):
        parse("cat", kind="song")  # type: ignore[arg-type]


def test_enhancement_carries_level_and_length() -> None:
    request = parse("{anime} kitten", model="prompt-enhance-long-20s")
    assert (request.kind, request.level, request.seconds, request.style) == ("enhance", "long", 20, "anime")
    assert (request.width, request.height) == (0, 0)


def test_a_storyboard_value_is_a_prompt() -> None:
    board = Storyboard("Sunny").shot(5, "A cat skydives").shot(5, "It lands")
    assert parse(board) == parse(board.to_prompt())


def test_printing() -> None:
    text = to_prompt(parse(f"Sunny {{anime}} [5s]A {POST} [5s] B"))
    assert text == f"{{anime}} {POST} Sunny\n[5.0s]A\n[5.0s]B"
    assert to_prompt(parse("cat", source="clip_1")) == "cat"


def test_every_model_can_be_asked() -> None:
    for model in MODELS.values():
        source = DRAFT if model.kind in ("extend", "character") else None
        request = parse("a cat", model=model, source=source)
        assert request.model == model.id
        assert Request.from_json(request.to_json()) == request


def test_a_near_miss_of_a_shot_mark_is_noted() -> None:
    request = parse("[5 sec]A cat")
    assert (request.shots, request.prompt) == ((), "[5 sec]A cat")
    assert [(note.text, note.suggestion) for note in request.notes] == [("[5 sec]", "[5.0s]")]
    assert parse("[5] a footnote").notes == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("[5,0s]", "[5.0s]"),
        ("[5.0S]", "[5.0s]"),
        ("[12 sec]", "[12.0s]"),
        ("[1e9s]", "[5.0s]"),
        ("[nan s]", "[5.0s]"),
    ],
)
def test_what_is_almost_a_mark_is_noted_and_stays(typed: str, meant: str) -> None:
    request = parse(f"{typed} a cat {typed} a dog [2,5s] a bird")
    assert request.prompt == f"{typed} a cat {typed} a dog [2,5s] a bird"
    assert [(note.text, note.suggestion) for note in request.notes] == [(typed, meant), ("[2,5s]", "[2.5s]")]
    assert all(note.suggestion in note.message for note in request.notes)
    assert parse(to_prompt(request), model=request.model) == request
