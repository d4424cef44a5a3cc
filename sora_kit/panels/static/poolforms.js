// The dialogs of the accounts panel: add and edit, import, export, remove, proxy, history.
//
// Secrets are write-only: a field says whether one is set and how it looks masked, and is empty. What is
// typed goes to the kernel as a message, is never kept by the page, and never comes back.
import { el, time } from "./dom.js";
import { textOf } from "./files.js";

const TOKENS = [
  ["session_token", "Session token"],
  ["refresh_token", "Refresh token"],
  ["access_token", "Access token"],
  ["api_key", "API key"],
];
const MOST_IMPORT = 20_000_000; // bytes

let lastLabel = 0;
function labelled(words, input, hint = null) {
  input.id = `sk-pool-${(lastLabel += 1)}`;
  const line = el("div.sk-form-line", {}, el("label.sk-label", { for: input.id }, words), input, hint);
  line.input = input;
  return line;
}

const typed = (props = {}) => el("input", { type: "text", autocomplete: "off", spellcheck: "false", ...props });

/** A field for a secret: what is set, a place for a new one, and Clear. */
function secret(words, masked, props = {}) {
  const input = typed({ type: "password", autocomplete: "new-password", placeholder: masked ? "leave empty to keep it" : "not set", ...props });
  const clear = masked ? el("input", { type: "checkbox" }) : null;
  const line = labelled(
    words,
    input,
    masked ? el("span.sk-held.sk-faint", {}, el("code", {}, `set ${masked}`), el("label", {}, clear, " clear")) : null,
  );
  /** The value to send, or undefined to leave it. */
  line.read = () => (input.value.trim() ? input.value : clear?.checked ? "" : undefined);
  return line;
}

/** The form of one account; `now` is its row, or null for a new one. `form.read()` gives what changed. */
export function accountForm(now, backends) {
  const backend = el("select", {}, ...backends.map((name) => el("option", { value: name }, name)));
  const plain = {
    label: [typed({ value: now?.label ?? "", "data-first": true }), "Name"],
    remark: [typed({ value: now?.remark ?? "" }), "Remark"],
    email: [typed({ value: now?.email ?? "", type: "email", placeholder: "read from the token if empty" }), "E-mail"],
    client_id: [typed({ value: now?.client_id ?? "", placeholder: "that the refresh token was made for" }), "Client id"],
    redirect_uri: [typed({ value: now?.redirect_uri ?? "" }), "Redirect URI"],
    device_id: [typed({ value: now?.device_id ?? "" }), "Device id"],
  };
  const line = (name) => labelled(plain[name][1], plain[name][0]);
  const secrets = Object.fromEntries(TOKENS.map(([name, words]) => [name, secret(words, now?.held[name])]));
  secrets.proxy = secret("Proxy", now?.proxy, { placeholder: now?.proxy ? "leave empty to keep it" : "not set: the global one. Or socks5://127.0.0.1:1080" });
  const headers = el("textarea", { rows: 2, spellcheck: "false", autocomplete: "off", placeholder: "Name: value" });
  const clearHeaders = now?.headers.length ? el("input", { type: "checkbox" }) : null;
  const numbers = {};
  const boxes = {};
  const limit = (kind, words, cap) => {
    boxes[`${kind}_enabled`] = el("input", { type: "checkbox", checked: now?.[`${kind}_enabled`] ?? true });
    numbers[`${kind}_cap`] = el("input", { type: "number", min: "-1", max: "1000", value: String(now?.[`${kind}_cap`] ?? cap), "aria-label": `${words} at the same time` });
    return el("div.sk-limit", {}, el("label", {}, boxes[`${kind}_enabled`], ` ${words}`), numbers[`${kind}_cap`], el("span.sk-faint", {}, "at once, -1 for no limit"));
  };
  const test = el("input", { type: "checkbox", checked: true });
  const body = el(
    "div.sk-form",
    {},
    now || backends.length < 2 ? null : labelled("Backend", backend),
    line("label"),
    ...TOKENS.map(([name]) => secrets[name]),
    line("client_id"),
    secrets.proxy,
    line("remark"),
    limit("video", "Videos", 3),
    limit("image", "Images", 1),
    el(
      "details",
      {},
      el("summary", {}, "More"),
      line("email"),
      line("redirect_uri"),
      line("device_id"),
      labelled(
        "Extra headers for writes",
        headers,
        el("span.sk-held.sk-faint", {}, now?.headers.length ? `set: ${now.headers.join(", ")}` : "not set", clearHeaders ? el("label", {}, clearHeaders, " clear") : null),
      ),
    ),
    now ? null : el("label.sk-check", {}, test, " Test it right away"),
  );
  return {
    body,
    backend: () => backend.value || backends[0],
    test: () => test.checked,
    read() {
      const fields = {};
      for (const [name, [input]] of Object.entries(plain)) if (input.value.trim() !== (now?.[name] ?? "")) fields[name] = input.value;
      for (const [name, field] of Object.entries(secrets)) if (field.read() !== undefined) fields[name] = field.read();
      for (const [name, box] of Object.entries(boxes)) if (box.checked !== (now?.[name] ?? true)) fields[name] = box.checked;
      for (const [name, input] of Object.entries(numbers)) if (!now || Number(input.value) !== now[name]) fields[name] = input.value === "" ? null : Number(input.value);
      if (headers.value.trim()) fields.write_headers = headers.value;
      else if (clearHeaders?.checked) fields.write_headers = "";
      return fields;
    },
  };
}

