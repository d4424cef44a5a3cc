"""`Page`: the studio in a browser, without anyone seeing code.

Voilà runs ``studio.ipynb`` for every visitor in a kernel of its own, and keeps warm ones ready. It is
a child process (`sora_kit.panels.child`) that ends with this one. All kernels open the same
workspace, whose jobs are run by whoever started the page, so visitors come and go without harm.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import IO, Literal, Self

from sora_kit.errors import ServerError
from sora_kit.panels.child import FOLDER

__all__ = ("Page", "named_notebook", "notebook")

_READY = "voila/static/require.min.js"
"""A file that Voilà serves when it is up. Asking for the page itself would use up a warm kernel."""

_WARM = 2
"""Kernels kept ready."""

_EXTENSIONS = (
    *("anywidget", "@jupyter-widgets/jupyterlab-manager"),
    *("@voila-dashboards/widgets-manager7", "@voila-dashboards/widgets-manager8"),
)
"""What a page loads of JupyterLab's extensions: whatever else is installed would only make it slower."""

_IDLE = 120
"""Seconds after which the kernel of a page that left without a word is ended; never one with a page."""


class Page:
    """A Voilà server for one workspace.

    Args:
        workspace: The workspace's folder.
        host: Address to listen on.
        port: A free port.
        theme: ``light``, ``dark``, or None for light with ``?theme=dark`` as the visitor's choice.
        env: More variables for the kernels.
        admin: Also show the operator's page, under ``/admin``. It asks for the admin password.
    """

    def __init__(
        self,
        workspace: str | Path,
        *,
        host: str = "127.0.0.1",
        port: int,
        theme: Literal["light", "dark"] | None = None,
        env: Mapping[str, str] | None = None,
        admin: bool = False,
    ) -> None:
        self.workspace = Path(workspace)
        self.host = host
        self.port = port
        self.theme = theme or "light"
        self.env = dict(env or {})
        self.admin = admin
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None

    @property
    def url(self) -> str:
        """Where a browser on this computer finds the page."""
        return f"http://{_name(_reachable(self.host))}:{self.port}/"

    @property
    def admin_url(self) -> str:
        """Where the operator's page is, if there is one."""
        return f"{self.url}admin" if self.admin else ""

    @property
    def log(self) -> Path:
        """What Voilà and the kernels have to say."""
        return self.workspace / "page.log"

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 60.0) -> Self:
        """Start it and wait until it answers.

        Args:
            timeout: Seconds to wait.

        Raises:
            ServerError: It ended, or did not answer in time.
        """
        if self.running:
            return self
        self._folder = folder = Path(tempfile.mkdtemp(prefix=FOLDER))
        # Kernels start in the notebook's folder, where nothing else may lie that they could import.
        shutil.copyfile(notebook(), folder / "studio.ipynb")
        if self.admin:
            shutil.copyfile(named_notebook("admin"), folder / "admin.ipynb")
        self.workspace.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._process = self._launch(folder, log)
        try:
            self._wait(time.monotonic() + timeout)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End it and its kernels, in less than two seconds. Safe to call at any time."""
        process, self._process = self._process, None
        if process is not None:
            if process.stdin:
                process.stdin.close()  # cuts the tie
            try:
                process.wait(1.5)
            except subprocess.TimeoutExpired:
                process.kill()  # kernels notice and leave by themselves
                process.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self, folder: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        settings = {
            "Voila.ip": self.host,
            "Voila.port": self.port,
            "Voila.port_retries": 0,
            "Voila.open_browser": False,
            "Voila.connection_dir_root": folder,
            "VoilaConfiguration.theme": self.theme,
            "VoilaConfiguration.preheat_kernel": True,
            "VoilaConfiguration.default_pool_size": _WARM,
            "VoilaConfiguration.show_tracebacks": False,
            "VoilaConfiguration.extension_allowlist": _EXTENSIONS,
            "KernelManager.autorestart": False,
            "MappingKernelManager.cull_interval": 30,
            "MappingKernelManager.cull_connected": False,
            "MappingKernelManager.cull_busy": False,
            "MappingKernelManager.cull_idle_timeout": _IDLE,
        }
        command = [sys.executable, "-m", "sora_kit.panels.child", str(folder / "studio.ipynb")]
        for name, value in settings.items():
            command += [f"--{name}={one}" for one in (value if isinstance(value, tuple) else (value,))]
        env = (
            os.environ
            | {"SORA_KIT_WORKSPACE": str(self.workspace.resolve()), "PYTHONUNBUFFERED": "1"}
            | self.env
        )
        return subprocess.Popen(
            command,
            cwd=folder,  # a voila.json of the caller's folder is not ours
            env=env,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal reaches the parent only, which then stops the page in good order.
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )

    def _wait(self, end: float) -> None:
        address = (_reachable(self.host), self.port)
        while time.monotonic() < end:
            if not self.running:
                raise ServerError(
                    "The page ended while it started",
                    why=_last_line(self.log),
                    fix=f"The whole story is in {self.log}",
                )
            try:
                with socket.create_connection(address, timeout=1):
                    pass
                # Straight to our own child: a proxy of the environment has no business here.
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(self.url + _READY, timeout=5) as answer:
                    if answer.status == 200:
                        return
            except OSError:  # URLError too: not there yet
                time.sleep(0.05)
        raise ServerError(
            "The page did not answer in time",
            why=_last_line(self.log),
            fix=f"The whole story is in {self.log}",
        )


def notebook() -> Path:
    """The notebook of the page; see `named_notebook`."""
    return named_notebook("studio")


def named_notebook(name: str) -> Path:
    """One of the pages' notebooks: beside this file in an installed package, else in the source checkout.

    Args:
        name: ``studio`` or ``admin``.

    Raises:
        ServerError: It is in neither place.
    """
    here = Path(str(files("sora_kit.panels")))
    for found in (here / f"{name}.ipynb", here.parents[1] / "notebooks" / f"{name}.ipynb"):
        if found.is_file():
            return found
    raise ServerError(
        f"{name}.ipynb is missing", why="The installation is incomplete", fix="Install sora-kit again"
    )


def _reachable(host: str) -> str:
    """Where to reach a server that listens on ``host``: 'all addresses' is no address to call."""
    return {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)


def _name(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _last_line(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "It said nothing")
