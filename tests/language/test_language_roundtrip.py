"""The laws of reading and printing, over generated and hostile texts."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sora_kit.errors import BadPrompt, InvalidInput
from sora_kit.language import MODELS, STYLES, Note, Request, parse, to_prompt

POST = "s_" + "0123456789abcdef" * 2
PIECES = st.sampled_from(
    [
        *("{anime}", "{ Retro }", "{anmie}", "{an", "ime}", "{", "}", "{a b}", '{"a": 1}'),
        *(
            "[",
            "]",
            "[5.0s]",
            "[ 2 s ]",
            "[1.5s]",
            "[0s]",
            "[-1s]",
            "[note]",
            "[5,0s]",
            "[1e9s]",
            "[nan s]",
            "s",
            "5",
            ".0",
        ),
        *(POST, f"https://sora.chatgpt.com/p/{POST}?a=b", "gen_01k9btrqrnen792y"),
        *("@bob", "@", "a@b.co", "@Zoë.x-"),
        *(" ", "  ", "\n", "\u3000", "\x85", "\r\n", "\0"),
        *(",", ".", ", ", "?", "/", "_", "-", "猫", "cat", "runs "),
    ]
)
TEXTS = st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=14).map("".join))
FAST = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def again(request: Request) -> Request:
    """Print and read back, with the same non-text arguments."""
    return parse(
        to_prompt(request),
        model=request.model,
        kind=request.kind,
        seconds=request.seconds or None,
        size=(request.width, request.height) if request.width else None,
        seed=request.seed,
        backend=request.backend,
        source=request.source,
        image=request.image,
        video=request.video,
    )


@FAST
@example(text=f"{POST}https://sora.chatgpt.com/p/{POST}?a=b", model=None)  # the first is no id of its own
@example(text="{an{anime}ime}", model=None)
@example(text="[5{anime}.0s]cat", model=None)
@example(text=f"{{ {POST} anime }} cat", model=None)
@given(text=TEXTS, model=st.sampled_from([None, *MODELS]))
def test_what_was_read_prints_and_reads_back(text: str, model: str | None) -> None:
    try:
        request = parse(text, model=model)
    except InvalidInput:
        return
    back = again(request)
    assert back.with_(notes=()) == request.with_(notes=())
    assert set(back.notes) <= set(request.notes)  # notes on what was removed are said once
    assert again(back) == back


WORDS = (
    st.text(alphabet="abc ,.猫[](){}é'\"-", min_size=1, max_size=20)
    .map(str.strip)
    .filter(lambda text: text and parse_is_plain(text))
)


def parse_is_plain(text: str) -> bool:
    return parse(f"x {text} x").prompt == f"x {text} x"


@FAST
@given(
    data=st.data(),
    style=st.sampled_from([None, *STYLES]),
    model=st.sampled_from([m for m in MODELS.values() if m.kind == "video"]),
)
def test_any_well_formed_request_survives_its_text(
    data: st.DataObject, style: str | None, model: object
) -> None:
    shots = data.draw(st.lists(st.tuples(st.sampled_from([0.5, 1.0, 1.25]), WORDS), max_size=3))
    body = data.draw(WORDS) + "".join(f"[{length}s]{text}" for length, text in shots)
    source = data.draw(st.sampled_from([None, POST, "clip_1"]))
    request = parse(
        body, model=model, style=style, source=source, seed=data.draw(st.sampled_from([None, 0, 7]))
    )
    assert [(s.seconds, s.text) for s in request.shots] == shots
    assert request.style == style
    assert again(request).with_(notes=()) == request.with_(notes=())


@pytest.mark.parametrize(
    "unit",
    [
        "[",
        "{",
        "@",
        "}",
        "[5",
        "[ ",
        "{a",
        "{a}",
        "{anime}",
        "s_",
        POST + " ",
        "gen_",
        "[5s]",
        "{ ",
        "\n",
        "@a.",
    ],
)
def test_hostile_repetition_is_read_in_linear_time(unit: str) -> None:
    start = time.thread_time()  # other processes do not count
    with pytest.raises(BadPrompt):
        parse(unit * (100_000 // len(unit) + 1))
    assert time.thread_time() - start < 0.05
    longest = unit * (32_000 // len(unit))
    start = time.thread_time()
    for model in ("sora2-landscape-10s", "gpt-image", "sora2-extension-10s"):
        with contextlib.suppress(InvalidInput):
            parse(longest, model=model)
    assert time.thread_time() - start < 1.0


def test_notes_are_bounded() -> None:
    many = " ".join(f"{{word{chr(97 + i % 26)}{i}}}" for i in range(2000))
    assert 0 < len(parse(many).notes) <= 20
    assert all(isinstance(note, Note) for note in parse(many).notes)
