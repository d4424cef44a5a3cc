// The list of jobs: every job as a row, newest first; what can still be done stands at its end, and a job
// that waits for a decision asks below its row. A row opens to its details, which are asked for then.
import { el, say, time, refreshTimes, faults, codeButton } from "./dom.js";
import { keyed, insertNewestFirst } from "./keyed.js";
import { answerButtons } from "./answers.js";

const DOT = { completed: "", failed: ".sk-bad", cancelled: ".sk-off", needs_you: ".sk-warn", queued: ".sk-off", running: ".sk-live" };
const SHOWN = [["all", "All"], ["going", "Unfinished"], ["needs_you", "Needs you"], ["ended", "Without a result"]];

/** How a job went: facts, the plan's steps, and who tried them. */
function detailsOf({ code, facts, times, steps, attempts }) {
  const pair = (label, value) => [el("dt", {}, label), el("dd", {}, value)];
  return [
    el("dl.sk-facts", {}, ...facts.flatMap(({ label, value }) => pair(label, value)), ...times.flatMap(({ label, at }) => pair(label, time(at)))),
    steps.length ? el("div", {}, el("span.sk-label", {}, "Plan"), el("ol.sk-list-of", {}, ...steps.map((step) => el("li", {}, step)))) : null,
    el(
      "div",
      {},
      el("span.sk-label", {}, "Attempts"),
      attempts.length
        ? el(
            "ul.sk-list-of",
            {},
            ...attempts.map(({ who, step, what, why, at, good }) =>
              el("li", {}, el(`span.sk-dot${good ? "" : ".sk-bad"}`, { "aria-hidden": "true" }), el("b", {}, who), ` · step ${step} · ${what}`, why ? `: ${why}` : "", " · ", time(at)),
            ),
          )
        : el("p.sk-faint", {}, "None with an account."),
    ),
    el("div.sk-code-of", {}, codeButton(() => code, "this job")),
  ].filter(Boolean);
}

