"""``/metrics``, in the text form of Prometheus.

Numbers of requests are those of this server since it began; all others are those of the workspace, the
same from each of its servers, so that a graph takes them from one (``max by``, not ``sum``). They are
counted when somebody asks, at most once in `FRESH_SECONDS`, off the loop. Nothing of a prompt, a key or an
account's name is among them.
"""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from litestar import Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency

from sora_kit import __version__
from sora_kit.server.auth import require_reader_unless_local
from sora_kit.server.meter import BOUNDS, Meter
from sora_kit.store.figures import Figures, figures
from sora_kit.studio import Studio

if TYPE_CHECKING:
    from prometheus_client import Metric

__all__ = ("Metrics", "show_metrics")

FRESH_SECONDS = 1.0


class Metrics:
    """The numbers of one server.

    Args:
        studio: Whose numbers they are.
        meter: Counts its requests.
        state: The application's, where the server notes its open ``connections``.
    """

    def __init__(self, studio: Studio, meter: Meter, state: State) -> None:
        from prometheus_client import CollectorRegistry, ProcessCollector

        self.studio = studio
        self.meter = meter
        self.state = state
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)
        ProcessCollector(registry=self.registry)
        self.counted = 0.0
        self.known: Figures | None = None
        self.lock = asyncio.Lock()

    async def text(self) -> tuple[bytes, str]:
        """All of them, and the type of the text."""
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        async with self.lock:  # several who ask at once are one
            if self.known is None or time.monotonic() - self.counted >= FRESH_SECONDS:
                self.known = await asyncio.to_thread(figures, self.studio.workspace.database)
                self.counted = time.monotonic()
            return await asyncio.to_thread(generate_latest, self.registry), CONTENT_TYPE_LATEST

    def collect(self) -> Iterator[Metric]:
        """What the registry asks for."""
        yield from self.of_server()
        if self.known is not None:
            yield from self.of_workspace(self.known)

    def of_server(self) -> Iterator[Metric]:
        """This process."""
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        about = {"version": __version__, "python": platform.python_version(), "backend": self.studio.backend}
        yield InfoMetricFamily("sora_kit_build", "What runs here.", value=about)
        requests = CounterMetricFamily(
            "sora_kit_requests", "Requests that were answered.", labels=("method", "route", "status")
        )
        seconds = HistogramMetricFamily(
            "sora_kit_request_seconds",
            "Seconds to the first byte of the answer.",
            labels=("method", "route"),
        )
        taken: dict[tuple[str, str], list[Any]] = {}
        for (method, route, status), row in list(self.meter.rows.items()):
            requests.add_metric((method, route, str(status)), row.count)
            whole = taken.setdefault((method, route), [0.0, [0] * len(row.classes)])
            whole[0] += row.seconds
            whole[1] = [a + b for a, b in zip(whole[1], row.classes, strict=True)]
        for labels, (total, classes) in taken.items():
            below, buckets = 0, []
            for bound, number in zip((*map(str, BOUNDS), "+Inf"), classes, strict=True):
                below += number
                buckets.append((bound, below))
            seconds.add_metric(labels, buckets, total)
        yield requests
        yield seconds
        connections = self.state.get("connections")
        if connections is not None:
            yield GaugeMetricFamily("sora_kit_connections", "Open connections.", value=len(connections))

    def of_workspace(self, now: Figures) -> Iterator[Metric]:
        """What all servers of the workspace share."""
        from prometheus_client.core import GaugeMetricFamily

        def gauge(name: str, what: str, rows: dict[Any, float], *labels: str) -> Metric:
            family = GaugeMetricFamily(f"sora_kit_{name}", what, labels=labels)
            for key, value in sorted(rows.items()):
                family.add_metric(key if isinstance(key, tuple) else (key,), value)
            return family

        def plain(name: str, what: str, value: float) -> Metric:
            return GaugeMetricFamily(f"sora_kit_{name}", what, value=value)

        yield gauge("jobs", "Jobs that are kept; code tells why one failed.", dict(now.jobs),
                    "state", "kind", "backend", "code")  # fmt: skip
        yield plain("queue_length", "Jobs that wait for their turn.", now.queue)
        yield plain("queue_oldest_seconds", "For how long the oldest of them waits.", now.oldest)
        yield gauge("accounts", "Accounts of backends.", dict(now.accounts), "backend", "state")
        yield gauge("leases", "Slots of accounts in use.", dict(now.leases), "backend", "feature")
        yield gauge("clips", "Clips.", {kind: n for kind, (n, _) in now.clips.items()}, "kind")
        yield gauge("media_bytes", "Bytes of their files.", {k: size for k, (_, size) in now.clips.items()},
                    "kind")  # fmt: skip
        yield plain(
            "disk_free_bytes", "Free on the disk of the media.", self.studio.workspace.media.free_bytes()
        )
        runners = [one for one in self.studio.runners() if one.role == "runner"]
        yield plain("runners", "Processes that run jobs.", len(runners))
        hooks = {("on" if on else "off"): n for on, n in now.webhooks.items()}
        yield gauge("webhooks", "Webhooks.", dict(hooks), "state")
        yield gauge("webhook_messages", "Messages for webhooks that are kept.", dict(now.deliveries), "state")


@get("/metrics", tags=["Health"], summary="Numbers for Prometheus", guards=[require_reader_unless_local])
async def show_metrics(metrics: NamedDependency[Metrics]) -> Response[bytes]:
    """Open to this machine, elsewhere to a key with the scope read or admin."""
    text, kind = await metrics.text()
    return Response(text, media_type=kind)
