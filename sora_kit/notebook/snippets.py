"""How to call the server: the same request for a terminal, for Python and for JavaScript.

A snippet never holds a key; it says where the key goes. Behind jupyter-server-proxy the address is that
of the Jupyter server, which wants its own token with each request and takes it from the query, because
the header ``Authorization`` is the key's.
"""

from __future__ import annotations

import json

__all__ = ("KEY", "PROMPT", "TOKEN", "curl", "javascript", "python")

PROMPT = "A kitten running across a meadow"
KEY = "SORA_KIT_API_KEY"
"""Variable that holds the key on the caller's side."""
TOKEN = "JUPYTER_TOKEN"  # noqa: S105 - the name of a variable
"""Variable that holds the Jupyter server's token, behind its proxy."""


def curl(url: str, *, proxied: bool = False) -> str:
    """A request for a terminal.

    Args:
        url: The server's address, without ``/v1``.
        proxied: Whether a Jupyter server stands in front of it.
    """
    body = json.dumps({"model": "sora-2", "prompt": PROMPT, "seconds": "4"})
    address = f'"{url}/v1/videos?token=${TOKEN}"' if proxied else f"{url}/v1/videos"
    return (
        f"curl {address} \\\n"
        f'  -H "Authorization: Bearer ${KEY}" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        f"  -d '{body}'"
    )


def python(url: str, *, proxied: bool = False) -> str:
    """The same with OpenAI's own client for Python, up to the file. Arguments as for `curl`."""
    token = f'    default_query={{"token": os.environ["{TOKEN}"]}},\n' if proxied else ""
    return (
        "import os\n\n"
        "from openai import OpenAI\n\n"
        "client = OpenAI(\n"
        f'    base_url="{url}/v1",\n'
        f'    api_key=os.environ["{KEY}"],\n'
        f"{token})\n"
        "video = client.videos.create_and_poll(\n"
        f'    model="sora-2", prompt="{PROMPT}", seconds="4"\n'
        ")\n"
        'client.videos.download_content(video.id).write_to_file("kitten.mp4")'
    )


def javascript(url: str, *, proxied: bool = False) -> str:
    """The same with OpenAI's own client for JavaScript. Arguments as for `curl`."""
    token = f"  defaultQuery: {{ token: process.env.{TOKEN} }},\n" if proxied else ""
    return (
        'import { writeFile } from "node:fs/promises";\n'
        'import OpenAI from "openai";\n\n'
        "const client = new OpenAI({\n"
        f'  baseURL: "{url}/v1",\n'
        f"  apiKey: process.env.{KEY},\n"
        f"{token}}});\n"
        "let video = await client.videos.create({\n"
        f'  model: "sora-2", prompt: "{PROMPT}", seconds: "4",\n'
        "});\n"
        'while (video.status === "queued" || video.status === "in_progress") {\n'
        "  await new Promise((done) => setTimeout(done, 2000));\n"
        "  video = await client.videos.retrieve(video.id);\n"
        "}\n"
        "const content = await client.videos.downloadContent(video.id);\n"
        'await writeFile("kitten.mp4", Buffer.from(await content.arrayBuffer()));'
    )
