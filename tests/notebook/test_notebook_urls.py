"""The resolver of media addresses, as a table."""

import pytest

from sora_kit.notebook.urls import Place, reach

HERE = "http://127.0.0.1:8000/media/f00.mp4"


@pytest.mark.parametrize(
    ("address", "place", "reached"),
    [
        # on this machine: as it stands
        (HERE, Place(), HERE),
        (HERE, Place(proxy=True), HERE),
        ("http://localhost:8000/media/f.mp4?v=1", Place(), "http://localhost:8000/media/f.mp4?v=1"),
        # a public address wins over everything
        (HERE, Place(public="https://clips.example"), "https://clips.example/media/f00.mp4"),
        (HERE, Place(public="https://x.example/sora/"), "https://x.example/sora/media/f00.mp4"),
        (HERE, Place(public="https://x.example", hub="/user/ann/", proxy=True), "https://x.example/media/f00.mp4"),
        (HERE, Place(public="https://x.example", sandbox=True), "https://x.example/media/f00.mp4"),
        ("https://x.example/sora/media/a", Place(public="https://x.example/sora"), "https://x.example/sora/media/a"),
        # hub and Binder: through jupyter-server-proxy, or not at all
        (HERE, Place(hub="/user/ann/", proxy=True), "/user/ann/proxy/8000/media/f00.mp4"),
        (HERE, Place(hub="/", proxy=True), "/proxy/8000/media/f00.mp4"),
        (HERE, Place(hub="/user/ann/"), None),
        # Voilà as an extension of a Jupyter server
        (HERE, Place(voila="/user/ann/", hub="/user/ann/", proxy=True), "/user/ann/proxy/8000/media/f00.mp4"),
        (HERE, Place(voila="/", proxy=True), "/proxy/8000/media/f00.mp4"),
        (HERE, Place(voila="/"), HERE),
        # another machine's runner needs no help; a sandbox's own ports cannot be reached
        ("http://10.0.0.7:8000/media/a.mp4", Place(hub="/user/ann/", proxy=True), "http://10.0.0.7:8000/media/a.mp4"),
        (HERE, Place(sandbox=True), None),
    ],
)  # fmt: skip
def test_reach(address, place, reached):
    assert reach(address, place) == reached


@pytest.mark.parametrize(
    ("env", "fields"),
    [
        ({}, {}),
        ({"SORA_KIT_PUBLIC_URL": "https://x"}, {"public": "https://x"}),
        ({"JUPYTERHUB_SERVICE_PREFIX": "/user/ann/"}, {"hub": "/user/ann/"}),
        ({"COLAB_RELEASE_TAG": "r1"}, {"sandbox": True}),
        # Voilà by itself, and as an extension
        ({"VOILA_BASE_URL": "/", "VOILA_REQUEST_URL": "http://127.0.0.1:8866/"}, {}),
        (
            {"VOILA_BASE_URL": "/b/", "VOILA_REQUEST_URL": "http://h/b/voila/render/x.ipynb?q=1"},
            {"voila": "/b/"},
        ),
    ],
)
def test_place_is_read_from_the_environment(env, fields):
    place = Place.here(env)
    expected = {"public": "", "hub": "", "voila": "", "sandbox": False} | fields
    assert {name: getattr(place, name) for name in expected} == expected
