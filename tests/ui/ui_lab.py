"""JupyterLab as a hub starts it: below a path of its own, behind a token, with a proxy for local ports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as View
from ui_pages import free_port

BASE = "/user/x/"
TOKEN = "a-token-as-a-hub-would-make-it"
QUIET = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}
"""Settings that keep Lab from asking about news, which needs the network."""


class Lab:
    """A Jupyter server with JupyterLab and, as its extension, Voilà.

    Args:
        folder: What it serves; settings and logs lie beside it.
        env: More variables for the server and its kernels.
        before: A command that starts the server, which it gets as its arguments.
    """

    def __init__(
        self, folder: Path, env: Mapping[str, str] | None = None, before: Sequence[str] = ()
    ) -> None:
        self.before = before
        self.folder = folder
        self.port = free_port()
        self.origin = f"127.0.0.1:{self.port}"
        self.env = {"JUPYTERHUB_SERVICE_PREFIX": BASE, **(env or {})}
        self.log = folder.parent / "lab.log"
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, path: str) -> str:
        """The address of a path below the base, for a visitor who was let in."""
        return f"http://{self.origin}{BASE}{path}{'&' if '?' in path else '?'}token={TOKEN}"

    def __enter__(self) -> Self:
        settings = self.folder.parent / "lab-settings"
        for name, content in QUIET.items():
            path = settings / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content), "utf-8")
        options = {
            "ServerApp.base_url": BASE,
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.root_dir": self.folder,
            "ServerApp.open_browser": False,
            "ServerApp.allow_root": True,
            "IdentityProvider.token": TOKEN,
        }
        command = [
            *self.before,
            sys.executable,
            "-m",
            "jupyterlab",
            *(f"--{k}={v}" for k, v in options.items()),
        ]
        own = {
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(settings / "workspaces"),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | own | self.env,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait(time.monotonic() + 60)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and its kernels."""
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def _wait(self, end: float) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < end:
            assert self.process
            assert self.process.poll() is None, self.log.read_text("utf-8", "replace")
            try:
                with opener.open(self.url("api/status"), timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(self.log.read_text("utf-8", "replace"))


class Notebook:
    """A notebook that is open in JupyterLab, handled as a person handles it."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.panel = view.locator(".jp-NotebookPanel:visible")
        self.status = view.locator("#jp-main-statusbar")
        self.ready()

    def ready(self) -> None:
        """Wait until the page is there and its kernel has answered."""
        expect(self.panel.locator(".jp-Cell").first).to_be_visible(timeout=60_000)
        self.idle()

    def idle(self, timeout: float = 60_000) -> None:
        """Wait until no cell runs or waits, so many milliseconds."""
        expect(self.panel.locator(".jp-InputArea-prompt", has_text="*")).to_have_count(0, timeout=timeout)
        expect(self.status).to_contain_text("| Idle", timeout=60_000)

    def busy(self, cell: int) -> None:
        """Wait until a cell runs. The page's status of the kernel would not do: a click makes it idle."""
        expect(self.cell(cell).locator(".jp-InputArea-prompt")).to_have_text("[*]:", timeout=60_000)

    def menu(self, *path: str) -> None:
        """Choose from the menu at the top."""
        first, *rest = path
        self.view.locator(".lm-MenuBar-itemLabel").get_by_text(first, exact=True).click()
        for title in rest:
            self.view.locator(".lm-Menu-itemLabel:visible").get_by_text(title, exact=True).first.click()

    def run_all(self) -> None:
        """Run every cell."""
        self.menu("Run", "Run All Cells")

    def run(self, cell: int) -> None:
        """Run one cell."""
        self.cell(cell).locator(".cm-content").click()
        self.view.keyboard.press("Control+Enter")

    def interrupt(self) -> None:
        """Stop what runs, and what waits behind it."""
        self.panel.get_by_role("button", name="Interrupt the kernel").click()

    def save(self) -> None:
        """Write the notebook with its outputs."""
        self.menu("File", "Save Notebook")
        expect(self.view.locator(".lm-TabBar-tab.jp-mod-current.jp-mod-dirty")).to_have_count(0)

    def restart(self) -> None:
        """A new kernel, all cells run in it."""
        self.menu("Kernel", "Restart Kernel and Run All Cells…")
        self.view.locator(".jp-Dialog .jp-mod-accept").click()

    def shut_down(self) -> None:
        """End the kernel."""
        self.menu("Kernel", "Shut Down Kernel")
        expect(self.status).to_contain_text("No Kernel")

    def cell(self, number: int) -> Locator:
        """A cell with its output."""
        return self.panel.locator(".jp-Cell").nth(number)

    def output(self, number: int) -> Locator:
        """The output of a cell."""
        return self.cell(number).locator(".jp-OutputArea-output")
