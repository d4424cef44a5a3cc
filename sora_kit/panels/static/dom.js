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

/** A button that copies what `text()` gives: what is shown, as Python; `what` says of what. */
export function codeButton(text, what) {
  const button = el("button.sk-button", { type: "button", title: "Copy the same as Python", "aria-label": `As code: ${what}`, onclick: () => copy(text()).then(() => flash(button, "Copied")) }, "As code");
  return button;
}

const atRest = new WeakMap(); // button: what `flash` puts back

/** Let a button say something for `ms`, then show what it showed before. */
export function flash(button, text, ms = 1200, after = () => {}) {
  clearTimeout(button.flashing);
  if (!atRest.has(button)) atRest.set(button, [...button.childNodes]);
  button.replaceChildren(text);
  button.flashing = setTimeout(() => {
    button.replaceChildren(...atRest.get(button));
    after();
  }, ms);
}

/** A 14 px line drawing from an SVG path in a 16 x 16 box. */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" })) svg.setAttribute(key, value);
  for (const [key, value] of Object.entries({ d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.4, "stroke-linejoin": "round", "stroke-linecap": "round" })) line.setAttribute(key, value);
  svg.append(line);
  return svg;
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

/** A place for faults of the moment: the notice leaves after a while, or when it is closed. */
export function faults() {
  const place = el("div.sk-faults", { hidden: true });
  let timer = 0;
  const close = () => {
    place.hidden = true;
    place.replaceChildren();
  };
  place.tell = (error) => {
    clearTimeout(timer);
    const card = notice(error);
    card.append(el("button.sk-link", { type: "button", onclick: close }, "Close"));
    place.replaceChildren(card);
    place.hidden = false;
    timer = setTimeout(close, 15_000);
  };
  return place;
}

/** A notice card: what happened, why, what to do. */
export function notice(error, tone = "", role = "alert") {
  return el(
    `div.sk-notice${tone ? "." + tone : ""}`,
    { role },
    el("b", {}, error.what),
    [error.why, error.fix].filter(Boolean).join(". ").replace(/\.\./g, "."),
  );
}
