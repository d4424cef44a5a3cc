"""Files behind signed links: no token, byte ranges, an end."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from sora_kit.standins.sora_web.call import Call
from sora_kit.standins.sora_web.ranges import Unsatisfiable, wanted

__all__ = ("ROUTES",)

_DENIED = (
    '<?xml version="1.0" encoding="utf-8"?><Error><Code>AuthenticationFailed</Code>'
    "<Message>The signature is wrong or the link has expired.</Message></Error>"
)


@get("/az/files/{file:str}", name="media")
async def media(
    call: NamedDependency[Call],
    file: FromPath[str],
    expires: Annotated[str, QueryParameter(name="se")] = "",
    signature: Annotated[str, QueryParameter(name="sig")] = "",
) -> Response[Any]:
    """A file, whole or in part."""
    found = await call.world.files.read(file, expires, signature, call.now)
    if found is None:
        return Response(_DENIED, status_code=403, media_type="application/xml")
    data, mime = found
    headers = {"accept-ranges": "bytes", "cache-control": "private"}
    try:
        part = wanted(call.headers.get("range"), len(data))
    except Unsatisfiable:
        return Response(
            b"", status_code=416, headers={"content-range": f"bytes */{len(data)}"}, media_type=mime
        )
    if part is None:
        return Response(data, headers=headers, media_type=mime)
    headers["content-range"] = f"bytes {part.start}-{part.stop - 1}/{len(data)}"
    return Response(data[part], status_code=206, headers=headers, media_type=mime)


ROUTES = (media,)
