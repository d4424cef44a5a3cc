"""What `doctor` looks at.

Each check is a function from the chosen workspace to findings. A finding is *bad* when sora_kit
cannot work with it, a *warning* when something that some people need is missing.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from sora_kit.cli import say
from sora_kit.errors import ServerError, SoraKitError

__all__ = ("CHECKS", "Check", "Finding", "look")

Level = Literal["ok", "warn", "bad"]

LOW_DISK = 1e9
"""Bytes; a long clip in 1080p and its frames take some hundred MB."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer."""

    level: Level
    name: str
    """What was looked at, one word."""

    text: str
    """What is there."""

    fix: str = ""
    """What to do, if something is to be done."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


Check = Callable[[str | None], Iterator[Finding]]


def look(check: Check, place: str | None) -> Iterator[Finding]:
    """The findings of ``check``; one that cannot even be carried out is a finding, too."""
    try:
        yield from check(place)
    except Exception as error:  # a doctor that faints helps nobody
        yield Finding("bad", check.__name__, f"cannot be checked: {error!r}", "Install again, or report this")


def python(_place: str | None) -> Iterator[Finding]:
    """The interpreter and sora_kit itself."""
    from sora_kit import __version__

    machine = f"{platform.system()} {platform.machine()}"
    yield Finding("ok", "version", f"sora-kit {__version__}, Python {platform.python_version()}, {machine}")


def packages(_place: str | None) -> Iterator[Finding]:
    """Everything that the distribution asks for, with its version."""
    from packaging.requirements import Requirement

    try:
        wanted = [Requirement(line) for line in requires("sora-kit") or ()]
    except PackageNotFoundError:
        yield Finding(
            "warn", "packages", "sora-kit runs from a folder, not installed", "Install it: pip install -e ."
        )
        return
    found, broken = [], []
    for want in wanted:
        if want.marker and not want.marker.evaluate({"extra": ""}):
            continue
        try:
            have = version(want.name)
        except PackageNotFoundError:
            broken.append(f"{want.name} is missing")
            continue
        found.append(f"{want.name} {have}")
        if not want.specifier.contains(have, prereleases=True):
            broken.append(f"{want.name} is {have}, but {want.specifier} is needed")
    if broken:
        yield Finding("bad", "packages", "; ".join(broken), "Install again: pip install --upgrade sora-kit")
    else:
        yield Finding("ok", "packages", ", ".join(found))


def workspace(place: str | None) -> Iterator[Finding]:
    """The folder of jobs and clips, and who runs them."""
    from sora_kit.store.workspace import Workspace, default_folder

    named = place or os.environ.get("SORA_KIT_DATABASE_URL") or default_folder()
    local = "://" not in named
    folder = Path(named).expanduser().absolute()
    if local and not folder.exists():
        yield Finding("ok", "workspace", f"{folder} is made at the first start")
        return
    from sora_kit.store import Runners

    try:
        opened = Workspace(place)
        runners = Runners(opened.database).live()
        schema = opened.database.schema()
    except SoraKitError as error:
        yield Finding("bad", "workspace", f"{error.what}. {error.why}", error.fix)
        return
    opened.database.close()
    held = sum(file.stat().st_size for file in opened.folder.rglob("*") if file.is_file())
    yield Finding("ok", "workspace", f"{folder if local else opened.name}, schema {schema}, {say.size(held)}")
    people = ", ".join(
        f"{one.role} (process {one.pid}{', ' + one.url if one.url else ''})" for one in runners
    )
    yield Finding("ok", "runners", people or "none; the next studio, server or cell that opens it runs jobs")


def disk(place: str | None) -> Iterator[Finding]:
    """Free space where the workspace lies."""
    from sora_kit.store.workspace import default_folder

    folder = Path(default_folder() if place is None or "://" in place else place).absolute()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    low = free < LOW_DISK
    fix = "Free some space, or choose another folder with --workspace" if low else ""
    yield Finding("warn" if low else "ok", "disk", f"{say.size(free)} free", fix)


def backend(_place: str | None) -> Iterator[Finding]:
    """Whether the embedded backend can draw: one small picture, made and read back."""
    from sora_kit import backends
    from sora_kit.backends.base import Task
    from sora_kit.language import parse

    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        task = Task(parse("A red ball on the grass", kind="image"), seed=1)
        renderer = backends.get("animatic")
        made = renderer.render(task, Path(folder), lambda _progress, _stage: None, lambda: False)
        size = made.path.stat().st_size if made.path else 0
    took = time.monotonic() - start
    yield Finding(
        "ok", "animatic", f"drew a {made.width} x {made.height} picture, {say.size(size)}, in {took:.1f} s"
    )


def sora_web(place: str | None) -> Iterator[Finding]:
    """Whether the Sora web deployment answers, and what its accounts are; silent where none is set up."""
    from sora_kit.accounts import Accounts
    from sora_kit.store.workspace import Workspace, default_folder

    named = place or os.environ.get("SORA_KIT_DATABASE_URL") or default_folder()
    accounts = []
    if "://" in named or Path(named).expanduser().exists():
        opened = Workspace(place)
        accounts = Accounts(opened.database).list(backend="sora_web")
        opened.database.close()
    url = os.environ.get("SORA_KIT_SORA_WEB_URL", "")
    if not accounts and not url:
        return
    import httpx

    from sora_kit.backends.sora_web import Site

    base = Site.at(url).base
    try:
        status = httpx.get(base + "/me", timeout=5, trust_env=False).status_code
    except httpx.HTTPError as error:
        fix = "Set SORA_KIT_SORA_WEB_URL to a deployment that runs; `sora-kit standin sora-web` is one to try"
        yield Finding("warn", "sora_web", f"{base} does not answer ({type(error).__name__})", fix)
    else:
        yield Finding("ok", "sora_web", f"{base} answers (status {status} without an account)")
    ready = sum(one.enabled and one.state == "ready" for one in accounts)
    fix = "" if ready else "See `sora-kit accounts list`, or add one with `sora-kit accounts add`"
    yield Finding("ok" if ready else "warn", "accounts", f"{ready} of {len(accounts)} ready", fix)


def addresses(_place: str | None) -> Iterator[Finding]:
    """The two ports that `studio` likes."""
    from sora_kit.server.sockets import claim

    for port, what in ((8866, "page"), (8000, "API")):
        try:
            claim("127.0.0.1", port, fallback=False).close()
            text = "free"
        except ServerError:
            text = f"in use; the {what} takes the next free one"
        yield Finding("ok", f"port {port}", text)


def jupyter(_place: str | None) -> Iterator[Finding]:
    """What the notebook and the page need."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        fix = f"Run: {sys.executable} -m ipykernel install --sys-prefix"
        yield Finding(
            "bad", "kernel", "Jupyter knows no Python kernel, so no notebook and no page can run", fix
        )
    else:
        yield Finding("ok", "kernel", f"python3 in {spec.resource_dir}")
    try:
        yield Finding("ok", "page", f"voila {version('voila')}")
    except PackageNotFoundError:
        yield Finding("bad", "page", "Voila is missing, so the page cannot open", "Run: pip install voila")
    try:
        yield Finding("ok", "proxy", f"jupyter-server-proxy {version('jupyter-server-proxy')}")
    except PackageNotFoundError:
        text = "jupyter-server-proxy is not installed; only JupyterHub and Binder need it"
        yield Finding("ok", "proxy", text)


def fonts(_place: str | None) -> Iterator[Finding]:
    """Whether Chinese, Japanese and Korean captions can be written."""
    from sora_kit.backends.animatic.fonts.system import find

    scripts = {"Chinese": "\u4e2d", "Japanese": "\u3042", "Korean": "\uac00"}
    missing = [name for name, letter in scripts.items() if find(ord(letter)) is None]
    if missing:
        fix = "Install Noto Sans CJK (Debian: apt-get install fonts-noto-cjk)"
        yield Finding("warn", "fonts", f"no font for captions in {', '.join(missing)}", fix)
    else:
        yield Finding("ok", "fonts", f"captions in {', '.join(scripts)} too")


def browser(_place: str | None) -> Iterator[Finding]:
    """Chromium, for those who run the browser tests."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
    found = next(filter(None, map(shutil.which, names)), None)
    yield Finding("ok", "chromium", found or "not here; only the project's own browser tests need it")


CHECKS: tuple[Check, ...] = (
    python,
    packages,
    workspace,
    disk,
    backend,
    sora_web,
    addresses,
    jupyter,
    fonts,
    browser,
)
