"""The look of everything that sora_kit draws in a page: one set of tokens and a few small parts.

Cards in notebook outputs and the studio's panels share this stylesheet. Everything is scoped under
the class ``sora-kit``, so it never touches the host's page, and nothing outside reaches in by accident.

The theme follows the host without any script: JupyterLab, Notebook 7, nbconvert and Voilà say which
theme is on with ``data-jp-theme-light`` on the body, VS Code with a class, Colab with an attribute
on ``html``. A host that says nothing gets the light set. ``sk-dark`` on the root forces the dark one.

Colours used for text keep at least 4.5:1 against every ground they stand on (a test computes it),
which is why there are two accents: ``accent`` for lines, bars and outlines, ``accent-text`` for
words, and ``accent-fill`` with ``on-accent`` for the one primary button.

Use it as ``f'<div class="sora-kit">{style_tag()}…</div>'`` in an output, or join `CSS` with a panel's
own sheet in a widget.
"""

from __future__ import annotations

__all__ = ("CSS", "DARK", "LIGHT", "style_tag")

LIGHT: dict[str, str] = {
    "page": "#f5f5f3",
    "card": "#ffffff",
    "inset": "#f7f7f5",
    "line": "#e3e3de",
    "line-strong": "#c9c9c2",
    "text": "#1b1d22",
    "muted": "#5d6470",
    "faint": "#69707c",
    "accent": "#e2571e",
    "accent-text": "#bb400c",
    "accent-fill": "#cf4813",
    "accent-soft": "#fdeee6",
    "on-accent": "#ffffff",
    "chosen": "#1b1d22",
    "on-chosen": "#ffffff",
    "good": "#1a7a50",
    "warn": "#946000",
    "warn-soft": "#fcf5e5",
    "bad": "#c62a31",
    "bad-soft": "#fdefef",
    "link": "#2463cc",
    "shadow": "0 1px 2px rgb(20 22 28 / 6%), 0 4px 14px rgb(20 22 28 / 5%)",
}
"""Token name → CSS value on light hosts."""

DARK: dict[str, str] = {
    "page": "#0f1115",
    "card": "#171a21",
    "inset": "#1d212a",
    "line": "#2a303b",
    "line-strong": "#3d4553",
    "text": "#e8eaf0",
    "muted": "#9aa3b2",
    "faint": "#8790a0",
    "accent": "#ff7a45",
    "accent-text": "#ff8f61",
    "accent-fill": "#ff7a45",
    "accent-soft": "#3a2218",
    "on-accent": "#1a0c05",
    "chosen": "#e8eaf0",
    "on-chosen": "#14171d",
    "good": "#4cc38a",
    "warn": "#f5c451",
    "warn-soft": "#2c2616",
    "bad": "#ff7b80",
    "bad-soft": "#331a1d",
    "link": "#6ea8fe",
    "shadow": "0 1px 2px rgb(0 0 0 / 40%), 0 6px 18px rgb(0 0 0 / 25%)",
}
"""Token name → CSS value on dark hosts. The same names as `LIGHT`."""


def _variables(tokens: dict[str, str]) -> str:
    return "".join(f"--sk-{name}:{value};" for name, value in tokens.items())


_TOKENS = f"""\
.sora-kit {{ {_variables(LIGHT)} color-scheme: light; }}
body[data-jp-theme-light="false"] .sora-kit, body.vscode-dark .sora-kit,
body.vscode-high-contrast .sora-kit, html[theme="dark"] .sora-kit, .sora-kit.sk-dark {{
  {_variables(DARK)} color-scheme: dark; }}
"""