function makeRow(item, model) {
  const state = el("td.sk-state-of");
  const words = el("div.sk-words-in");
  const under = el("div.sk-faint");
  const prompt = el("td.sk-prompt-of", {}, words, under);
  const kind = el("td.sk-muted.sk-kind-of");
  const length = el("td.sk-number");
  const when = el("td.sk-when", {}, time(item.at));
  const actions = el("td.sk-acts");
  const row = el("tr", {}, state, prompt, kind, length, when, actions);
  const answers = el("div.sk-answers");
  const asks = el("div.sk-asks", { hidden: true }, el("b"), el("span"), answers);
  const about = el("div.sk-details", { hidden: true });
  const below = el("tr.sk-below", { hidden: true }, el("td", { colspan: 6 }, asks, about));
  const node = el("tbody", { "data-at": item.at, "data-id": item.id }, row, below);
  let now = item;
  let drawn = "";
  const send = (what, extra = {}) => model.send({ do: what, id: item.id, ...extra });
  const act = (label, what) => el("button.sk-button", { type: "button", "aria-label": `${label}: ${item.prompt}`, onclick: () => send(what) }, label);
  const open = el(
    "button.sk-button.sk-open",
    {
      type: "button",
      "aria-expanded": "false",
      "aria-label": `Details: ${item.prompt}`,
      title: "Details",
      onclick: () => {
        about.hidden = !about.hidden;
        open.setAttribute("aria-expanded", String(!about.hidden));
        if (!about.hidden) send("details");
        fold();
      },
    },
    "⌄",
  );
  const fold = () => {
    below.hidden = about.hidden && asks.hidden;
  };
  const put = (item) => {
    const before = now.state;
    now = item;
    node.dataset.state = now.state;
    say(words, now.prompt);
    prompt.title = now.typed;
    say(under, now.stage || (now.state === "failed" ? now.error?.what : "") || now.text || "");
    say(kind, [now.meta, now.backend].filter(Boolean).join(" · "));
    say(length, now.length);
    if (drawn !== now.state) {
      drawn = now.state;
      state.replaceChildren(el(`span.sk-dot${DOT[now.state] ?? ""}`, { "aria-hidden": "true" }), el("span.sk-state"));
      if (now.state === "running") state.append(el("div.sk-bar", { role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, el("i")));
      const answersNow = now.state === "needs_you" ? [] : [act(now.done ? "Retry" : "Cancel", now.done ? "again" : "cancel")];
      actions.replaceChildren(...(now.usable ? [act("Use", "use")] : []), ...answersNow, open);
      asks.hidden = now.state !== "needs_you";
      answers.replaceChildren(...answerButtons(now, send));
      if (before !== now.state && !about.hidden) send("details");
      fold();
    }
    const [what, why] = asks.children;
    say(what, now.error?.what ?? "It needs your decision");
    say(why, [now.error?.why].filter(Boolean).join(". "));
    say(state.querySelector(".sk-state"), now.word);
    const bar = state.querySelector(".sk-bar");
    if (bar) {
      bar.firstChild.style.width = `${now.progress}%`;
      bar.setAttribute("aria-valuenow", Math.round(now.progress));
    }
    state.title = now.error ? [now.error.what, now.error.why, now.error.fix].filter(Boolean).join(". ") : "";
  };
  put(item);
  return { node, put, details: (found) => about.replaceChildren(...detailsOf(found)) };
}

export default () => {
  let list;
  return {
    initialize({ model }) {
      list = keyed(model);
    },
    render({ model, el: root }) {
      root.classList.add("sora-kit", "sk-history");
      const shown = el("div.sk-segments", { role: "group", "aria-label": "Show" });
      for (const [name, label] of SHOWN) {
        const button = el("button", { type: "button", "data-show": name, "aria-pressed": String(name === "all"), onclick: () => choose(name) }, label, el("span.sk-count"));
        shown.append(button);
      }
      const choose = (name) => {
        for (const button of shown.children) button.setAttribute("aria-pressed", String(button.dataset.show === name));
        model.send({ do: "filter", show: name });
      };
      const counted = () => {
        for (const button of shown.children) {
          const number = button.dataset.show === "all" ? 0 : model.get("counts")[button.dataset.show];
          button.lastChild.textContent = number > 0 ? number.toLocaleString("en") : "";
        }
      };
      const heads = ["State", "Prompt", "Model", "Length", "When", ""];
      const table = el(
        "table",
        { "aria-label": "All jobs" },
        el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col", "aria-label": head ? null : "Actions" }, head)))),
      );
      const bodies = table; // one <tbody> a job, so that a row and what is below it stay together
      const none = el("p.sk-none.sk-muted", {}, "No jobs here.");
      const more = el("button.sk-button.sk-more", { type: "button", onclick: () => model.send({ do: "more" }) }, "Load more");
      const trouble = faults();
      const frame = el("div.sk-scroll", {}, table);
      root.append(trouble, el("div.sk-tools", {}, shown, el("span.sk-gap"), codeButton(() => model.get("code"), "these jobs")), frame, none, el("div.sk-foot", {}, more));
      const rows = new Map();
      const detach = list.show({
        put(item) {
          const row = rows.get(item.id);
          if (row) return row.put(item);
          const fresh = makeRow(item, model);
          rows.set(item.id, fresh);
          insertNewestFirst(bodies, fresh.node);
        },
        drop(id) {
          const node = rows.get(id)?.node;
          const heir = node?.contains(document.activeElement) ? (node.nextElementSibling ?? node.previousElementSibling) : null;
          node?.remove();
          rows.delete(id);
          heir?.querySelector("button")?.focus();
        },
        fault: trouble.tell,
        changed() {
          none.hidden = rows.size > 0;
          frame.hidden = rows.size === 0;
        },
      });
      const heard = ({ details }) => details && rows.get(details.id)?.details(details);
      const foot = () => {
        more.hidden = !model.get("more");
      };
      model.on("msg:custom", heard);
      model.on("change:more", foot);
      model.on("change:counts", counted);
      foot();
      counted();
      const clock = setInterval(() => refreshTimes(root), 20_000);
      return () => {
        detach();
        model.off("msg:custom", heard);
        clearInterval(clock);
      };
    },
  };
};
