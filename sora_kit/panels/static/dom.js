// Small things that every panel needs. Text from users only ever goes through `textContent`
// (a string child below) or an attribute: no panel builds HTML from strings.

/** Make an element: el("button.sk-button", {onclick, title, "aria-label": "…"}, "text", child, …). */
export function el(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const node = document.createElement(tag || "div");
  node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "style") node.style.cssText = value;
    else if (value === true) node.setAttribute(key, "");
    else node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Set text only if it differs, so that a selection or a screen reader is not disturbed. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** "just now", "4 min ago", "yesterday", from Unix seconds. */
export function ago(then) {
  const s = Math.max(0, Date.now() / 1000 - then);
  if (s < 45) return "just now";
  if (s < 3600) return `${Math.max(1, Math.round(s / 60))} min ago`;
  if (s < 86400) return `${Math.round(s / 3600)} h ago`;
  if (s < 172800) return "yesterday";
  return `${Math.floor(s / 86400)} days ago`;
}

/** A <time> that says how long ago; `refreshTimes` keeps it true. The exact time shows on hover. */
export function time(then) {
  const date = new Date(then * 1000);
  return el("time", { datetime: date.toISOString(), title: date.toLocaleString(), "data-at": then }, ago(then));
}

export function refreshTimes(root) {
  for (const node of root.querySelectorAll("time[data-at]")) say(node, ago(Number(node.dataset.at)));
}

/** Copy text. The clipboard API exists on https and localhost only, hence the older way behind it. */
export async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      return await navigator.clipboard.writeText(text);
    } catch {
      // refused by the page's permissions: the older way may still be allowed
    }
  }
  const area = el("textarea", { style: "position:fixed;opacity:0", "aria-hidden": "true" });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** Copy, and let the button say so for a moment. */
export async function copyFrom(button, text) {
  await copy(text);
  const before = button.dataset.label ?? (button.dataset.label = button.textContent);
  say(button, "Copied");
  setTimeout(() => say(button, before), 1200);
}

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** An address on this computer, seen from another one that reads the page: same port, the page's host. */
export function reachable(address) {
  if (!address) return address;
  const url = new URL(address, location.href);
  if (LOOPBACK.has(url.hostname) && !LOOPBACK.has(location.hostname) && location.hostname) url.hostname = location.hostname;
  return url.href;
}

/** Run `fn` when calls have stopped for `ms`; `.flush()` runs a waiting call now. */
export function settle(fn, ms) {
  let timer = 0;
  const run = () => {
    timer = 0;
    fn();
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(run, ms);
  };
  later.flush = () => {
    if (!timer) return;
    clearTimeout(timer);
    run();
  };
  later.waiting = () => timer !== 0;
  return later;
}

/** A notice card: what happened, why, what to do. */
export function notice(error, tone = "") {
  return el(
    `div.sk-notice${tone ? "." + tone : ""}`,
    { role: "alert" },
    el("b", {}, error.what),
    [error.why, error.fix].filter(Boolean).join(". ").replace(/\.\./g, "."),
  );
}
