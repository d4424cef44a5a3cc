"""The API server: OpenAI's routes over a studio, media with byte ranges, one key for all.

`start` runs it inside the current process, on the studio's loop, beside cells and widgets:

    server = studio.serve()        # the same as sora_kit.server.start(studio)
    server.url                     # "http://127.0.0.1:8000"
    server.stop()

| module | holds |
|---|---|
| `lifecycle`, `sockets` | start, stop, ports |
| `app` | all routes together |
| `chat`, `conversation`, `sse` | ``/v1/chat/completions`` |
| `chat_answers`, `media_style`, `rejoin` | its answers, how clips are shown, coming back |
| `chores` | the hidden requests of chat programs |
| `manners` | how long requests wait, and other choices of a server |
| `videos`, `videos_from`, `video_characters` | ``/v1/videos`` |
| `video_wishes`, `video_answers`, `video_object`, `roles` | what a body asks for, and how a job is told |
| `repeats` | the same call again is the same job |
| `images`, `image_wish`, `image_events`, `pictures` | ``/v1/images`` |
| `models` | ``/v1/models`` |
| `visible` | what a key may see |
| `media`, `files`, `ranges`, `heads` | files with byte ranges, and `HEAD` |
| `bodies`, `fields`, `attachments` | reading what clients send |
| `envelope`, `auth`, `trace` | errors, keys, request ids and the log |
| `admin` | ``/admin``, for whoever runs the server |
| `waiting` | following jobs |
| `addresses` | absolute links |
| `health`, `docs` | probes and documentation |
"""

from __future__ import annotations

from sora_kit.server.app import create_app
from sora_kit.server.lifecycle import Server, start

__all__ = ("Server", "create_app", "start")
