"""Forms as trees, and values read out of them."""

from __future__ import annotations

import base64
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sora_kit.errors import BadMedia, InvalidInput
from sora_kit.server import fields
from sora_kit.server.bodies import Upload, nest

# a server of another test draws random numbers in its thread, which hypothesis takes for a strategy's
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")

PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)
NAMES = st.text(st.sampled_from("abcxyz_09"), min_size=1, max_size=6)
VALUES = st.text(max_size=20)
TREES = st.dictionaries(
    NAMES,
    VALUES
    | st.dictionaries(NAMES, VALUES, min_size=1, max_size=4)
    | st.lists(VALUES, min_size=1, max_size=4)
    | st.lists(st.fixed_dictionaries({"id": VALUES, "name": VALUES}), min_size=1, max_size=4),
    max_size=5,
)


def flattened(tree: dict[str, Any]) -> list[tuple[str, str]]:
    """What OpenAI's SDK makes of a nested ``extra_body`` in a multipart form."""
    flat: list[tuple[str, str]] = []

    def walk(name: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                walk(f"{name}[{key}]", item)
        elif isinstance(value, list):
            for item in value:
                walk(f"{name}[]", item)
        else:
            flat.append((name, value))

    for key, value in tree.items():
        walk(key, value)
    return flat


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(TREES)
def test_what_the_sdk_flattens_is_restored(tree: dict[str, Any]):
    assert nest(flattened(tree)) == tree


FORMS = st.lists(
    st.tuples(st.text(max_size=12) | st.text(st.sampled_from("ab[]"), max_size=12), VALUES), max_size=6
)


@settings(deadline=None)  # the machine may be busy
@given(FORMS)
def test_any_form_is_a_tree_or_is_refused_by_name(form: list[tuple[str, str]]):
    try:
        tree = nest(form)
    except InvalidInput as error:
        refused = error.param or "?"
    else:
        assert isinstance(tree, dict)
        return
    assert any(name.startswith(refused) for name, _ in form)


def test_repeated_plain_names_are_a_list():
    assert nest([("a", "1"), ("a", "2"), ("a", "3")]) == {"a": ["1", "2", "3"]}


@pytest.mark.parametrize(
    "form", [[("a", "1"), ("a[b]", "2")], [("a[b]", "1"), ("a[]", "2")], [("a[b]", "1"), ("a", "2")]]
)
def test_a_field_in_two_forms_is_refused(form: list[tuple[str, str]]):
    with pytest.raises(InvalidInput) as caught:
        nest(form)
    assert caught.value.param == "a"


def test_deep_nesting_is_refused():
    with pytest.raises(InvalidInput):
        nest([("a" + "[b]" * 10, "1")])


@pytest.mark.parametrize(
    ("value", "expected"), [("8", 8.0), (8, 8.0), (8.5, 8.5), ("8s", 8.0), ("auto", None), (None, None)]
)
def test_numbers_come_as_numbers_or_text(value: Any, expected: float | None):
    assert fields.number({"seconds": value}, "seconds") == expected


@pytest.mark.parametrize("value", ["eight", True, [], {}, "nan", "inf", math.inf, 10**400])
def test_what_is_no_number_is_refused_by_name(value: Any):
    with pytest.raises(InvalidInput) as caught:
        fields.number({"seconds": value}, "seconds")
    assert caught.value.param == "seconds"
    assert caught.value.code == "invalid_type"


def test_whole_numbers_have_limits():
    assert fields.whole({"n": "3"}, "n", low=1, high=10) == 3
    for bad in (0, 11, 2.5):
        with pytest.raises(InvalidInput):
            fields.whole({"n": bad}, "n", low=1, high=10)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1280x720", "1280x720"), ("1280*720", "1280x720"), (" 1280 X 720 ", "1280x720"), ("auto", None),
     ("", None),
     (None, None), ("16:9", "16:9"), ("720p", "720p")],
)  # fmt: skip
def test_sizes(value: str | None, expected: str | None):
    assert fields.size({"size": value}) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), ("true", True), ("0", False), (None, False), (1, True)]
)
def test_flags(value: Any, expected: bool):
    assert fields.flag({"stream": value}, "stream") is expected


def test_a_flag_that_is_neither_is_refused():
    with pytest.raises(InvalidInput):
        fields.flag({"stream": "perhaps"}, "stream")


URL = "https://example.org/cat.png"
DATA = "data:image/png;base64," + base64.b64encode(PNG).decode()


@pytest.mark.parametrize(
    "tree",
    [
        {"input_reference": URL},
        {"input_reference": {"image_url": URL}},
        {"input_reference": {"image_url": {"url": URL}}},
        {"input_reference": [{"image_url": URL}]},
        {"input_reference": f'{{"image_url": "{URL}"}}'},
        {"image_url": URL},
        nest([("input_reference[image_url]", URL)]),
    ],
)
def test_references_in_every_shape_seen_in_the_wild(tree: dict[str, Any]):
    assert fields.media(tree, "input_reference", "image_url") == URL


def test_data_urls_stay_urls_and_bare_base64_and_files_become_bytes():
    assert fields.media({"image": DATA}, "image") == DATA
    assert fields.media({"image": base64.b64encode(PNG).decode()}, "image") == PNG
    assert fields.media({"image": Upload("upload", PNG)}, "image") == PNG


@pytest.mark.parametrize(
    "value", [{"file_id": "file-1"}, {"image_url": URL, "url": URL}, {}, [URL, URL], 7, "a cat"]
)
def test_unusable_references_are_refused_by_name(value: Any):
    with pytest.raises(InvalidInput) as caught:
        fields.media({"input_reference": value}, "input_reference")
    assert caught.value.param == "input_reference"
    assert caught.value.fix


def test_an_empty_file_is_refused():
    with pytest.raises(BadMedia):
        fields.media({"image": Upload("x", b"")}, "image")


def test_a_prompt_that_looks_like_json_stays_text():
    assert fields.text({"prompt": '{"a": 1}'}, "prompt") == '{"a": 1}'


def test_a_missing_prompt_is_named():
    with pytest.raises(InvalidInput) as caught:
        fields.text({}, "prompt", required=True)
    assert (caught.value.param, caught.value.code) == ("prompt", "missing_required_parameter")
