"""The same as Python: what a panel shows or does, as lines that run in a cell.

Every line here starts nothing that costs money: a tile's line gives the clip, and what to do with it is
said behind it. Words of users only ever go in through `repr`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

__all__ = (
    "of_character",
    "of_chart",
    "of_clip",
    "of_comparison",
    "of_job",
    "of_jobs",
    "of_log",
    "of_results",
    "of_server",
    "of_webhooks",
)

OPEN = "from sora_kit import Studio\n\nstudio = Studio()\n"

TABLES = {"clips": "results", "cost": "jobs"}
"""Chart → the table that it is drawn from; all others are of the log."""


def of_clip(clip: str) -> str:
    """One result, by its id."""
    after = "clip  # clip.remix(…), clip.extend(…) and clip.save(…) go on from it\n"
    return f"{OPEN}clip = studio.clip({clip!r})\n{after}"


def of_results(*, search: str = "", tag: str = "", favourite: bool = False) -> str:
    """What the gallery shows."""
    lines = ["table = studio.results()"]
    if search:
        found = f'table["prompt"].str.contains({search!r}, case=False, regex=False)'
        lines.append(f"table = table[{found}]")
    if tag:
        lines.append(f'table = table[table["tags"].map(lambda tags: {tag!r} in tags)]')
    if favourite:
        lines.append('table = table[table["favourite"]]')
    return OPEN + "\n".join([*lines, "table.head(24).sora.gallery()\n"])


def of_comparison(clips: Sequence[str]) -> str:
    """Some results side by side, by their ids."""
    chosen = f'table[table["id"].isin({list(clips)!r})]'
    return f"{OPEN}table = studio.results()\n{chosen}.sora.compare()\n"


def of_job(job: str) -> str:
    """One job, by its id."""
    return f"{OPEN}job = studio.job({job!r})\njob  # await job, job.cancel(), studio.retry(job.id)\n"


def of_jobs(states: Collection[str] | None) -> str:
    """What the list of jobs shows; None for all."""
    if states is None:
        return f"{OPEN}studio.jobs()\n"
    return f'{OPEN}table = studio.jobs()\ntable[table["state"].isin({sorted(states)!r})]\n'


def of_character(name: str) -> str:
    """One character, by its name."""
    return f"{OPEN}character = studio.characters[{name!r}]\ncharacter\n"


def of_server(port: int) -> str:
    """A server on this computer."""
    return f"{OPEN}server = studio.serve(port={port!r})\nserver  # server.stop() ends it\n"


def of_webhooks() -> str:
    """The addresses that are told when a video has ended."""
    after = 'made = studio.webhooks.add("https://…") adds one; made.secret is shown once'
    return f"{OPEN}studio.webhooks.list()  # {after}\n"


def of_log(
    *, status: int | None = None, owner: str = "", search: str = "", seconds: float | None = None
) -> str:
    """What the log of requests shows."""
    lines = ["log = studio.log()"]
    if status:
        lines.append(f'log = log[log["status"] // 100 == {status!r}]')
    if owner:
        lines.append(f'log = log[log["key"] == {owner.removeprefix("key_")!r}]')
    if search:
        lines.append(f'log = log[log["path"].str.contains({search!r}, case=False, regex=False)]')
    return OPEN + "\n".join([*lines, *_since("log", "time", seconds), "log\n"])


def of_chart(kind: str, seconds: float | None) -> str:
    """A chart of the last ``seconds``; None for all time."""
    table = TABLES.get(kind, "log")
    column = "time" if table == "log" else "created"
    lines = [f"table = studio.{table}()", *_since("table", column, seconds)]
    return OPEN + "\n".join([*lines, f"table.sora.plot({kind!r})\n"])


def _since(table: str, column: str, seconds: float | None) -> list[str]:
    if seconds is None:
        return []
    begin = f'pandas.Timestamp.now("UTC") - pandas.Timedelta(seconds={seconds:g})'
    return ["import pandas\n", f'{table} = {table}[{table}["{column}"] >= {begin}]']
