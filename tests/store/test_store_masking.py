"""Planted secrets never survive masking, and harmless text comes back as it was."""

from __future__ import annotations

import json
import random
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sora_kit.store.masking import MASK, mask, mask_body, mask_json, outline

SAFE = string.ascii_letters + string.digits + "-_"
WORDS = st.lists(
    st.sampled_from(["A", "cat,", "walks;", "on", "the", "beach.", "(slowly)", "Grün", "東京", "10s", "key",
                     "tokens", "{anime}", "@bob", "[5.0s]", "secret", "bearer", "of", "news:", "1280x720"]),
    max_size=12,
).map(" ".join)  # fmt: skip


def made(length: int) -> st.SearchStrategy[str]:
    """A value as a machine makes it: letters of both cases and digits in it."""
    return st.text(SAFE, min_size=length, max_size=length + 30).map(lambda text: f"aZ7{text}")


JWT = st.tuples(made(12), made(20), made(20)).map(lambda parts: "eyJ" + ".".join(parts))
FORMS = st.one_of(
    JWT,
    made(20).map("sk-{}".format),
    made(20).map("sk-sora-{}".format),
    made(20).map("rt_{}".format),
    made(40),
)
NAMES = st.sampled_from(
    ["password", "access_token", "refreshToken", "SESSION_TOKEN", "X-Api-Key", "client_secret", "Cookie",
     "Authorization", "apiKey", "credential", "Set-Cookie", "sessionid"]
)  # fmt: skip
PLACES = (
    '{{"{name}": "{secret}"}}',
    "{{'{name}': '{secret}', 'n': 1}}",
    '{{\\"{name}\\": \\"{secret}\\"}}',
    "{name}={secret}&size=1",
    "{name}: {secret}\r\nHost: example.org",
    "https://example.org/v.mp4?{name}={secret}&page=2",
    "https://user:{secret}@example.org/{name}",
)


@settings(deadline=None)
@given(WORDS, FORMS, WORDS)
def test_a_secret_is_known_by_its_form(before: str, secret: str, after: str) -> None:
    for text in (f"{before} {secret} {after}", json.dumps({"prompt": f"{before}\n{secret}\n{after}"})):
        assert secret not in mask(text)
    assert secret not in mask_body({"a": [{"b": f"{before} {secret} {after}"}]})


@settings(deadline=None)
@given(WORDS, NAMES, made(8), st.sampled_from(PLACES), WORDS)
def test_a_secret_is_known_by_its_name(before: str, name: str, secret: str, place: str, after: str) -> None:
    text = f"{before} {place.format(name=name, secret=secret)} {after}"
    assert secret not in mask(text)
    assert secret not in mask_body({"messages": [{"content": text}]})
    assert secret not in mask_body({name: secret, "deep": {name.upper(): {"x": [secret]}}})
    assert secret not in mask_body({"text": json.dumps({name: [secret, f"b{secret}"], "n": 1})})


@settings(deadline=None)
@given(st.text(min_size=6, max_size=40), WORDS)
def test_what_was_presented_is_masked_wherever_it_stands(secret: str, words: str) -> None:
    tree = {"prompt": f"{words}{secret}{words}", "nested": json.dumps({"a": secret})}
    masked = mask_body(tree, [secret]).replace(MASK, "")
    assert json.dumps(secret)[1:-1] not in masked
    assert json.dumps(secret, ensure_ascii=False)[1:-1] not in masked


@settings(deadline=None)
@given(WORDS)
def test_harmless_text_comes_back_as_it_was(words: str) -> None:
    assert mask(words) == words
    tree = {"prompt": words, "max_tokens": 100, "n": [1, 2.5, None, True], "size": "1280x720"}
    assert mask_json(tree) == tree


@pytest.mark.parametrize(
    "text",
    [
        "The secret: a garden", "A bearer of bad news", "Cookie: a film about biscuits", "max_tokens=5",
        "https://example.org/a?page=2#top", "sora2-landscape-10s", "video_01k9btrqrnen792yvt703dp0tq",
        "ratio: 16:9, tokens: many", "Zwölf Boxkämpfer jagen Viktor", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "http://127.0.0.1:8000/media/aB3dE6gH9jK2mN5pQ8sT1v.mp4", "a monkey: 5, a keyboard = 3 rows",
    ],
)  # fmt: skip
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    assert mask(text) == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(st.text(), JSON)
def test_masking_takes_anything(text: str, tree: object) -> None:
    assert isinstance(mask(text, [text]), str)
    assert isinstance(mask_body(outline(tree)), str)


@pytest.mark.parametrize(
    "piece",
        ["token", "cookie:", "eyJ", "http://", '\\"', "secret[", "bearer ", "data:a/b;", "key=\\", "=:", "a",
         "A1b/", "sk-", "\n" + "Ab1" * 20, "tokens : [ ", "password=''"],
)  # fmt: skip
def test_no_text_takes_long(piece: str) -> None:
    began = time.process_time()
    mask(piece * 20_000)
    assert time.process_time() - began < 0.5


def test_media_become_a_word() -> None:
    png = "iVBORw0KGgoAAAANSUhEUgAA" + "Ab1+" * 4000
    assert mask(f'{{"image": "data:image/png;base64,{png}"}}') == '{"image": "<image/png, 12 kB>"}'
    assert mask(png) == "<image/png, 12 kB>"
    big = outline({"url": f"data:video/mp4;base64,{png * 400}", "raw": png * 400, "text": "word " * 9000})
    assert big["url"] == "<video/mp4, 5 MB>"
    assert big["raw"] == "<image/png, 5 MB>"
    assert len(big["text"]) < 33_000
    wrapped = "\n".join("".join(random.Random(1).choices(string.ascii_letters, k=76)) for _ in range(40))
    assert len(mask(f"a file: {wrapped}")) < 60


def test_a_cut_never_leaves_half_a_secret() -> None:
    for length in range(31_900, 32_010):
        masked = mask("x " * (length // 2) + "sk-sora-aZ7secretsecretsecret tail")
        assert "sk-" not in masked
        assert "secretsecret" not in masked


def test_the_environment_s_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORA_KIT_ADMIN_PASSWORD", "swordfish & more")
    assert mask("they say swordfish & more, and swordfish%20%26%20more") == f"they say {MASK}, and {MASK}"
