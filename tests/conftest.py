"""What every test stands on: an own home, no inherited settings, and parts that must be there.

Nothing here ever touches the user's data folder: the home and data folders of the whole run are one
temporary folder, and no ``SORA_KIT_*`` variable of the caller reaches a test.

A plain ``pytest`` leaves out the slow suites (`SLOW`); naming a path or a marker runs them:
``pytest tests/ui``, ``pytest -m crash``. Tests that need a program which is not here skip and say
what to install, except with ``CI=true``, where they fail.

With ``-n 2`` the files are shared out to two processes. Each has its own home, servers and databases
(the fixtures of a session are those of a process); ports are given by the system. A process runs the
jobs of one workspace; while a studio stays open for a whole session, every other one that is opened beside
it needs a child process for its jobs. So the files that use such a studio come last (`LASTING`).
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from postgres_server import Postgres

if TYPE_CHECKING:
    from sora_kit import Studio

TESTS = Path(__file__).parent
SLOW = {"clients", "crash", "ui"}
"""Markers of the suites that only run when asked for."""
LASTING = {"kit"}
"""Fixtures that keep a studio open to the end of the session."""

HOMES = ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA")
CLEARED = (
    *("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"),
    *("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"),
)

Require = Callable[[str], Path]

# Other tests run beside: how long an example takes says nothing.
settings.register_profile(
    "unhurried", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of ``-n`` what it cannot see: the paths that it gets are never the caller's own."""
    node.workerinput["no_path_named"] = no_path_named(node.config)


def no_path_named(config: pytest.Config) -> bool:
    """Whether this is a plain ``pytest``."""
    plain = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return getattr(config, "workerinput", {}).get("no_path_named", plain)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A plain ``pytest`` does not even read the folders that are one slow suite each."""
    whole = collection_path.parent == TESTS and collection_path.name in SLOW
    return True if whole and not config.option.markexpr and no_path_named(config) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    last = {item.path for item in items if LASTING & set(getattr(item, "fixturenames", ()))}
    items.sort(key=lambda item: item.path in last)
    if config.option.markexpr or not no_path_named(config):
        return
    left_out = [item for item in items if SLOW & {mark.name for mark in item.iter_markers()}]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home folder of this run; the user's own is never read or written."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in HOMES:
            patch.setenv(name, str(folder))
        for name in (*CLEARED, *(n for n in os.environ if n.startswith("SORA_KIT_"))):
            patch.delenv(name, raising=False)
        # The programs that tests start keep what they compiled: each would compile all of it again.
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        yield folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder for a workspace that does not exist yet."""
    return tmp_path / "workspace"


@pytest.fixture
def studio(workspace: Path) -> Iterator[Studio]:
    """A studio on a new workspace, closed afterwards."""
    from sora_kit import Studio

    with Studio(workspace) as opened:
        yield opened


@pytest.fixture(scope="session")
def lasting() -> list[Studio]:
    """Studios that stay open to the end of the session; whoever opens one puts it here."""
    return []


@pytest.fixture(scope="module", autouse=True)
def _nothing_left_open(lasting: list[Studio]) -> Iterator[None]:
    """A studio that a file forgets to close would run jobs beside all that follows."""
    yield
    if "sora_kit.studio.opened" not in sys.modules:  # the light rooms never load it
        return
    from sora_kit.studio.opened import opened

    left = [studio for studio in opened if studio not in lasting]
    for studio in left:
        studio.close()
    assert not left, f"left open: {left}"


@pytest.fixture(scope="session")
def require() -> Require:
    """``require("chromium")`` or ``require("postgres")``: the program, or a skip (in CI: a failure)."""
    finders = {
        "chromium": (_chromium, "Install Chromium (Debian: apt-get install chromium)."),
        "curl": (_curl, "Install curl (Debian: apt-get install curl)."),
        "postgres": (_postgres, "Install PostgreSQL (Debian: apt-get install postgresql)."),
    }

    def require(name: str) -> Path:
        find, cure = finders[name]
        if found := find():
            return found
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is not installed, and CI must run this test. {cure}", pytrace=False)
        pytest.skip(f"needs {name}. {cure}")

    return require


@pytest.fixture(scope="session")
def postgres(require: Require) -> Iterator[Postgres]:
    """A PostgreSQL server for the whole run; each test makes its own database on it."""
    server = Postgres(require("postgres"))
    try:
        yield server
    finally:
        server.remove()


def _chromium() -> Path | None:
    """The browser's program."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
    return next((Path(p) for p in map(shutil.which, names) if p), None)


def _curl() -> Path | None:
    """The program of that name."""
    return Path(found) if (found := shutil.which("curl")) else None


def _postgres() -> Path | None:
    """The folder that holds `initdb` and `pg_ctl`."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda p: int(p.parent.name))
