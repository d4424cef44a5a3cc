"""Voilà as the process behind a `Page` runs it: it gives living kernels away and ends at once.

`sora_kit.panels.child` starts it, and is there first: importing this takes a second or two.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.handler import TornadoVoilaHandler

from sora_kit.panels.warm import SECONDS, Visit, Warm

__all__ = ("voila",)

_GRACE = 0.8
"""Seconds for kernels to be ended here. One that is just starting ends by itself: every kernel
watches its parent process and leaves within a second of losing it."""

_TEMPLATE = Path(__file__).with_name("template")
"""What the page looks like before the studio is there."""


class _Farewell(VoilaShutdownKernelHandler):  # type: ignore[misc]  # Voilà has no types
    """What a page posts when it is left, so that its kernel ends at once.

    A page that goes can only send a beacon, which has no place for the XSRF token, so Voilà refuses its
    own page. The base class still refuses any other origin, and the kernel's id is known to its page only.
    """

    def check_xsrf_cookie(self) -> None:
        """Nothing to check; see above."""


class _Voila(Voila):  # type: ignore[misc]  # Voilà has no types
    """Voilà with our own answer to a visit, and an end in less than a second."""

    def setup_template_dirs(self) -> None:
        super().setup_template_dirs()
        self.template_paths.insert(0, str(_TEMPLATE))

    def init_settings(self) -> dict[str, Any]:
        # five megabytes of scripts, of which one and a half need to travel
        return dict(super().init_settings()) | {"compress_response": True}

    def init_handlers(self) -> list[Any]:
        self.warm = Warm(self.kernel_manager)
        rules = [self._rule(*rule) for rule in super().init_handlers()]
        return [*self._admin(rules[-1]), *rules]

    def _rule(self, address: str, handler: Any, *options: Any) -> tuple[Any, ...]:
        """A rule of Voilà, with our own way to answer where there is one."""
        if handler is VoilaShutdownKernelHandler:
            return (address, _Farewell, *options)
        if handler is TornadoVoilaHandler:
            return (address, Visit, options[0] | {"warm": self.warm})
        return (address, handler, *options)

    def _admin(self, studio: Any) -> list[Any]:
        """The operator's page, made like that of the studio, if its notebook lies beside the studio's."""
        path = Path(self.notebook_path).with_name("admin.ipynb")
        if not path.is_file():
            return []
        _, handler, options = studio
        return [(url_path_join(self.server_url, "/admin/?"), handler, options | {"notebook_path": path.name})]

    def listen(self) -> None:
        PeriodicCallback(self.warm.look, SECONDS * 1000).start()
        super().listen()

    def stop(self) -> None:
        # Voilà's own way asks each kernel to shut down and waits for pools that are still filling;
        # visitors' kernels hold nothing that is not in the workspace, so they can go at once.
        asyncio.get_event_loop_policy().get_event_loop().run_until_complete(self._end_kernels())
        logging.shutdown()

    async def _end_kernels(self) -> None:
        try:
            await asyncio.wait_for(self.kernel_manager.shutdown_all(now=True), _GRACE)
        except Exception:
            self.log.debug("some kernels are left to end by themselves", exc_info=True)


def voila() -> Any:
    """The Voilà of this process, not yet initialized."""
    return _Voila.instance()
