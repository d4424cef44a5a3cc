"""``%sora`` and ``%%sora``: a prompt without quotes, brackets or braces to mind.

A prompt holds what Python and the shell would read as their own: ``{anime}``, ``$5``, an apostrophe. So
nothing here is ever formatted, expanded or split like a command. Options are cut out of the line by
name, wherever they stand; what remains is the prompt, to the letter.

A magic cannot be awaited, so it waits: the job's card moves meanwhile, and the notebook's stop button
ends the waiting and leaves the job alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from sora_kit.errors import InvalidInput, SoraKitError
from sora_kit.notebook.current import current_studio

if TYPE_CHECKING:
    from collections.abc import Callable

    from sora_kit.engine.job import Job
    from sora_kit.studio import Studio

__all__ = ("Line", "SoraMagics", "Stopped", "read_line")

VALUES = {
    "--model": "model", "-m": "model",
    "--style": "style", "-s": "style",
    "--seconds": "seconds", "-t": "seconds",
    "--size": "size",
    "--seed": "seed",
    "--backend": "backend", "-b": "backend",
    "--image": "image", "-i": "image",
    "--out": "out", "-o": "out",
    "--job": "job",
}  # fmt: skip
"""Option → what it sets; each takes one value."""
SWITCHES = {"--plan": "plan", "--no-wait": "no_wait"}
_OPTION = re.compile(r"""(?:^|(?<=\s))(--?[A-Za-z][\w-]*)(?:=|\s+|$)""")
_VALUE = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|(\S+))(?=\s|$)""")


class Stopped(SoraKitError, KeyboardInterrupt):
    """Somebody stopped waiting; what they waited for goes on."""

    code = "stopped_waiting"

    def _render_traceback_(self) -> list[str]:
        """What IPython keeps with the cell: drawing where we waited would hold the kernel up for longer."""
        return [part for part in (f"Stopped: {self.what}", self.why, self.fix) if part]


@dataclass(slots=True)
class Line:
    """A line of the magic, read."""

    prompt: str = ""
    options: dict[str, str] = field(default_factory=dict)
    """Of `Studio.video`, as typed."""
    out: str = ""
    job: str = ""
    plan: bool = False
    no_wait: bool = False


def read_line(text: str) -> Line:
    """Options and prompt of a magic's line.

    Raises:
        InvalidInput: An option that does not exist, or one without its value.
    """
    line = Line()
    rest: list[str] = []
    at = 0
    while option := _OPTION.search(text, at):
        name = option[1]
        between = text[at : option.start()]
        if not "".join(rest).strip() and between.lstrip().startswith("-- "):
            break  # what follows is the prompt, whatever it looks like
        rest.append(between)
        at = option.end()
        if name in SWITCHES:
            setattr(line, SWITCHES[name], True)
        elif name in VALUES:
            value = _VALUE.match(text, at)
            if value is None:
                raise InvalidInput(f"{name} needs a value", fix=f"For example: {EXAMPLES[VALUES[name]]}")
            at = value.end()
            given = next(group for group in value.groups() if group is not None)
            if VALUES[name] in ("out", "job"):
                setattr(line, VALUES[name], given)
            else:
                line.options[VALUES[name]] = given
        elif name.startswith("--"):
            raise unknown(name)
        else:  # a dash in the prompt
            rest.append(text[option.start() : at])
    last = text[at:]
    if not "".join(rest).strip():
        last = re.sub(r"^\s*--\s", "", last)
    rest.append(last)
    line.prompt = "".join(rest).strip()
    if line.out and not line.out.isidentifier():
        raise InvalidInput(f"{line.out!r} is no name for a variable", fix=f"For example: {EXAMPLES['out']}")
    return line


def unknown(name: str) -> InvalidInput:
    """The error for an option that does not exist."""
    known = [option for option in (*VALUES, *SWITCHES) if option.startswith("--")]
    near = get_close_matches(name, known, n=1)
    return InvalidInput(
        f"%sora has no option {name}",
        why=f"It has {', '.join(known)}",
        fix=f"Did you mean {near[0]}?" if near else "Words that begin with dashes go into the body of %%sora",
        param=name.lstrip("-"),
    )


EXAMPLES = {
    "model": "--model sora2-landscape-10s",
    "style": "--style anime",
    "seconds": "--seconds 10",
    "size": "--size 9:16",
    "seed": "--seed 7",
    "backend": "--backend animatic",
    "image": "--image photo.jpg",
    "out": "-o clip",
    "job": "--job job_01k9…",
}


