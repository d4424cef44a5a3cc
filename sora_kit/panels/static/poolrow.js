// One row of the accounts table. A row is made once for its id and then told what changed, so that an
// open menu or a focused button stays what it is while the pool lives on.
import { el, say } from "./dom.js";
import { menu } from "./menu.js";

/** "in 5 h", "3 days ago", from Unix seconds. */
export function moment(then) {
  const s = then - Date.now() / 1000;
  const a = Math.abs(s);
  if (a < 45) return s > 0 ? "in a moment" : "just now";
  const size = a < 5400 ? `${Math.max(1, Math.round(a / 60))} min` : a < 129_600 ? `${Math.round(a / 3600)} h` : `${Math.round(a / 86_400)} days`;
  return s > 0 ? `in ${size}` : `${size} ago`;
}

/** A <time> that says how far away it is; `keepTimes` keeps it true, the exact time shows on hover. */
function when(then, before = "") {
  const date = new Date(then * 1000);
  return el("time", { datetime: date.toISOString(), title: date.toLocaleString(), "data-when": then, "data-before": before }, before + moment(then));
}

export function keepTimes(root) {
  for (const node of root.querySelectorAll("time[data-when]")) say(node, node.dataset.before + moment(Number(node.dataset.when)));
}

const DOTS = { good: "", warn: ".sk-warn", bad: ".sk-bad", off: ".sk-off" };
const cap = (number) => (number < 0 ? "∞" : number);
const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

function who(now) {
  const key = Object.values(now.held)[0];
  return [
    el("b.sk-label-of", { title: now.label }, now.label),
    now.email && now.email !== now.label ? el("span.sk-small", { title: now.email }, now.email) : null,
    el(
      "span.sk-small",
      {},
      key && key !== now.label ? el("code", { title: "Its token, masked" }, key) : null,
      el("span", {}, now.backend.replaceAll("_", " ")),
      now.proxy ? el("span.sk-mark", { title: `Proxy ${now.proxy}` }, "proxy") : null,
    ),
    now.remark ? el("span.sk-small.sk-remark", { title: now.remark }, now.remark) : null,
  ];
}

function state(now, act) {
  return [
    el("span.sk-state", {}, el(`i.sk-dot${DOTS[now.tone]}`, { "aria-hidden": "true" }), now.word, now.state === "cooling" && now.cool_until ? when(now.cool_until, "back ") : null),
    now.why ? el("span.sk-small.sk-why", { title: now.why }, now.why, now.why_at ? " · " : null, now.why_at ? when(now.why_at) : null) : null,
    now.state === "expired" ? el("button.sk-link.sk-cure", { type: "button", onclick: () => act("edit") }, "Give it new tokens") : null,
    now.state === "unfit" ? el("button.sk-link.sk-cure", { type: "button", onclick: () => act("enable") }, "Try it again") : null,
  ];
}

function quota(now) {
  if (now.quota === null) return [el("span.sk-muted", {}, "unknown")];
  const low = now.quota === 0 ? ".sk-is-bad" : now.quota <= 3 ? ".sk-is-warn" : "";
  return [el(`span${low}`, {}, `${now.quota.toLocaleString("en")} left`), now.quota_resets > Date.now() / 1000 + 60 ? el("span.sk-small", {}, when(now.quota_resets, "resets ")) : null];
}

function ends(now) {
  if (now.expires === null) return [el("span.sk-muted", {}, now.held.api_key ? "never" : "unknown")];
  const tone = { past: ".sk-is-bad", soon: ".sk-is-warn" }[now.ends] ?? "";
  return [
    el(`span${tone}`, {}, now.ends ? el("span", { "aria-hidden": "true" }, "⚠ ") : null, when(now.expires, now.ends === "past" ? "ended " : "")),
    el("span.sk-small", {}, now.renewable ? "renews itself" : "nothing to renew it with"),
  ];
}

function slots(now) {
  const line = (kind, words) =>
    now[`${kind}_enabled`] ? `${now[`${kind}s_in_use`]} of ${cap(now[`${kind}_cap`])} ${words}` : `no ${words}`;
  return [el("span", {}, line("video", "videos")), el("span.sk-small", {}, line("image", "images"))];
}

function made(now) {
  const errors = now.errors
    ? el(now.errors_today ? "span.sk-is-bad" : "span", { title: now.last_error || null }, plural(now.errors, "error"))
    : null;
  return [
    el("span", {}, `${plural(now.videos, "video")}, ${plural(now.images, "image")}`),
    el("span.sk-small", {}, el("span", { title: "Videos and images of today (UTC)" }, `today ${now.videos_today}, ${now.images_today}`), errors),
  ];
}

const CELLS = { who, state, plan: (now) => [now.plan_name ? el("span", {}, now.plan_name) : el("span.sk-muted", {}, "unknown"), now.plan_ends ? el("span.sk-small", {}, when(now.plan_ends, "ends ")) : null], quota, ends, slots, made };
export const HEADS = [
  ["who", "Account", "label"],
  ["state", "State, last change and why", ""],
  ["plan", "Plan", "plan"],
  ["quota", "Quota left", "quota"],
  ["ends", "Token ends", "expires"],
  ["slots", "In use", ""],
  ["made", "Made", "videos"],
];

/** accountRow(item, act, pick): `act(what, row)` and `pick(id, ticked, shift)` are the panel's. */
export function accountRow(item, act, pick) {
  let now = item;
  let told = "";
  const tick = el("input", { type: "checkbox", onclick: (event) => pick(now.id, tick.checked, event.shiftKey) });
  const cells = Object.fromEntries(HEADS.map(([name, words]) => [name, el(`td.sk-c-${name}`, { "data-head": words })]));
  const test = el("button.sk-button", { type: "button", onclick: () => act("test", now) }, "Test");
  const more = menu("⋯", { title: "More" }, () => [
    ["Edit", () => act("edit", now)],
    [now.enabled ? "Disable" : "Enable", () => act(now.enabled ? "disable" : "enable", now)],
    ["Renew token", now.renewable ? () => act("renew", now) : null],
    ["History", () => act("events", now)],
    ["Remove", () => act("remove", now)],
  ]);
  const edit = el("button.sk-button.sk-edit", { type: "button", onclick: () => act("edit", now) }, "Edit");
  const node = el("tr", { "data-id": item.id }, el("td.sk-c-pick", {}, tick), ...Object.values(cells), el("td.sk-c-acts", {}, el("div.sk-acts", {}, test, edit, more)));
  const put = (next) => {
    now = next;
    node.dataset.state = next.state;
    tick.setAttribute("aria-label", `Choose ${next.label}`);
    test.setAttribute("aria-label", `Test ${next.label}`);
    edit.setAttribute("aria-label", `Edit ${next.label}`);
    more.firstChild.setAttribute("aria-label", `More for ${next.label}`);
    const look = JSON.stringify(next);
    if (told === look) return; // a row that says the same is left alone
    told = look;
    for (const [name, draw] of Object.entries(CELLS)) cells[name].replaceChildren(...draw(next, (what) => act(what, now)).filter(Boolean));
  };
  put(item);
  return {
    node,
    put,
    get item() {
      return now;
    },
    ticked(on) {
      tick.checked = on;
      node.classList.toggle("sk-ticked", on);
    },
  };
}
