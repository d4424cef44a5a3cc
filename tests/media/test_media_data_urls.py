"""``data:`` URLs: read like files, refused like strangers."""

from __future__ import annotations

import base64

import pytest
from media_server import stored

from sora_kit.errors import FetchRefused
from sora_kit.media.fetch import fetch, parse_data_url


def data_url(data: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


async def test_a_data_url_is_read(png, into):
    got = await fetch(data_url(png, "video/mp4"), into=into)
    assert got.path.read_bytes() == png
    assert got.format.mime == "image/png"


def test_loose_spellings_of_data_urls(png):
    url = data_url(png)
    head, body = url.split(",")
    assert parse_data_url(url.replace("data:", "DATA:")) == png
    assert parse_data_url(f"{head},{body.rstrip('=')}") == png
    assert parse_data_url(f"{head},{body.replace('+', '%2B').replace('/', '%2F').replace('=', '%3D')}") == png
    assert parse_data_url(head + "," + "\n".join(body[i : i + 76] for i in range(0, len(body), 76))) == png
    assert parse_data_url(f"data:image/png;name=x.png;base64,{body}") == png


@pytest.mark.parametrize(
    "url",
    ["data:,hello", "data:image/png,rawbytes", "data:image/png;base64,***", "data:image/png;base64", "data:"],
)
def test_malformed_data_urls_are_refused(url):
    with pytest.raises(FetchRefused, match="malformed"):
        parse_data_url(url)


async def test_a_large_data_url_is_refused_before_decoding(into, monkeypatch):
    def never(*_: object, **__: object) -> bytes:
        raise AssertionError("decoded")

    monkeypatch.setattr(base64, "b64decode", never)
    with pytest.raises(FetchRefused, match="too large"):
        await fetch("data:image/png;base64," + "A" * 200_000, into=into, max_bytes=100_000)
    monkeypatch.undo()
    with pytest.raises(FetchRefused, match="too large"):  # so near the limit that only decoding tells
        parse_data_url("data:image/png;base64," + "A" * 136_000, max_bytes=100_000)
    assert stored(into) == []
