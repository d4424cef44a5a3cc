"""Snippets: each of them says the address, and none of them the key."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess

import pytest

from sora_kit import Studio
from sora_kit.notebook import snippets

WRITERS = (snippets.curl, snippets.python, snippets.javascript)


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("proxied", [False, True])
def test_the_token_of_jupyter_is_asked_for_behind_its_proxy_only(write, proxied: bool):
    code = write("https://hub.example/user/ann/proxy/8000", proxied=proxied)
    assert "https://hub.example/user/ann/proxy/8000/v1" in code
    assert snippets.KEY in code
    assert (snippets.TOKEN in code) is proxied


def test_the_python_is_python():
    code = snippets.python("http://127.0.0.1:8000", proxied=True)
    names = {node.attr for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute)}
    assert {"create_and_poll", "download_content", "environ"} <= names


def test_curl_does_what_it_says(studio: Studio, require):
    require("curl")
    server = studio.serve(port=0)
    code = snippets.curl(server.url)
    body = json.loads(re.search(r"-d '(.*)'", code)[1])
    assert body["prompt"] == snippets.PROMPT
    done = subprocess.run(
        ["bash", "-c", code.replace("curl ", "curl -sS --noproxy '*' ", 1)],
        env=os.environ | {snippets.KEY: server.new_key},
        capture_output=True,
        text=True,
        check=True,
    )
    made = json.loads(done.stdout)
    assert made["status"] == "queued"
    studio.job(made["id"].replace("video_", "job_")).cancel()
