"""The server that plays clips in a notebook when no API server runs."""

import httpx
import pytest

from sora_kit import Studio
from sora_kit.notebook.urls import media_url


def get(url: str) -> int:
    return httpx.get(url, trust_env=False).status_code


def test_it_starts_when_it_is_needed_and_comes_back_on_the_same_port(pictures):
    with Studio(pictures) as studio:
        clip = studio.clips()[0]
        assert clip.url is None
        url = media_url(studio, clip)
        poster = media_url(studio, clip, "poster")
        assert (get(url), get(poster)) == (200, 200)
        assert studio.keys.list() == []  # nobody would see the key
    with pytest.raises(httpx.ConnectError):
        get(url)
    with Studio(pictures) as studio:
        assert media_url(studio, studio.clip(clip.id)) == url
        assert get(url) == 200


def test_it_steps_back_for_the_api_and_returns_after_it(pictures):
    with Studio(pictures) as studio:
        clip = studio.clips()[0]
        first = media_url(studio, clip)
        server = studio.serve(port=0)
        assert server.new_key  # the media server did not use up the one that is shown
        assert media_url(studio, clip).startswith(server.url)
        assert get(first) == 200  # clips that are on the page still play
        server.stop()
        assert media_url(studio, clip) == first


def test_it_is_not_started_where_no_browser_could_reach_it(pictures, monkeypatch):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    with Studio(pictures) as studio:
        clip = studio.clips()[0]
        assert media_url(studio, clip) is None
        assert studio.media_server is None


def test_a_closed_studio_serves_nothing(pictures):
    with Studio(pictures) as studio:
        clip = studio.clips()[0]
    assert media_url(studio, clip) is None
    assert studio.media_server is None
