// The accounts panel: figures, filters, a page of the table, and what can be done.
//
// The kernel holds the pool and gives one page of it. While somebody sees the panel it asks again every
// few seconds, one question at a time, so a busy kernel is not flooded and a hidden tab asks nothing.
import { el, say, copy, flash, notice, settle, refreshTimes } from "./dom.js";
import { saveFile } from "./files.js";
import { menu } from "./menu.js";
import { dialogs } from "./dialog.js";
import { accountForm, historyTable, importForm, proxyForm, removeForm, secretsForm } from "./poolforms.js";
import { accountRow, keepTimes, HEADS, moment } from "./poolrow.js";

const LOOK = 4000; // ms between two questions
const TURNS = { round_robin: "Round robin", least_busy: "Least busy", random: "Random" };
const STATES = [["", "Any state"], ["ready", "Ready"], ["cooling", "Cooling"], ["needs_you", "Needs you"], ["expired", "Expired"], ["unfit", "Unfit"], ["disabled", "Off"]];
const number = (n) => n.toLocaleString("en");
const accountsOf = (n) => `${number(n)} account${n === 1 ? "" : "s"}`;

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-pool");
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab's single-key commands stay out of the fields
  const who = Math.random().toString(36).slice(2); // every view hears every answer
  const send = (what, extra = {}) => model.send({ do: what, ...extra, who });
  const windows = dialogs(root);
  const rows = new Map(); // id → row
  const picked = new Map(); // id → label, over all pages
  let everything = false; // all that match, also those that were never shown
  let lastPick = "";

  // -- finding

  const view = () => model.get("view");
  let wanted = view(); // what was asked for last; two quick changes must not undo each other
  let asked = 0;
  const find = (change) => {
    const { filter, size, order, down } = wanted;
    if (change.filter) unpick();
    wanted = { filter, size, order, down, page: 0, ...change };
    asked = Date.now();
    send("find", wanted);
  };
  const filtered = (change) => find({ filter: { ...wanted.filter, text: search.value, ...change } });
  const search = el("input.sk-search", { type: "search", placeholder: "Search accounts", "aria-label": "Search accounts" });
  const typing = settle(() => filtered({}), 250);
  search.addEventListener("input", typing);
  const select = (words, change) => el("select", { "aria-label": words, onchange: (event) => change(event.target.value) });
  const options = (list, entries, value) => {
    const look = JSON.stringify(entries);
    if (list.dataset.look !== look) {
      list.dataset.look = look;
      list.replaceChildren(...entries.map(([id, words]) => el("option", { value: id }, words)));
    }
    if (document.activeElement !== list || list.value !== value) list.value = value;
  };
  const state = select("State", (value) => filtered({ state: value }));
  const plan = select("Plan", (value) => filtered({ plan: value }));
  const backend = select("Backend", (value) => filtered({ backend: value }));
  const turns = select("How accounts take turns", (value) => send("mode", { mode: value }));
  const size = select("Rows of a page", (value) => find({ size: Number(value) }));

  // -- choosing

  const unpick = () => {
    picked.clear();
    everything = false;
    drawPicks();
  };
  const pick = (id, on, shift) => {
    everything = false;
    const ids = [...rows.keys()];
    const [from, to] = [ids.indexOf(shift && rows.has(lastPick) ? lastPick : id), ids.indexOf(id)].sort((a, b) => a - b);
    for (const one of ids.slice(from, to + 1)) on ? picked.set(one, rows.get(one).item.label) : picked.delete(one);
    lastPick = id;
    drawPicks();
  };
  const chosen = () => (everything ? { filter: view().filter } : { ids: [...picked.keys()] });
  const chosenCount = () => (everything ? view().total : picked.size);

  // -- doing

  const batch = (what, which, extra = {}) => send("batch", { what, ...which, ...extra });
  const act = (what, item) => {
    if (what === "edit") return edit(item);
    if (what === "events") return send("events", { id: item.id });
    if (what === "remove") return remove({ ids: [item.id] }, 1, [item.label]);
    batch(what, { ids: [item.id] });
  };
  const remove = (which, count, names, what = "batch") => {
    const form = removeForm(count, names);
    windows.open({
      title: `Remove ${accountsOf(count)}`,
      body: form.body,
      actions: [
        {
          label: "Remove",
          tone: "sk-danger",
          run() {
            if (!form.sure()) {
              queueMicrotask(() => windows.fault({ what: "Nothing was removed", why: "The word was not typed", fix: "Type it, or cancel" }));
              return true;
            }
            what === "batch" ? batch("remove", which, { sure: true }) : send(what, { sure: true });
            unpick();
            return false;
          },
        },
      ],
    });
  };
  const edit = (item) => {
    const form = accountForm(item, model.get("backends"));
    windows.open({
      title: item ? `Edit ${item.label}` : "Add account",
      body: form.body,
      actions: [
        {
          label: item ? "Save" : "Add account",
          tone: "sk-primary",
          run() {
            item ? send("edit", { id: item.id, fields: form.read() }) : send("add", { backend: form.backend(), fields: form.read(), test: form.test() });
            return true;
          },
        },
      ],
    });
  };
  const bring = () => {
    const form = importForm(model.get("backends"), windows.fault);
    windows.open({
      title: "Import accounts",
      body: form.body,
      actions: [{ label: "Import", tone: "sk-primary", run: () => (send("take_in", form.read()), true) }],
    });
  };
  const proxy = (title, words, now, set) => {
    const form = proxyForm(words, now);
    const actions = [{ label: "Set proxy", tone: "sk-primary", run: () => set(form.read()) }];
    windows.open({ title, body: form.body, actions });
  };
  const globalProxy = () =>
    proxy("Global proxy", "For all accounts that have none of their own. Empty for none. HTTP and SOCKS5 work.", model.get("facts").proxy, (url) => {
      send("proxy", { url });
      return true;
    });
  const batchProxy = () =>
    proxy(`Proxy of ${accountsOf(chosenCount())}`, "Every call of these accounts goes through it. Empty: they use the global one.", "", (url) => {
      batch("proxy", chosen(), { proxy: url });
      return false;
    });
  let exporting = {};
  const give = (which, secrets) => {
    exporting = which;
    send("export", { ...which, secrets });
  };
  const askForSecrets = ({ ask, count, place }) => {
    const form = secretsForm(count, place);
    windows.open({
      title: "Export with tokens",
      body: form.body,
      actions: [
        {
          label: "Write the file",
          tone: "sk-danger",
          run() {
            if (form.sure()) return send("export", { ...exporting, secrets: true, sure: ask }), false;
            queueMicrotask(() => windows.fault({ what: "Nothing was written", why: "The word was not typed", fix: "Type it, or cancel" }));
            return true;
          },
        },
      ],
    });
  };

  // -- parts

  const button = (words, run, props = {}) => el("button.sk-button", { type: "button", onclick: run, ...props }, words);
  const cards = el("div.sk-figures");
  const tools = el(
    "div.sk-tools",
    {},
    search, state, plan, backend, turns,
    el("span.sk-gap"),
    menu("More ▾", {}, () => {
      const { accounts, disabled } = model.get("facts");
      return [
        ["Global proxy", globalProxy],
        ["Test all", accounts ? () => batch("test", { filter: {} }) : null],
        ["Remove disabled", disabled ? () => remove({}, disabled, [], "remove_disabled") : null],
        ["History of all", () => send("events")],
      ];
    }),
    button("Import", bring),
    menu("Export ▾", {}, () => {
      const some = model.get("facts").accounts > 0;
      return [
        ["Masked", some ? () => give({}, false) : null],
        ["With tokens…", some ? () => give({}, true) : null],
      ];
    }),
    el("button.sk-button.sk-primary", { type: "button", onclick: () => edit(null) }, "Add account"),
  );
  const trouble = el("div.sk-fault", { hidden: true });
  const said = el("span.sk-said", { role: "status" });
  const counted = el("span.sk-counted");
  const all = button("", () => {
    everything = true;
    drawPicks();
  });
  all.className = "sk-link";
  const many = el(
    "div.sk-many",
    { role: "toolbar", "aria-label": "For the chosen accounts" },
    button("Test", () => batch("test", chosen())),
    button("Enable", () => batch("enable", chosen())),
    button("Disable", () => batch("disable", chosen())),
    button("Set proxy", batchProxy),
    menu("Export ▾", {}, () => [["Masked", () => give(chosen(), false)], ["With tokens…", () => give(chosen(), true)]]),
    button("Remove", () => remove(chosen(), chosenCount(), everything ? [] : [...picked.values()])),
    button("Choose none", unpick),
  );
  const strip = el("div.sk-strip", {}, counted, all, said, el("span.sk-gap"), many);
  const working = el("div.sk-working", { hidden: true });
  const head = el("input", {
    type: "checkbox",
    "aria-label": "Choose all of this page",
    onclick: () => {
      everything = false;
      for (const [id, one] of rows) head.checked ? picked.set(id, one.item.label) : picked.delete(id);
      drawPicks();
    },
  });
  const heads = HEADS.map(([name, words, order]) => {
    if (!order) return el(`th.sk-c-${name}`, { scope: "col" }, words);
    const sort = () => find({ order, down: wanted.order === order ? !wanted.down : name === "made" });
    return el(`th.sk-c-${name}`, { scope: "col", "data-order": order }, el("button.sk-sort", { type: "button", onclick: sort, title: "Sort" }, words));
  });
  const body = el("tbody");
  const table = el("table", { "aria-label": "Accounts" }, el("thead", {}, el("tr", {}, el("th.sk-c-pick", { scope: "col" }, head), ...heads, el("th", { scope: "col", "aria-label": "Actions" }))), body);
  const none = el("div.sk-none", { hidden: true });
  const range = el("span.sk-muted");
  const back = button("Previous", () => find({ page: wanted.page - 1 }));
  const next = button("Next", () => find({ page: wanted.page + 1 }));
  const code = el("pre.sk-code");
  const source = el("div.sk-source", { hidden: true }, code, button("Copy", (event) => copy(model.get("code")).then(() => flash(event.target, "Copied"))));
  const showCode = button("Copy as code", () => {
    source.hidden = !source.hidden;
    showCode.setAttribute("aria-expanded", String(!source.hidden));
    say(showCode, source.hidden ? "Copy as code" : "Hide code");
  }, { "aria-expanded": "false", title: "The last action as Python" });
  const foot = el("div.sk-pages", {}, range, back, next, size, el("span.sk-gap"), showCode);
  root.append(cards, tools, trouble, working, el("div.sk-table", {}, strip, el("div.sk-scroll", {}, table), none, foot), source);

  // -- what the kernel says

  const card = (figure, words, tone, wanted) =>
    el(
      wanted === undefined ? "div.sk-figure" : "button.sk-figure",
      wanted === undefined ? {} : { type: "button", title: "Show these", onclick: () => filtered({ state: wanted }) },
      el(`b${tone && figure ? `.sk-is-${tone}` : ""}`, {}, number(figure)),
      ...[words].flat().map((text) => el("span", {}, text)),
    );
  let figures = "";
  const drawFacts = () => {
    const facts = model.get("facts");
    const apart = [facts.needs_you ? `${number(facts.needs_you)} need${facts.needs_you === 1 ? "s" : ""} you` : "", facts.disabled ? `${number(facts.disabled)} off` : ""].filter(Boolean);
    const waiting = facts.next_back ? `next back ${moment(facts.next_back)}` : "";
    const look = JSON.stringify([facts, waiting]);
    if (look !== figures) {
      figures = look;
      const at = [...cards.children].indexOf(document.activeElement);
      cards.replaceChildren(
        card(facts.accounts, ["accounts", apart.join(" · ")], "", facts.needs_you ? "needs_you" : ""),
        card(facts.ready, ["ready", `${number(facts.in_use)} slot${facts.in_use === 1 ? "" : "s"} in use`], "", "ready"),
        card(facts.cooling, ["cooling", waiting], "warn", "cooling"),
        card(facts.videos_today, "videos today"),
        card(facts.images_today, "images today"),
        card(facts.errors_today, "errors today", "bad"),
      );
      cards.children[at]?.focus();
    }
    const { filter } = wanted;
    options(state, STATES, filter.state);
    options(plan, [["", "Any plan"], ...facts.plans.map(({ id, label, count }) => [id, `${label} (${number(count)})`])], filter.plan);
    options(backend, [["", "Any backend"], ...facts.backends.map(({ id }) => [id, id.replaceAll("_", " ")])], filter.backend);
    backend.hidden = facts.backends.length < 2;
    options(turns, model.get("modes").map((id) => [id, TURNS[id] ?? id]), facts.mode);
  };
  const drawRows = () => {
    const now = view();
    const ids = new Set(now.rows.map((row) => row.id));
    for (const [id, one] of rows) {
      if (ids.has(id)) continue;
      one.node.remove();
      rows.delete(id);
    }
    now.rows.forEach((row, place) => {
      const one = rows.get(row.id) ?? accountRow(row, act, pick);
      rows.delete(row.id); // the map keeps the order of the page
      rows.set(row.id, one);
      one.put(row);
      if (body.children[place] !== one.node) body.insertBefore(one.node, body.children[place] ?? null);
    });
    for (const th of heads) if (th.dataset.order) th.setAttribute("aria-sort", th.dataset.order !== now.order ? "none" : now.down ? "descending" : "ascending");
    const some = now.total > 0;
    table.hidden = foot.hidden = !some;
    none.hidden = some;
    if (!some) {
      const any = model.get("facts").accounts > 0;
      none.replaceChildren(
        el("b", {}, any ? "Nothing matches" : "No account yet"),
        el("span.sk-muted", {}, any ? "Change the search or the filters." : "Add one, or import a list. The drawn preview needs none."),
        any ? button("Show all", () => { search.value = ""; find({ filter: {} }); }) : null,
      );
    }
    const first = now.page * now.size;
    say(range, some ? `${number(first + 1)}–${number(first + now.rows.length)} of ${number(now.total)}` : "");
    back.disabled = now.page === 0;
    next.disabled = first + now.rows.length >= now.total;
    options(size, model.get("sizes").map((n) => [String(n), `${n} a page`]), String(now.size));
    if (document.activeElement !== search && !typing.waiting()) search.value = now.filter.text;
    drawPicks();
  };
  const drawPicks = () => {
    const { total } = view();
    const count = chosenCount();
    for (const [id, one] of rows) one.ticked(everything || picked.has(id));
    const here = [...rows.keys()].filter((id) => everything || picked.has(id)).length;
    head.checked = rows.size > 0 && here === rows.size;
    head.indeterminate = here > 0 && here < rows.size;
    many.hidden = !count;
    strip.classList.toggle("sk-on", count > 0);
    say(counted, count ? `${accountsOf(count)} chosen` : "");
    all.hidden = everything || !count || here < rows.size || total <= picked.size;
    say(all, `Choose all ${number(total)} that match`);
    strip.hidden = !count && !said.textContent;
  };
  const drawWork = () => {
    const now = model.get("work");
    const seen = working.dataset.closed === String(now.began);
    working.hidden = !now.title || seen || (!now.running && !now.rows.length);
    if (working.hidden) return;
    const part = now.total ? (100 * now.done) / now.total : 100;
    if (now.running) {
      working.replaceChildren(
        el(
          "div.sk-row",
          {},
          el("b", { role: "status" }, `${now.title} ${number(now.done)} of ${number(now.total)}`),
          now.failed ? el("span.sk-is-bad", {}, `${number(now.failed)} failed`) : null,
          el("span.sk-gap"),
          button(now.stopped ? "Stopping" : "Stop", () => send("stop"), { disabled: now.stopped }),
        ),
        el("div.sk-bar", { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(part) }, el("i", { style: `width:${part}%` })),
      );
      return;
    }
    working.replaceChildren(
      el("div.sk-row", {}, el("b", {}, `${now.title}: ${number(now.done - now.failed)} good, ${number(now.failed)} failed`), el("span.sk-gap"), button("Close", () => {
        working.dataset.closed = String(now.began);
        working.hidden = true;
      })),
      el(
        "ul.sk-outcomes",
        {},
        ...now.rows.map((row) => el("li", {}, el(`i.sk-dot${row.ok ? "" : ".sk-bad"}`, { "aria-hidden": "true" }), el("b", {}, row.label), el("span.sk-muted", {}, `${row.ok ? "" : "failed: "}${row.why}`))),
        now.more > 0 ? el("li.sk-muted", {}, `and ${number(now.more)} more`) : null,
      ),
    );
  };
  let shown = model.get("status").number ?? 0;
  const drawStatus = () => {
    const { said: words = "", error = null, number: n = 0 } = model.get("status");
    say(said, words);
    const fresh = n !== shown;
    shown = n;
    if (error && windows.shown && fresh) windows.fault(error);
    trouble.hidden = !error || windows.shown;
    trouble.replaceChildren(...(error ? [notice(error)] : []));
    drawPicks();
  };
  const drawCode = () => {
    say(code, model.get("code"));
    showCode.hidden = !model.get("code");
    if (showCode.hidden) source.hidden = true;
  };

  // -- the page

  let waiting = 0;
  const message = (content, buffers) => {
    if (content.to !== who) return;
    if (content.seen) waiting = 0;
    if (content.ok) windows.close();
    if (content.ask) askForSecrets(content);
    if (content.file) saveFile(content.file, content.type, buffers[0]);
    if (content.events !== undefined) {
      const all = !content.events;
      windows.open({ title: all ? "History of all accounts" : `History of ${rows.get(content.events)?.item.label ?? content.events}`, body: historyTable(content.rows, all), wide: true });
    }
  };
  const look = () => {
    keepTimes(root);
    refreshTimes(root);
    if (document.hidden || !root.getClientRects().length) return;
    if (waiting && Date.now() - waiting < 60_000) return;
    waiting = Date.now();
    try {
      send("look");
    } catch {
      waiting = 0; // the connection is gone; whoever owns the page says so
    }
  };
  root.addEventListener("keydown", (event) => event.stopPropagation()); // the notebook's own shortcuts must not fire
  const both = () => {
    if (Date.now() - asked > 2000) wanted = view(); // or another view of the panel asked
    drawFacts();
    drawRows();
  };
  const changes = { "change:view": both, "change:facts": both, "change:work": drawWork, "change:status": drawStatus, "change:code": drawCode, "msg:custom": message };
  for (const [name, call] of Object.entries(changes)) model.on(name, call);
  both();
  drawWork();
  drawStatus();
  drawCode();
  const clock = setInterval(look, LOOK);
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    clearInterval(clock);
    document.removeEventListener("visibilitychange", look);
    windows.close();
    for (const [name, call] of Object.entries(changes)) model.off(name, call);
  };
}

export default { render };
