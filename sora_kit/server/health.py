"""``/healthz`` and ``/readyz``, for supervisors and load balancers. They need no key and tell nothing."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency

from sora_kit.studio import Studio

__all__ = ("healthz", "readyz")


@get("/healthz", tags=["Health"], summary="Is the process alive")
async def healthz() -> dict[str, str]:
    """Answers as long as the server's loop runs."""
    return {"status": "ok"}


@get("/readyz", tags=["Health"], summary="Can it take requests")
async def readyz(studio: NamedDependency[Studio]) -> dict[str, str]:
    """Answers 200 when the workspace can be read, else 503 with the reason."""
    studio.records(limit=1)
    return {"status": "ready"}
