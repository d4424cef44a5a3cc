"""Sweeps, tables and ``%sora`` in a real kernel: cards that fill, waiting that stops, words on Tab.

One kernel serves all tests of this module, in order, as one notebook does.
"""

from __future__ import annotations

import time

import pytest

pytestmark = pytest.mark.kernel

LONG = 'models="sora2-landscape-25s"'


def states(kernel, model):
    """State changes of a widget so far."""
    return [
        m["content"]["data"]["state"]
        for _, m in list(kernel.log)
        if m["msg_type"] == "comm_msg"
        and m["content"]["comm_id"] == model
        and m["content"]["data"].get("method") == "update"
    ]


def complete(kernel, code):
    answer = kernel.client.complete(code, len(code), reply=True, timeout=30)["content"]
    return code[answer["cursor_start"] :], answer["matches"]


def test_the_extension_loads_twice_and_prints_nothing(kernel):
    for code in ("%load_ext sora_kit", "%reload_ext sora_kit"):
        assert kernel.good(code).of("stream", "display_data") == []


def test_braces_quotes_and_dollars_reach_the_prompt_though_variables_have_these_names(kernel):
    kernel.good("anime = 'XX'; day = 'YY'")
    kernel.good('%%sora --model gpt-image --seed 7 -o pic\n{anime}A kitten\'s "day" for $day')
    assert (
        kernel.good("(pic.prompt, pic.style, pic.seed)").value
        == "('A kitten\\'s \"day\" for $day', 'anime', 7)"
    )
    plan = kernel.good("%sora --plan --seconds 10 {anime}A cat in $day").shown
    assert "sk-plan" in plan["text/html"]
    assert "A cat in $day" in plan["text/plain"]


def test_the_clip_takes_the_place_of_the_job_card_and_is_the_value(kernel):
    ran = kernel.good("%sora -m gpt-image A lighthouse")
    assert "sk-clip" in ran.of("execute_result")[0]["data"]["text/html"]
    for card in ran.of("display_data"):
        name = card["transient"]["display_id"]
        last = [u["data"] for u in ran.of("update_display_data") if u["transient"]["display_id"] == name][-1]
        assert last == {"text/html": "", "text/plain": ""}
    assert kernel.good("_.prompt").value == "'A lighthouse'"
    assert (
        kernel.good("x = %sora -m gpt-image A cat\nx.prompt").of("execute_result")[0]["data"]["text/plain"]
        == "'A cat'"
    )
    kernel.good("%sora -m gpt-image --no-wait -o started A dog")
    assert kernel.good("started.result().prompt").value == "'A dog'"


def test_a_mistake_is_a_card_and_no_traceback(kernel):
    for code, says in (
        ("%sora --stile anime A cat", "Did you mean --style"),
        ("%sora -m sora-9 A cat", "sora-9"),
    ):
        ran = kernel.run(code)
        assert ran.of("error", "stream") == []
        assert "sk-error" in ran.shown["text/html"]
        assert says in ran.shown["text/plain"]


def test_stop_ends_the_waiting_says_the_way_back_and_leaves_the_job(kernel):
    cell = kernel.start("%sora --model sora2-landscape-25s A sailboat")
    kernel.until(lambda m: m["msg_type"] == "display_data")
    time.sleep(0.3)
    asked = time.monotonic()
    kernel.interrupt()
    ran = kernel.finish(cell)
    (stopped,) = [
        when
        for when, m in kernel.log
        if m["msg_type"] == "display_data" and "stopped waiting" in str(m["content"])
    ]
    assert stopped - asked < 1  # half a second on a machine with nothing else to do
    assert ran.reply["ename"] == "Stopped"
    assert ran.of("error") == []
    told = ran.of("display_data")[-1]["data"]["text/plain"]
    job = told.split("--job ")[1].split("`")[0]
    assert kernel.good(f"studio.job({job!r}).state").value in {"'queued'", "'running'"}
    kernel.good(f"studio.cancel({job!r})")
    assert kernel.run(f"%sora --job {job}").reply["ename"] == "JobCancelled"


