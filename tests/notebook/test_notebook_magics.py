"""``%sora``: what its line means, what Tab offers, and that it does it, in a real shell without a kernel."""

from __future__ import annotations

import pytest

from sora_kit.errors import InvalidInput
from sora_kit.notebook.completion import suggestions
from sora_kit.notebook.magics import Stopped, read_line


def read(text: str) -> tuple[str, dict[str, str]]:
    line = read_line(text)
    return line.prompt, line.options


@pytest.mark.parametrize(
    ("text", "prompt", "options"),
    [
        ("A cat", "A cat", {}),
        ("--style anime A cat", "A cat", {"style": "anime"}),
        ("A cat --style=anime", "A cat", {"style": "anime"}),
        ("-m sora-2 A cat -t 4 --seed 7", "A cat", {"model": "sora-2", "seconds": "4", "seed": "7"}),
        ("--image 'my photo.jpg' A cat", "A cat", {"image": "my photo.jpg"}),
        ('{anime}A kitten\'s $5 "day" {x}', '{anime}A kitten\'s $5 "day" {x}', {}),
        ("A well-known cat - it is - and -x", "A well-known cat - it is - and -x", {}),
        ("A cat -- and a dog", "A cat -- and a dog", {}),
        ("--style anime -- --model is a word here", "--model is a word here", {"style": "anime"}),
        ("[5.0s]A cat jumps [5.0s]It lands", "[5.0s]A cat jumps [5.0s]It lands", {}),
        ("", "", {}),
    ],
)
def test_options_are_cut_out_and_the_prompt_is_left_to_the_letter(text, prompt, options):
    assert read(text) == (prompt, options)


def test_switches_and_names():
    line = read_line("--plan -o clip --no-wait A cat")
    assert (line.plan, line.out, line.no_wait, line.prompt) == (True, "clip", True, "A cat")
    assert read_line("--job job_1").job == "job_1"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("--stile anime A cat", "Did you mean --style"),
        ("--ar 16:9 A cat", "no option --ar"),
        ("A cat --model", "--model needs a value"),
        ("-o 2clips A cat", "no name for a variable"),
    ],
)
def test_mistakes_say_what_to_write(text, says):
    with pytest.raises(InvalidInput, match=says):
        read_line(text)


@pytest.mark.parametrize(
    ("line", "in_body", "fragment", "first"),
    [
        ("%sora --sty", False, "--sty", "--style"),
        ("%sora --style ", False, "", "festive"),
        ("%%sora -s an", False, "an", "anime"),
        ("clip = %sora --model sora2-landscape-2", False, "sora2-landscape-2", "sora2-landscape-25s"),
        ("%sora --backend a", False, "a", "animatic"),
        ("%sora {com", False, "{com", "{comic}"),
        ("a kitten in {gol", True, "{gol", "{golden}"),
    ],
)
def test_tab_knows_options_models_styles_and_backends(line, in_body, fragment, first):
    found = suggestions(line, in_body=in_body)
    assert found is not None
    assert found[0] == fragment
    assert found[1][0] == first


@pytest.mark.parametrize("line", ["%sora A kitten", "%sora --image ph", "x = {an", "%soraya --sty", "print("])
def test_tab_is_silent_where_others_know_better(line):
    assert suggestions(line) is None


def test_who_catches_keyboard_interrupts_catches_this_one():
    assert issubclass(Stopped, KeyboardInterrupt)
