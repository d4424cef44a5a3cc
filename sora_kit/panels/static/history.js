// History: every job as a row, newest first; what can still be done stands at its end.
import { el, say, time, refreshTimes, faults } from "./dom.js";
import { keyed, insertNewestFirst } from "./keyed.js";

const DOT = { completed: "", failed: ".sk-bad", cancelled: ".sk-off", needs_you: ".sk-warn", queued: ".sk-off", running: ".sk-live" };

function makeRow(item, model) {
  const state = el("td");
  const prompt = el("td.sk-prompt-of");
  const kind = el("td.sk-muted");
  const length = el("td.sk-number");
  const when = el("td", {}, time(item.at));
  const actions = el("td.sk-acts");
  const node = el("tr", { "data-at": item.at, "data-id": item.id }, state, prompt, kind, length, when, actions);
  let drawn = "";
  const act = (label, what) =>
    el("button.sk-button", { type: "button", "aria-label": `${label}: ${item.prompt}`, onclick: () => model.send({ do: what, id: item.id }) }, label);
  const put = (now) => {
    node.dataset.state = now.state;
    say(prompt, now.prompt);
    prompt.title = now.typed;
    say(kind, now.meta);
    say(length, now.length);
    if (drawn !== now.state) {
      drawn = now.state;
      state.replaceChildren(el(`span.sk-dot${DOT[now.state] ?? ""}`, { "aria-hidden": "true" }), el("span.sk-state"));
      actions.replaceChildren(act(now.done ? "Run again" : "Cancel", now.done ? "again" : "cancel"));
    }
    say(state.querySelector(".sk-state"), now.word);
    state.title = now.error ? [now.error.what, now.error.why, now.error.fix].filter(Boolean).join(". ") : "";
  };
  put(item);
  return { node, put };
}

export default () => {
  let list;
  return {
    initialize({ model }) {
      list = keyed(model);
    },
    render({ model, el: root }) {
      root.classList.add("sora-kit", "sk-history");
      const heads = ["State", "Prompt", "Model", "Length", "When", ""];
      const body = el("tbody");
      const table = el(
        "table",
        { "aria-label": "All jobs" },
        el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col", "aria-label": head ? null : "Actions" }, head)))),
        body,
      );
      const none = el("p.sk-none.sk-muted", {}, "No jobs yet.");
      const more = el("button.sk-button.sk-more", { type: "button", onclick: () => model.send({ do: "more" }) }, "Load more");
      const trouble = faults();
      root.append(trouble, el("div.sk-scroll", {}, table), none, el("div.sk-foot", {}, more));
      const rows = new Map();
      const detach = list.show({
        put(item) {
          const row = rows.get(item.id);
          if (row) return row.put(item);
          const fresh = makeRow(item, model);
          rows.set(item.id, fresh);
          insertNewestFirst(body, fresh.node);
        },
        drop(id) {
          rows.get(id)?.node.remove();
          rows.delete(id);
        },
        fault: trouble.tell,
        changed() {
          none.hidden = rows.size > 0;
          table.hidden = rows.size === 0;
        },
      });
      const foot = () => {
        more.hidden = !model.get("more");
      };
      model.on("change:more", foot);
      foot();
      const clock = setInterval(() => refreshTimes(root), 20_000);
      return () => {
        detach();
        clearInterval(clock);
      };
    },
  };
};
