"""A real kernel, driven over Jupyter's protocol as a front end does it, but message by message."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Message = dict[str, Any]


@dataclass
class Ran:
    """What a cell answered."""

    messages: list[Message]
    reply: dict[str, Any]

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [m["content"] for m in self.messages if m["msg_type"] in kinds]

    @property
    def shown(self) -> dict[str, Any]:
        """The mime bundle of the only output."""
        (one,) = self.of("execute_result", "display_data")
        return one["data"]

    @property
    def model(self) -> str:
        """Id of the widget that the only output shows."""
        return self.shown["application/vnd.jupyter.widget-view+json"]["model_id"]

    @property
    def value(self) -> str:
        """The plain text of the only output."""
        return self.shown["text/plain"]


class Kernel:
    """A client of one kernel. Keeps every message, with the time when it came."""

    def __init__(self, client: Any, interrupt: Callable[[], None]) -> None:
        self.client = client
        self.interrupt = interrupt
        self.log: list[tuple[float, Message]] = []

    def start(self, code: str) -> str:
        return self.client.execute(code, allow_stdin=False)

    def read(self, seconds: float) -> Message | None:
        """The next broadcast message, or None when there was none for so long."""
        from queue import Empty

        try:
            message = self.client.get_iopub_msg(timeout=seconds)
        except Empty:
            return None
        self.log.append((time.monotonic(), message))
        return message

    def until(self, found: Callable[[Message], bool], seconds: float = 20) -> Message:
        """Read until a message is found."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self.read(left)
            if message is not None and found(message):
                return message
        raise TimeoutError(f"no such message within {seconds} s")

    def finish(self, cell: str, seconds: float = 60) -> Ran:
        """Read until a started cell is idle; fails the test when it never is."""
        begin = len(self.log)
        mine = [m for _, m in self.log if m["parent_header"].get("msg_id") == cell]
        if not any(_idle(m, cell) for m in mine):
            self.until(lambda m: _idle(m, cell), seconds)
        mine += [m for _, m in self.log[begin:] if m["parent_header"].get("msg_id") == cell]
        while True:
            reply = self.client.get_shell_msg(timeout=seconds)
            if reply["parent_header"].get("msg_id") == cell:
                return Ran(mine, reply["content"])

    def run(self, code: str, seconds: float = 60) -> Ran:
        return self.finish(self.start(code), seconds)

    def good(self, code: str, seconds: float = 60) -> Ran:
        """Run a cell that must not fail."""
        ran = self.run(code, seconds)
        assert ran.reply["status"] == "ok", "\n".join(ran.reply.get("traceback", []))
        return ran

    def press(self, model: str, action: str) -> None:
        """Press a button of a live card."""
        content = {"comm_id": model, "data": {"method": "custom", "content": {"action": action}}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))


def _idle(message: Message, cell: str) -> bool:
    mine = message["parent_header"].get("msg_id") == cell
    return mine and message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """A workspace with two pictures, the newer one with a hostile prompt. Nobody has it open."""
    from sora_kit import Studio

    folder = tmp_path_factory.mktemp("pictures") / "workspace"
    with Studio(folder) as studio:
        studio.image("A lighthouse in a storm", style="comic").result(60)
        studio.image('<img src=x onerror="alert(1)"> A cat').result(60)
    return folder


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Kernel]:
    """A kernel with a new workspace, an open `studio` and nothing shown yet."""
    from jupyter_client.manager import start_new_kernel

    folder = tmp_path_factory.mktemp("kernel")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SORA_KIT_WORKSPACE", str(folder / "workspace"))
        manager, client = start_new_kernel(cwd=str(folder), startup_timeout=60)
    kernel = Kernel(client, manager.interrupt_kernel)
    try:
        kernel.good("import logging; before = (logging.root.level, list(logging.root.handlers))")
        opened = kernel.good("from sora_kit import Studio; studio = Studio()")
        assert opened.of("stream", "display_data", "execute_result") == []
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
