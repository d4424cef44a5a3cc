"""Cards in a real kernel: they live while cells run, block and wait; nothing is printed or leaked.

One kernel serves all tests of this module, in order, as one notebook does.
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import httpx
import pytest

pytestmark = pytest.mark.kernel

SHORT = 'model="sora-2", seconds=4'
"""The shortest video."""


def updates(kernel, model):
    """State changes of a widget so far: when, and what."""
    return [
        (when, m["content"]["data"]["state"])
        for when, m in list(kernel.log)
        if m["msg_type"] == "comm_msg"
        and m["content"]["comm_id"] == model
        and m["content"]["data"].get("method") == "update"
    ]


def settled_outputs(kernel, shown):
    """What replaced the outputs of a live card, so far or within a moment."""
    (output,) = shown.of("display_data")
    name = output["transient"]["display_id"]

    def replaces(message):
        return (
            message["msg_type"] == "update_display_data"
            and message["content"]["transient"]["display_id"] == name
        )

    if not any(replaces(m) for _, m in kernel.log):
        kernel.until(replaces, 10)
    return [m["content"]["data"] for _, m in kernel.log if replaces(m)]


def clip_html(kernel, model):
    """Wait until a live card has become a clip; returns its HTML."""

    def became_a_clip(message):
        data = message["content"].get("data", {}) if message["msg_type"] == "comm_msg" else {}
        return message["content"].get("comm_id") == model and "sk-clip" in data.get("state", {}).get(
            "html", ""
        )

    for _, message in kernel.log:
        if became_a_clip(message):
            return message["content"]["data"]["state"]["html"]
    return kernel.until(became_a_clip, 40)["content"]["data"]["state"]["html"]


def test_the_studio_shows_a_card(kernel):
    shown = kernel.good("studio").shown
    assert "sk-studio" in shown["text/html"]
    assert shown["text/plain"].startswith("<Studio 'workspace'")
    assert "\n" not in shown["text/plain"]


def test_a_result_is_a_clip_that_plays_by_address(kernel):
    shown = kernel.good('still = await studio.image("A lighthouse in a storm", style="comic")\nstill').shown
    assert shown["text/plain"].startswith("<Clip clip_")
    assert "data:image/jpeg;base64," in shown["text/html"]
    address = re.search(r'<a href="(http://127\.0\.0\.1:\d+/media/[^"]+)"', shown["text/html"])[1]
    answer = httpx.get(address, trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("image/")


def test_showing_a_clip_makes_no_api_key(kernel):
    assert kernel.good("len(studio.keys.list())").value == "0"


def test_a_live_card_moves_while_a_cell_blocks_and_becomes_the_clip(kernel):
    shown = kernel.good(f'job = studio.video("A kitten runs across a meadow", {SHORT})\njob')
    model = shown.model
    assert "Cancel" not in shown.shown["text/html"]  # the fallback has nothing that can be pressed
    assert shown.shown["text/plain"].startswith("<Job job_")
    begin = time.monotonic()
    kernel.good("import time\nwhile not job.done:\n    time.sleep(0.1)", 100)  # blocks; it never awaits
    end = time.monotonic()
    during = [state for when, state in updates(kernel, model) if begin < when < end - 0.2]
    assert any("live" in state for state in during)
    lively = [when for when, state in updates(kernel, model) if "live" in state and "html" not in state]
    assert all(later - sooner > 0.1 for sooner, later in zip(lively, lively[2:], strict=False))
    html = clip_html(kernel, model)
    assert re.search(r'<video src="http://127\.0\.0\.1:\d+/media/[^"]+\.mp4"', html)
    assert 'preload="none"' in html
    (settled,) = settled_outputs(kernel, shown)
    assert set(settled) == {"text/html", "text/plain"}  # no widget is left to die with the kernel
    assert "<video" in settled["text/html"]


def test_a_finished_job_needs_no_widget(kernel):
    shown = kernel.good("job").shown
    assert set(shown) == {"text/html", "text/plain"}
    assert "<video" in shown["text/html"]


def test_a_job_shown_twice_is_one_card_and_a_click_arrives_while_a_cell_waits(kernel):
    code = 'slow = studio.video("A whale underwater", seconds=15)\n'
    model = kernel.good(f"{code}slow").model
    assert kernel.good("slow").model == model
    cell = kernel.start("import asyncio\nawait asyncio.sleep(3)\nslow.state")
    time.sleep(0.3)
    kernel.press(model, "cancel")
    assert kernel.finish(cell).value == "'cancelled'"
    assert any("Cancelled" in state.get("html", "") for _, state in updates(kernel, model))


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("await going", "CancelledError"),
        ("going.result()", "KeyboardInterrupt"),
        ("%sora --job {id}", "Stopped"),
        ("sora_kit.run(going)", "KeyboardInterrupt"),
        ("await many", "CancelledError"),
        ("many.result()", "KeyboardInterrupt"),
    ],
)
def test_stop_ends_a_waiting_cell_at_once_and_leaves_the_job_alone(kernel, cell: str, name: str):
    kernel.good("%load_ext sora_kit\nimport sora_kit")
    kernel.good('going = studio.video("A sailboat at sunset", seconds=25)')
    kernel.good('many = studio.sweep("A whale", seeds=[1, 2], models="sora2-landscape-25s")')
    ids = kernel.good("print(going.id)").of("stream")[0]["text"].strip()
    started = kernel.start(cell.format(id=ids))
    time.sleep(1)  # by now it waits
    asked = time.monotonic()
    kernel.interrupt()
    ran = kernel.finish(started)
    ended = next(when for when, m in reversed(kernel.log) if m["parent_header"].get("msg_id") == started)
    assert ran.reply["ename"] == name
    assert ended - asked < 0.5
    # What takes a busy machine seconds is a traceback of our waiting, where there is nothing to be found.
    assert len(ran.reply["traceback"]) <= 3
    assert "goes on" in "\n".join(ran.reply["traceback"])
    assert kernel.good("going.state").value in {"'queued'", "'running'"}
    kernel.good("going.cancel(); many.cancel()")


def test_an_error_is_a_card_and_the_traceback_stays_at_hand(kernel):
    ran = kernel.run('studio.video("A cat", model="sora-9")')
    assert ran.reply["ename"] == "UnknownModel"
    assert ran.of("error", "stream") == []
    assert "sk-error" in ran.shown["text/html"]
    assert 1 <= len(ran.shown["text/plain"].splitlines()) <= 3
    assert "sora-9" in ran.shown["text/plain"]
    (trace,) = kernel.run("%tb").of("error")
    assert "UnknownModel" in trace["ename"]
    assert len(trace["traceback"]) > 2


def test_a_failed_cell_stops_those_behind_it_as_ever(kernel):
    first = kernel.start('studio.job("job_nowhere")')
    second = kernel.start("1 + 1")
    assert kernel.finish(first).reply["ename"] == "NotFound"
    assert kernel.finish(second).reply["status"] == "aborted"


def test_results_play_in_a_table(kernel):
    html = kernel.good("studio.results().sora.preview()").shown["text/html"]
    assert html.count("<video") == 1
    assert html.count("/media/") >= 2
    assert "A lighthouse in a storm" in html
    filtered = kernel.good('r = studio.results(); r[r["kind"] == "image"].sora.gallery(columns=2)').shown
    assert "--sk-columns: 2" in filtered["text/html"]
    assert "<video" not in filtered["text/html"]


def test_blocking_run_works_in_a_cell_and_loses_no_cell(kernel):
    first = kernel.start('import sora_kit\nsora_kit.run(studio.enhance("A cat", level="short"))')
    second = kernel.start("'still here'")
    assert kernel.finish(first).reply["status"] == "ok"
    assert kernel.finish(second).value == "'still here'"


def test_a_server_shows_its_key_only_to_the_open_page(kernel):
    ran = kernel.good("server = studio.serve(port=0)\nserver")
    secret = json.loads(kernel.good("import json; print(json.dumps(server.new_key))").of("stream")[0]["text"])
    assert secret.startswith("sk-")
    before = len(kernel.log)
    kernel.press(ran.model, "key")
    told = kernel.until(lambda m: m["msg_type"] == "comm_msg" and secret in json.dumps(m["content"]))
    assert told["content"]["data"]["method"] == "custom"
    state = kernel.good(
        "import ipywidgets, json; print(json.dumps(ipywidgets.Widget.get_manager_state(), default=str))"
    )
    assert secret not in state.of("stream")[0]["text"]
    sent = [
        m for _, m in kernel.log[before:] if m["msg_type"] != "stream" and secret in json.dumps(m["content"])
    ]
    assert sent == [told]
    assert secret not in json.dumps(ran.messages, default=str)


def test_a_server_counts_and_stops_from_its_card(kernel):
    ran = kernel.good("server")
    url = kernel.good("print(server.url)").of("stream")[0]["text"].strip()
    assert httpx.get(f"{url}/v1/models", trust_env=False).status_code == 401
    kernel.until(lambda m: "GET /v1/models" in str(m["content"]) and m["msg_type"] == "comm_msg", 5)
    kernel.press(ran.model, "stop")
    kernel.until(lambda m: m["content"].get("comm_id") == ran.model and "stopped" in str(m["content"]), 5)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz", trust_env=False)


def test_clips_still_play_when_the_api_has_stopped(kernel):
    html = kernel.good("still").shown["text/html"]
    address = re.search(r'<a href="(http://127\.0\.0\.1:\d+/media/[^"]+)"', html)[1]
    assert httpx.get(address, trust_env=False).status_code == 200


def test_nothing_was_printed_and_the_root_logger_is_as_it_was(kernel):
    assert kernel.good("(logging.root.level, list(logging.root.handlers)) == before").value == "True"
    mine = [m for _, m in kernel.log if m["msg_type"] == "stream" and m["content"]["name"] == "stderr"]
    assert mine == []


def test_plain_reprs_come_back_after_uninstall(kernel):
    kernel.good("from sora_kit.notebook import install, uninstall; uninstall(get_ipython())")
    assert set(kernel.good("still").shown) == {"text/plain"}
    assert kernel.run('studio.video("A cat", model="sora-9")').of("error")[0]["ename"] == "UnknownModel"
    kernel.good("install(get_ipython())")
    assert "sk-clip" in kernel.good("still").shown["text/html"]


def test_closing_stops_everything(kernel):
    address = kernel.good("print(still.url)").of("stream")[0]["text"].strip()
    kernel.good("studio.close()")
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)
    assert "data:image/jpeg;base64," in kernel.good("still").shown["text/html"]


def test_a_saved_notebook_holds_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("SORA_KIT_WORKSPACE", str(tmp_path / "workspace"))
    note = nbformat.v4.new_notebook()
    note.cells = [
        nbformat.v4.new_code_cell(
            "from sora_kit import Studio\nstudio = Studio()\nserver = studio.serve(port=0)\nserver"
        ),
        nbformat.v4.new_code_cell("import pathlib\n_ = pathlib.Path('key.txt').write_text(server.new_key)"),
        nbformat.v4.new_code_cell("studio.close()"),
    ]
    NotebookClient(
        note, timeout=60, resources={"metadata": {"path": str(tmp_path)}}, store_widget_state=True
    ).execute()
    secret = (tmp_path / "key.txt").read_text()
    saved = nbformat.writes(note)
    assert "widgets" in note.metadata
    assert len(secret) > 30
    assert secret not in saved
    assert "sk-server" in saved
