"""Registration: light, by names that exist, and quiet in a terminal."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from sora_kit import notebook


def in_own_process(*arguments: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("name", "card", "function"),
    [(name, card, "bundle") for name, card in notebook._STATIC.items()]
    + [(name, card, "show") for name, card in notebook._LIVE.items()],
)
def test_every_type_and_card_exists_under_its_name(name, card, function):
    module, _, kind = name.rpartition(".")
    shown = getattr(import_module(module), kind)
    assert (shown.__module__, shown.__qualname__) == (module, kind)  # IPython looks types up by these
    assert callable(getattr(import_module(f"sora_kit.notebook.cards.{card}"), function))


def test_installing_imports_nothing_heavy():
    assert in_own_process("-c", """if True:
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        shell.kernel = object()
        before = set(sys.modules)
        from sora_kit.notebook import install
        install(shell)
        new = set(sys.modules) - before
        heavy = ("pandas", "ipywidgets", "anywidget", "PIL", "litestar", "av", "sqlalchemy")
        print([module for module in heavy if module in new])
    """).strip() == "[]"  # fmt: skip


def test_in_a_terminal_errors_are_three_lines_and_objects_keep_their_repr(tmp_path: Path):
    code = f"""
from sora_kit import Studio
studio = Studio({str(tmp_path / "workspace")!r})
print(studio)
studio.video("A cat", model="sora-9")
"""
    out = in_own_process("-m", "IPython", "--quick", "--colors=NoColor", "--no-banner", "-c", code, code=1)
    assert out.startswith("<Studio 'workspace' on animatic")
    error = out.strip().splitlines()[1:]
    assert error[0].startswith("UnknownModel: ")
    assert 1 <= len(error) <= 3
    assert "Traceback" not in out
