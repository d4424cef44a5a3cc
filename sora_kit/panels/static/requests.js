// The request log: newest first, asked for anew while somebody looks. Rows are kept by id, so what is read
// or opened stays where it is when new ones come.
import { el, say, time, refreshTimes, faults, settle, notice, codeButton } from "./dom.js";
import { asking, choices } from "./asking.js";

const LOOK = 2000; // ms between two looks
const DOTS = { 2: "", 3: "", 4: ".sk-warn", 5: ".sk-bad" };

/** A duration from milliseconds. */
const took = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`);

/** A duration from seconds. */
const lasted = (s) => took(s * 1000);

/** JSON with indents; other text as it is. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // a stream, or cut
  }
}

function body(label, text) {
  return el("div.sk-body-of", {}, el("span.sk-label", {}, label), text ? el("pre.sk-code", { tabindex: 0 }, pretty(text)) : el("p.sk-faint", {}, "Nothing, or not kept."));
}

/** Stages of the job as lengths side by side, and in words. */
function stages(list) {
  const all = list.reduce((sum, { seconds }) => sum + seconds, 0);
  return el(
    "div",
    {},
    el("div.sk-stages", { "aria-hidden": "true" }, ...list.map(({ name, seconds }) => el(`i.sk-stage-${name}`, { style: `flex-grow:${Math.max(seconds / (all || 1), 0.004)}` }))),
    el("ul.sk-stage-words", {}, ...list.map(({ name, seconds }) => el("li", {}, el(`i.sk-stage-${name}`, { "aria-hidden": "true" }), `${name} ${lasted(seconds)}`))),
  );
}

function details(row) {
  const facts = [
    ["Time", new Date(row.at * 1000).toLocaleString()],
    ["From", [row.key, row.client].filter(Boolean).join(", ")],
    ["Failure", row.error],
    ["Model", row.model],
    ["Account", row.account],
    ["Job", row.job && `${row.job}${row.state ? `, ${row.state}` : ""}`],
  ].filter(([, value]) => value);
  return el(
    "div.sk-details",
    {},
    el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    row.fault ? notice(row.fault, "", "note") : null,
    row.stages.length ? el("div.sk-part", {}, el("span.sk-label", {}, "What its job did"), stages(row.stages)) : null,
    row.attempts.length
      ? el("div.sk-part", {}, el("span.sk-label", {}, "Accounts that were tried"), el("ul.sk-tries", {}, ...row.attempts.map((one) => el("li", {}, [one.account || "this computer", one.outcome, one.why].filter(Boolean).join(" · ")))))
      : null,
    el("div.sk-bodies", {}, body("Asked", row.asked), body("Answered", row.answered)),
  );
}

function makeRow(row, open) {
  const button = el("button.sk-open", { type: "button", "aria-expanded": "false", title: row.path }, `${row.method} ${row.path}`);
  const model = el("td.sk-muted");
  const node = el(
    "tr",
    { "data-id": row.id },
    el("td", {}, el(`span.sk-dot${DOTS[Math.floor(row.status / 100)] ?? ".sk-off"}`, { "aria-hidden": "true" }), String(row.status)),
    el("td.sk-what", {}, button, row.error ? el("span.sk-cause", {}, row.error) : null),
    el("td.sk-muted", {}, row.key || "–"),
    model,
    el("td.sk-number", {}, took(row.ms)),
    el("td", {}, time(row.at)),
  );
  const inside = el("td", { colspan: 6 });
  const below = el("tr.sk-below", { hidden: true }, inside);
  const toggle = (show) => {
    below.hidden = !show;
    button.setAttribute("aria-expanded", String(show));
  };
  button.addEventListener("click", () => {
    if (!below.hidden) return toggle(false);
    inside.replaceChildren(el("p.sk-faint", { role: "status" }, "Reading…"));
    toggle(true);
    open(row.id);
  });
  return { node, below, put: (now) => say(model, now.model || "–"), fill: (more) => inside.replaceChildren(details(more)) };
}

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-requests");
  const filter = { status: null, owner: "", period: "all", search: "" };
  const window = model.get("window");
  const rows = new Map();
  let count = window;
  let seen = null;
  const tbody = el("tbody");
  const heads = ["Status", "Request", "Key", "Model", "Took", "When"];
  const table = el("table", { "aria-label": "Requests" }, el("thead", {}, el("tr", {}, ...heads.map((head) => el("th", { scope: "col" }, head)))), tbody);
  const none = el("p.sk-none.sk-muted", { role: "status" }, "Reading…");
  const owner = el("select.sk-input", { "aria-label": "Key", onchange: () => change({ owner: owner.value }) }, el("option", { value: "" }, "All keys"));
  const more = el("button.sk-button.sk-more", { type: "button", hidden: true, onclick: () => {
    count += window;
    look(true);
  } }, "Load more");
  const trouble = faults();

  let code = "";
  const kernel = asking(model, root, (answer) => {
    if (answer.details) return rows.get(answer.details.id)?.fill(answer.details);
    if (!answer.rows) return;
    code = answer.code;
    seen = answer.rows[0]?.id ?? 0;
    const fresh = new Set(answer.rows.map(({ id }) => id));
    for (const [id, row] of rows) {
      if (fresh.has(id)) continue;
      row.node.remove();
      row.below.remove();
      rows.delete(id);
    }
    let last = null; // the newest first: each row stands behind the one before it
    for (const row of answer.rows) {
      if (!rows.has(row.id)) {
        const made = makeRow(row, (id) => kernel.ask({ do: "open", id }));
        rows.set(row.id, made);
        if (last) last.after(made.node, made.below);
        else tbody.prepend(made.node, made.below);
      }
      const known = rows.get(row.id);
      known.put(row);
      last = known.below;
    }
    more.hidden = !answer.more;
    table.hidden = rows.size === 0;
    none.hidden = rows.size > 0;
    const filtered = filter.status || filter.owner || filter.search || filter.period !== "all";
    say(none, filtered ? "No request fits this filter." : "No requests yet. They appear here as they come.");
    owners(answer.owners);
  });
  const owners = (names) => {
    const known = [...owner.options].map(({ value }) => value);
    const added = names.filter((name) => !known.includes(name));
    owner.append(...added.map((name) => el("option", { value: name }, name.replace(/^key_/, ""))));
  };
  const look = (anew = false) => kernel.ask({ do: "look", count, seen: anew ? null : seen, ...filter });
  const change = (part) => {
    Object.assign(filter, part);
    count = window;
    look(true);
  };
  const typed = settle(() => change({ search: search.value }), 300);
  const search = el("input.sk-input.sk-search", { type: "search", placeholder: "Path, model, failure, job", "aria-label": "Search", maxlength: 100, oninput: typed });

  root.append(
    el(
      "section.sk-card",
      { "aria-label": "Requests" },
      el("div.sk-row", {}, el("span.sk-title", {}, "Requests"), codeButton(() => code, "this log")),
      el(
        "div.sk-filters",
        {},
        choices("Status", [[null, "All"], [2, "2xx answered"], [4, "4xx refused"], [5, "5xx failed"]], null, (status) => change({ status })),
        owner,
        el("select.sk-input", { "aria-label": "Period", onchange: (event) => change({ period: event.target.value }) }, ...[["all", "Any time"], ["hour", "Last hour"], ["day", "Last day"], ["week", "Last week"]].map(([value, label]) => el("option", { value }, label))),
        search,
      ),
      trouble,
      el("div.sk-scroll", {}, table),
      none,
      el("div.sk-foot", {}, more),
    ),
  );
  table.hidden = true;
  const fault = (message) => {
    if (message.fault) trouble.tell(message.fault);
  };
  model.on("msg:custom", fault);
  look(true);
  const clock = setInterval(() => {
    refreshTimes(root);
    if (kernel.due()) look();
  }, LOOK);
  return () => {
    clearInterval(clock);
    kernel.stop();
    model.off("msg:custom", fault);
  };
}

export default { render };