@pytest.mark.parametrize("form", ["await sweep", "sweep.result()", "await job", "job.result()"])
def test_every_way_of_waiting_can_be_stopped_and_says_how_to_come_back(kernel, form):
    kernel.good(f'sweep = studio.sweep("A whale", {LONG}, name="w")\njob = sweep.job(0)')
    cell = kernel.start(f"import time\ntry:\n    {form}\nfinally:\n    stopped = time.time()")
    time.sleep(0.6)
    asked = time.time()
    kernel.interrupt()
    ran = kernel.finish(cell)
    assert ran.reply["ename"] in {"KeyboardInterrupt", "CancelledError"}
    assert float(kernel.good("stopped").value) - asked < 1
    assert "goes on" in "\n".join(ran.of("error")[0]["traceback"])
    assert kernel.good("job.state").value in {"'queued'", "'running'"}


def test_a_grid_fills_cell_by_cell_and_settles(kernel):
    kernel.good("sweep.cancel(); _ = sweep.result()")
    code = (
        'grid = studio.sweep(["A cat", "A <b>dog"], styles=["anime", "comic"], models="gpt-image", name="g")'
    )
    ran = kernel.good(f"{code}\ngrid")
    assert "Cancel" not in ran.shown["text/html"]  # the fallback has nothing that can be pressed
    assert "&lt;b&gt;dog" in ran.shown["text/html"]
    kernel.good("while not grid.done:\n    time.sleep(0.05)\ntime.sleep(1)")  # blocks; it never awaits
    seen = states(kernel, ran.model)
    filled = {
        name for state in seen for name, html in state.items() if name.startswith("part_c") and "<img" in html
    }
    assert filled  # cells came one by one, before the whole was drawn anew
    assert all(len([n for n in state if n.startswith("part_c")]) <= 1 for state in seen)
    (output,) = ran.of("display_data")
    name = output["transient"]["display_id"]

    def replaces(m):
        return m["msg_type"] == "update_display_data" and m["content"]["transient"]["display_id"] == name

    if not any(replaces(m) for _, m in kernel.log):
        kernel.until(replaces, 10)
    (settled,) = [m["content"]["data"] for _, m in kernel.log if replaces(m)]
    assert set(settled) == {"text/html", "text/plain"}
    assert settled["text/html"].count("data:image/jpeg;base64,") == 4
    assert set(kernel.good("grid").shown) == {"text/html", "text/plain"}


def test_a_planned_sweep_starts_from_its_card_and_is_cancelled_from_it(kernel):
    ran = kernel.good(f'later = studio.sweep("A boat", {LONG}, name="later", start=False)\nlater')
    assert kernel.good("len(later.jobs)").value == "0"
    kernel.press(ran.model, "start")
    kernel.until(lambda m: "Cancel" in str(m["content"].get("data", {})) and m["msg_type"] == "comm_msg", 10)
    kernel.press(ran.model, "cancel")
    kernel.until(lambda m: m["msg_type"] == "update_display_data" and "1 cancelled" in str(m["content"]), 20)


def test_tables_get_their_accessor_when_pandas_comes_later(kernel):
    kernel.good("import pandas as pd")
    ran = kernel.good(
        'pd.DataFrame({"text": ["A cat"]}).sora.generate(prompt="text", model="gpt-image").result().state[0]'
    )
    assert ran.value == "'completed'"


@pytest.mark.parametrize(
    ("code", "typed", "first"),
    [
        ("%sora --mo", "--mo", "--model"),
        ("%sora --model sora2-landscape-1", "sora2-landscape-1", "sora2-landscape-10s"),
        ("clip = %sora --style ", "", "festive"),
        ("%%sora --style anime\nA cat {com", "{com", "{comic}"),
    ],
)
def test_tab_in_a_kernel(kernel, code, typed, first):
    replaced, matches = complete(kernel, code)
    assert replaced == typed
    assert matches[0] == first


def test_help_shows_the_options(kernel):
    text = kernel.client.inspect("%sora", 5, reply=True, timeout=30)["content"]["data"]["text/plain"]
    assert "--style NAME" in text
    assert "{anime}A kitten's day" in text


def test_unloading_takes_the_magics_back(kernel):
    kernel.good("%unload_ext sora_kit")
    assert "not found" in str(kernel.run("%sora A cat").of("stream", "error"))
    kernel.good("%load_ext sora_kit")
