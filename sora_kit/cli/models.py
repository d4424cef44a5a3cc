"""``sora-kit models``."""

from __future__ import annotations

from sora_kit.cli import say
from sora_kit.cli.options import AsJson, Workspace

__all__ = ("models",)

EXAMPLE = "Example: [bold]sora-kit models --json | jq -r '.models[].id'[/bold]"


def models(as_json: AsJson = False, workspace: Workspace = None) -> None:
    """List the models and the styles."""
    del workspace  # every command takes it; the names are the same in all workspaces
    from sora_kit.language import MODELS, STYLES

    if as_json:
        say.result_json(
            {
                "models": [
                    {
                        "id": model.id,
                        "kind": model.kind,
                        "description": model.description,
                        "sizes": [f"{width}x{height}" for width, height in model.sizes],
                        "seconds": list(model.lengths),
                        "aliases": list(model.aliases),
                    }
                    for model in MODELS.values()
                ],
                "styles": [{"id": style.id, "description": style.description} for style in STYLES.values()],
            }
        )
        return
    say.table(("model", "makes", "what"), [(m.id, m.kind, m.description) for m in MODELS.values()])
    say.result("")
    say.table(("style", "write", "what"), [(s.id, f"{{{s.id}}}", s.description) for s in STYLES.values()])
