"""``sora-kit generate``: one prompt to one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sora_kit.cli import say
from sora_kit.cli.options import AsJson, Backend, Workspace
from sora_kit.cli.target import Target
from sora_kit.cli.wait import wait

if TYPE_CHECKING:
    from sora_kit.store import Clip

__all__ = ("generate",)

EXAMPLE = 'Example: [bold]sora-kit generate "A kitten on a skateboard" --style anime -o kitten.mp4[/bold]'


def generate(
    prompt: Annotated[
        str, typer.Argument(metavar="PROMPT", help="What is seen, in your words; - reads it from stdin.")
    ],
    *,
    model: Annotated[
        str | None, typer.Option("--model", "-m", metavar="NAME", help="See sora-kit models.")
    ] = None,
    style: Annotated[
        str | None, typer.Option("--style", "-s", metavar="NAME", help="One of the ten looks, such as anime.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--seconds", metavar="N", help="Length, where the model leaves a choice.")
    ] = None,
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="WxH", help="Size, where the model leaves a choice: 1280x720."),
    ] = None,
    image: Annotated[
        str | None, typer.Option("--image", "-i", metavar="FILE", help="Picture to start from; path or URL.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="The same seed draws the same again.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            show_default="a name made from the prompt, here",
            help="File or folder to save to. A file of that name is replaced.",
        ),
    ] = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Show what would be done and what it costs; do nothing.")
    ] = False,
    backend: Backend = None,
    as_json: AsJson = False,
    workspace: Workspace = None,
) -> None:
    """Make a video, a picture or a better prompt, and save it as a file.

    Ctrl-C cancels the job.
    """
    from sora_kit.studio import Studio

    text = sys.stdin.read() if prompt == "-" else prompt
    wish: dict[str, Any] = {
        "model": model,
        "style": style,
        "seconds": seconds,
        "size": size,
        "image": image,
        "seed": seed,
        "backend": backend,
    }
    with Studio(workspace, backend=backend, role="client" if plan else "auto") as studio:
        if plan:
            planned = studio.plan(text, **wish)
            say.result_json(planned.to_json()) if as_json else say.result(str(planned))
            return
        request = studio.request(text, **wish)
        target = Target.of(output, request)
        for note in studio.planned(request).notes:
            if note.suggestion:  # most likely a slip of the pen
                say.note(note.message)
        job = studio.submit(request)
        outcome = wait(job)
        if not isinstance(outcome, str):
            file = target.save(outcome)
            say.note(_sentence(outcome))
            say.result_json({"job": job.id, **_facts(outcome, file)}) if as_json else say.result(str(file))
        elif target.wanted:
            file = target.save_text(outcome)
            say.result_json({"job": job.id, "file": str(file)}) if as_json else say.result(str(file))
        else:
            say.result_json({"job": job.id, "text": outcome}) if as_json else say.result(outcome)


def _facts(clip: Clip, file: Path) -> dict[str, Any]:
    return {
        "id": clip.id,
        "file": str(file),
        "kind": clip.kind,
        "model": clip.model,
        "style": clip.style,
        "backend": clip.backend,
        "preview": clip.preview,
        "seconds": clip.seconds,
        "width": clip.width,
        "height": clip.height,
        "seed": clip.seed,
        "bytes": clip.bytes,
    }


def _sentence(clip: Clip) -> str:
    length = f"{clip.seconds:g} s, " if clip.kind == "video" else ""
    label = f"{clip.backend} preview" if clip.preview else clip.backend
    return f"{length}{clip.width} x {clip.height}, {say.size(clip.bytes)}, {label}, seed {clip.seed}"