@magics_class
class SoraMagics(Magics):
    """The two magics; `load` registers them."""

    @no_var_expand
    @line_cell_magic
    def sora(self, line: str, cell: str | None = None) -> Any:
        """Make a clip of a prompt.

            %sora --style anime A kitten running across a meadow

            %%sora --model sora2-landscape-10s -o clip
            {anime}A kitten's day, for $5
            [5.0s]It wakes up
            [5.0s]It runs across a meadow

        The prompt is taken to the letter: nothing is expanded, {anime} is a style, quotes are quotes.
        Options may stand anywhere in the line; in %%sora the whole body is the prompt.

            -m, --model NAME      catalogue name, such as sora2-landscape-10s or gpt-image
            -s, --style NAME      style, such as anime
            -t, --seconds N       length in seconds
                --size SIZE       1280x720, 16:9, portrait
                --seed N          same seed, same picture
            -i, --image WHAT      reference picture: a path, a URL, or the name of a variable
            -b, --backend NAME    backend to use
            -o, --out NAME        variable that gets the clip; it is the cell's value, too
                --plan            show what would be done; nothing is started
                --no-wait         give the job at once instead of waiting for the clip
                --job ID          wait for a job that was started earlier

        It waits for the clip. The stop button ends the waiting, not the job: `%sora --job ID` or
        `await studio.job(ID)` gets it back. The notebook's `studio` is used, or yours is opened.
        The Tab key completes options, models, styles and backends.
        """
        told = read_line(line)
        if cell is not None:
            told.prompt = "\n".join(text for text in (told.prompt, cell.strip("\n")) if text.strip())
        studio = current_studio(open_one=True)
        value = self.made(studio, told)
        if told.out:
            self.variables[told.out] = value
        return value

    @property
    def variables(self) -> dict[str, Any]:
        """The notebook's."""
        assert self.shell is not None  # noqa: S101  # IPython makes magics with their shell
        names: dict[str, Any] = self.shell.user_ns
        return names

    def made(self, studio: Studio, told: Line) -> Any:
        """What the line asks for: a plan, a job, a clip, or the text of an enhanced prompt."""
        if told.job:
            job = studio.job(told.job)
        else:
            if not told.prompt:
                raise InvalidInput(
                    "There is no prompt",
                    fix="For example: %sora A kitten running across a meadow",
                    param="prompt",
                )
            options: dict[str, Any] = dict(told.options)
            if "image" in options:
                options["image"] = self.thing(options["image"])
            if "seed" in options:
                options["seed"] = whole(options["seed"])
            request = studio.request(told.prompt, "video", **options)
            if told.plan:
                return studio.planned(request)
            job = studio.submit(request)
        return job if told.no_wait else self.waited(job)

    def waited(self, job: Job) -> Any:
        """The result of a job, whose card is shown meanwhile."""
        withdraw: Callable[[], None] | None = None
        try:  # from the first moment: the job is there already
            if getattr(self.shell, "kernel", None) is not None and not job.done:
                from sora_kit.notebook.cards.job import show

                withdraw = show(job)
            result = job.result()
        except KeyboardInterrupt as stop:
            raise Stopped(
                "You stopped waiting; the job goes on",
                why=f"It is {job.id}, {job.state}",
                fix=f"Get it back with `%sora --job {job.id}`, or stop it with studio.cancel({job.id!r})",
            ) from stop
        if withdraw is not None:
            withdraw()  # the clip takes the place of the job's card
        return result

    def thing(self, given: str) -> Any:
        """A variable of that name, unless it is a file or an address."""
        if given.isidentifier() and not Path(given).exists() and given in self.variables:
            return self.variables[given]
        return given


def whole(text: str) -> int:
    """A whole number.

    Raises:
        InvalidInput: It is none.
    """
    try:
        return int(text)
    except ValueError:
        raise InvalidInput(f"The seed {text!r} is no whole number", fix="For example: --seed 7") from None


def load(shell: Any) -> None:
    """Register the magics and their completion. Calling it again changes nothing."""
    from sora_kit.notebook.completion import complete

    shell.register_magics(SoraMagics)
    if complete not in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.append(complete)


def unload(shell: Any) -> None:
    """Take the magics back."""
    from sora_kit.notebook.completion import complete

    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("sora", None)
    if complete in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(complete)