/** Paste or choose a file; `form.read()` gives {text, mode, backend}. */
export function importForm(backends, fault) {
  const text = el("textarea.sk-paste", { rows: 8, spellcheck: "false", autocomplete: "off", "data-first": true, "aria-label": "What to import", placeholder: '[{"email": …, "session_token": …}]\nor one token a line' });
  const file = el("input", { type: "file", hidden: true, accept: ".json,.txt,.csv,.list", "aria-label": "A file to import" });
  const name = el("span.sk-faint");
  let content = "";
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    if (chosen.size > MOST_IMPORT) return fault({ what: `${chosen.name} is too large`, why: "At most 20 MB are read", fix: "Import a part of it" });
    content = await textOf(chosen);
    name.textContent = `${chosen.name}, ${chosen.size.toLocaleString("en")} bytes`;
    text.value = "";
  });
  const mode = el(
    "select",
    {},
    ...[["", "Tell by its form"], ["at", "Access tokens (AT)"], ["st", "Session tokens (ST)"], ["rt", "Refresh tokens (RT)"], ["offline", "As it stands"]].map(([value, words]) => el("option", { value }, words)),
  );
  const backend = el("select", {}, ...backends.map((one) => el("option", { value: one }, one)));
  return {
    body: el(
      "div.sk-form",
      {},
      el("p.sk-muted", {}, "A JSON list as other gateways write it, or one token a line. Accounts that are there already are updated; a bad row stops nothing."),
      text,
      el("div.sk-row", {}, el("button.sk-button", { type: "button", onclick: () => file.click() }, "Choose a file"), name, file),
      labelled("Rows are", mode),
      backends.length < 2 ? null : labelled("Backend", backend),
    ),
    read: () => ({ text: text.value.trim() ? text.value : content, mode: mode.value, backend: backend.value || backends[0] }),
  };
}

/** One field for a proxy. */
export function proxyForm(words, now) {
  const field = secret("Address", now, { "data-first": true, placeholder: "socks5://127.0.0.1:1080" });
  return { body: el("div.sk-form", {}, el("p.sk-muted", {}, words), field), read: () => field.input.value.trim() };
}

/** The second question before tokens are written out. */
export function secretsForm(count, place) {
  const word = typed({ "data-first": true });
  return {
    body: el(
      "div.sk-form",
      {},
      el("p", {}, `The file will hold the tokens of ${count.toLocaleString("en")} account${count === 1 ? "" : "s"} in clear. Whoever has it can use them.`),
      el("p.sk-muted", {}, "It is written on the computer that runs this page, for its owner's eyes only, into ", el("code", {}, place), ". It does not pass through the browser."),
      labelled("Type “tokens” to go on", word),
    ),
    sure: () => word.value.trim().toLowerCase().replace(/[^a-z]/g, "") === "tokens",
  };
}

/** The question before accounts are removed. */
export function removeForm(count, names) {
  const word = typed({ "data-first": true });
  const many = count > 20;
  return {
    body: el(
      "div.sk-form",
      {},
      el("p", {}, `${count.toLocaleString("en")} account${count === 1 ? "" : "s"} and ${count === 1 ? "its" : "their"} tokens will be forgotten. This cannot be taken back.`),
      names.length ? el("ul.sk-names", {}, ...names.slice(0, 8).map((name) => el("li", {}, name)), count > Math.min(8, names.length) ? el("li.sk-muted", {}, `and ${(count - Math.min(8, names.length)).toLocaleString("en")} more`) : null) : null,
      many ? labelled("Type “remove” to go on", word) : null,
    ),
    sure: () => !many || word.value.trim().toLowerCase().replace(/[^a-z]/g, "") === "remove",
  };
}

/** What happened, newest first. */
export function historyTable(rows, all) {
  if (!rows.length) return el("p.sk-muted", {}, "Nothing happened yet.");
  return el(
    "table.sk-events",
    {},
    el("thead", {}, el("tr", {}, ...["When", ...(all ? ["Account"] : []), "What", "Why"].map((head) => el("th", { scope: "col" }, head)))),
    el(
      "tbody",
      {},
      ...rows.map((row) => el("tr", {}, el("td.sk-muted", {}, time(row.time)), all ? el("td", {}, row.account) : null, el("td", {}, row.what), el("td.sk-muted", {}, row.cause))),
    ),
  );
}