_PARTS = """\
.sora-kit, .sora-kit * { box-sizing: border-box; }
.sora-kit {
  font: 400 14px/1.45 var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
  color: var(--sk-text); text-align: left; font-variant-numeric: tabular-nums;
}
.sora-kit [hidden] { display: none !important; }
.sora-kit :is(a, button, input, select, textarea, summary, video, [tabindex]):focus-visible {
  outline: 2px solid var(--sk-accent); outline-offset: 2px;
}
.sora-kit a { color: var(--sk-link); text-decoration: none; }
.sora-kit a:hover { text-decoration: underline; }
.sora-kit .sk-card {
  background: var(--sk-card); border: 1px solid var(--sk-line); border-radius: 12px;
  box-shadow: var(--sk-shadow); padding: 16px;
}
.sora-kit .sk-label { font-size: 12px; font-weight: 500; color: var(--sk-muted); }
.sora-kit .sk-muted { color: var(--sk-muted); }
.sora-kit .sk-faint { color: var(--sk-faint); font-size: 12px; }
.sora-kit .sk-chips { display: flex; flex-wrap: wrap; gap: 7px; }
.sora-kit .sk-chip {
  display: inline-flex; align-items: center; gap: 6px; max-width: 100%; padding: 3px 10px; font: inherit;
  font-size: 12px; border: 1px solid var(--sk-line); border-radius: 99px; background: var(--sk-card);
  color: var(--sk-muted);
}
.sora-kit .sk-chip b { font-weight: 500; color: var(--sk-text); overflow-wrap: anywhere; }
.sora-kit .sk-chip.sk-warn {
  background: var(--sk-warn-soft); border-color: var(--sk-warn); color: var(--sk-warn);
}
.sora-kit .sk-chip.sk-warn b { color: var(--sk-warn); }
.sora-kit .sk-dot { width: 7px; height: 7px; flex: none; border-radius: 50%; background: var(--sk-good); }
.sora-kit .sk-dot.sk-warn { background: var(--sk-warn); }
.sora-kit .sk-dot.sk-bad { background: var(--sk-bad); }
.sora-kit .sk-button {
  display: inline-flex; align-items: center; justify-content: center; gap: 6px; min-height: 32px;
  padding: 5px 12px; font: inherit; font-size: 13px; line-height: 1.4; text-align: center; cursor: pointer;
  color: var(--sk-text); background: var(--sk-inset); border: 1px solid var(--sk-line); border-radius: 8px;
  transition: background .12s, border-color .12s;
}
.sora-kit .sk-button:hover { border-color: var(--sk-line-strong); }
.sora-kit .sk-button[disabled] { opacity: .55; cursor: default; }
.sora-kit .sk-button.sk-primary {
  min-height: 40px; font-weight: 600; font-size: 14px; color: var(--sk-on-accent);
  background: var(--sk-accent-fill); border-color: transparent;
}
.sora-kit .sk-button.sk-primary:hover { filter: brightness(1.06); }
.sora-kit .sk-link {
  padding: 0; border: 0; background: none; font: inherit; color: var(--sk-link); cursor: pointer;
}
.sora-kit .sk-link:hover { text-decoration: underline; }
.sora-kit .sk-bar { height: 4px; border-radius: 99px; overflow: hidden; background: var(--sk-line); }
.sora-kit .sk-bar > i {
  display: block; height: 100%; border-radius: inherit; background: var(--sk-accent);
  transition: width .14s linear;
}
.sora-kit .sk-badge {
  display: inline-block; padding: 2px 7px; border-radius: 6px; font-size: 11px; font-weight: 500;
  letter-spacing: .03em; color: #fff; background: rgb(16 18 24 / 74%);
}
.sora-kit .sk-notice {
  padding: 10px 12px; border: 1px solid var(--sk-bad); border-radius: 8px; background: var(--sk-bad-soft);
  font-size: 13px; overflow-wrap: anywhere;
}
.sora-kit .sk-notice > b { display: block; font-weight: 600; color: var(--sk-bad); }
.sora-kit .sk-notice.sk-warn { border-color: var(--sk-warn); background: var(--sk-warn-soft); }
.sora-kit .sk-notice.sk-warn > b { color: var(--sk-warn); }
.sora-kit .sk-code {
  margin: 0; padding: 8px 10px; overflow: auto; border: 1px solid var(--sk-line); border-radius: 8px;
  background: var(--sk-inset); color: var(--sk-text);
  font: 12px/1.5 var(--jp-code-font-family, ui-monospace, Menlo, Consolas, monospace);
}
@media (prefers-reduced-motion: reduce) {
  .sora-kit, .sora-kit * { transition: none !important; animation: none !important; }
}
"""

CSS = _TOKENS + _PARTS
"""The whole stylesheet. Parts: ``sk-card``, ``sk-chip`` (+ ``sk-warn``), ``sk-button`` (+ ``sk-primary``),
``sk-link``, ``sk-bar`` (with ``<i style="width:40%">``), ``sk-badge``, ``sk-dot``, ``sk-notice`` (what in
``<b>``, then why and fix), ``sk-code``, ``sk-label``, ``sk-muted``, ``sk-faint``."""


def style_tag() -> str:
    """The stylesheet as a ``<style>`` element, for HTML outputs that must stand alone."""
    return f"<style>{CSS}</style>"
