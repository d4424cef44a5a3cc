// The server: what runs where, start and stop, keys, and snippets with the address as the page can write it.
import { el, say, flash, reachable, time, codeButton } from "./dom.js";
import { choices } from "./asking.js";
import { copyButton, looking, outcome, shownOnce, sureButton } from "./operating.js";

const LIMITS = [
  ["scopes", "May make", "images videos read"],
  ["models", "Models", "all, or sora2-*-10s"],
  ["per_minute", "Requests a minute", "no limit"],
  ["at_once", "Jobs at once", "no limit"],
  ["budget", "US dollars a day", "no limit"],
  ["expires", "Until", "2027-01-31, 30d"],
];

/** The address without a slash at its end; a path on this page's own server gets its origin. */
function base(address) {
  const whole = address.open ? reachable(address.url) : new URL(address.url, location.href).href;
  return whole.replace(/\/+$/, "");
}

function state(model) {
  const head = el("div.sk-row");
  const address = el("div.sk-row.sk-address");
  const others = el("ul.sk-others");
  const form = el("form.sk-form");
  const why = el("p.sk-faint");
  const { said, fault, tell } = outcome(model);
  const port = el("input.sk-input.sk-port", { type: "text", inputmode: "numeric", maxlength: 5, "aria-label": "Port", value: String(model.get("port")) });
  let host = "127.0.0.1";
  const start = el("button.sk-button.sk-primary", { type: "submit" }, "Start server");
  const stop = el("button.sk-button", { type: "button", onclick: () => press(stop, "Stopping…", { do: "stop" }) }, "Stop server");
  const press = (button, text, message) => {
    button.disabled = true;
    flash(button, text, 1500, () => { button.disabled = false; });
    model.send(message);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(start, "Starting…", { do: "start", port: port.value, host });
  });
  let drawn = "";
  const draw = () => {
    const facts = model.get("facts");
    if (JSON.stringify(facts) === drawn) return;
    drawn = JSON.stringify(facts);
    const { mine, others: elsewhere, address: where, opens, password } = facts;
    const runs = Boolean(mine || elsewhere.length);
    const word = mine ? "Running here" : runs ? "Running in another program" : "Not running";
    head.replaceChildren(
      el("span.sk-title", {}, "API server"),
      el("span.sk-state", { role: "status" }, el(`span.sk-dot${runs ? "" : ".sk-off"}`, { "aria-hidden": "true" }), word),
    );
    const url = `${base(where)}/v1`;
    address.replaceChildren(el("code.sk-url", {}, url), copyButton(() => url, "Copy the address"));
    address.hidden = !runs;
    others.replaceChildren(
      ...elsewhere.map((one) => el("li", {}, `${one.url}/v1 is served by ${one.who}, which alone can stop it.`)),
    );
    others.hidden = !elsewhere.length;
    const focused = form.contains(document.activeElement) && document.activeElement;
    form.replaceChildren(
      ...(mine
        ? [stop]
        : [
            el("label.sk-field-of", {}, el("span.sk-label", {}, "Port"), port),
            el("div.sk-field-of", {}, el("span.sk-label", {}, "Who can reach it"), choices(
              "Who can reach it",
              [["127.0.0.1", "This computer"], ["0.0.0.0", "All networks", opens ? "" : `${password} is not set`]],
              host,
              (value) => { host = value; },
            )),
            start,
            codeButton(() => model.get("code"), "this server"),
          ]),
    );
    if (focused && focused.isConnected) focused.focus();
    start.classList.toggle("sk-primary", !runs);
    say(
      why,
      mine
        ? mine.open
          ? "Every network of this computer reaches it. It ends when this notebook or page ends."
          : "Only this computer reaches it. It ends when this notebook or page ends; jobs go on."
        : opens
          ? "With All networks, other computers reach it too. They need a key, and /admin needs the password."
          : `Other computers cannot reach it: ${password} is not set. Set it where this program starts to allow that.`,
    );
  };
  const node = el("section.sk-card", { "aria-label": "API server" }, head, address, others, form, why, fault, said);
  return { node, draw, tell };
}

function keys(model) {
  const list = el("div.sk-keys");
  const name = el("input.sk-input", { type: "text", maxlength: 80, placeholder: "Who uses it", "aria-label": "Name of the new key" });
  const fresh = shownOnce(name);
  const fields = Object.fromEntries(LIMITS.map(([id, label, example]) => [
    id, el("input.sk-input", { type: "text", maxlength: 400, placeholder: example, "aria-label": label }),
  ]));
  const limits = el("div.sk-limits-of", { hidden: true }, ...LIMITS.map(
    ([id, label]) => el("label.sk-field-of", {}, el("span.sk-label", {}, label), fields[id]),
  ));
  const open = (wide) => {
    limits.hidden = !wide;
    more.setAttribute("aria-expanded", String(wide));
  };
  const more = el("button.sk-button", { type: "button", "aria-expanded": "false", onclick: () => open(limits.hidden) }, "Limits");
  const send = el("button.sk-button", { type: "submit" }, "Create key");
  const leave = el("button.sk-button", { type: "button", hidden: true, onclick: () => fill(null) }, "Cancel");
  const form = el("form.sk-form", {}, name, more, send, leave, limits);
  let edited = null; // the key whose fields are in the form
  const typed = () => Object.fromEntries(LIMITS.map(([id]) => [id, fields[id].value.trim()]));
  const fill = (key) => {
    edited = key;
    name.value = key ? key.name : "";
    for (const [id] of LIMITS) fields[id].value = key ? key.fields[id] : "";
    send.textContent = key ? "Save changes" : "Create key";
    leave.hidden = !key;
    name.setAttribute("aria-label", key ? `Name of ${key.name}` : "Name of the new key");
    open(Boolean(key));
    if (key) name.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (edited) {
      // what was not touched is not sent: a time that is shown to the minute stays as exact as it is
      const now = typed();
      const changes = Object.fromEntries(Object.entries(now).filter(([id, value]) => value !== edited.fields[id]));
      if (name.value !== edited.name) changes.name = name.value;
      model.send({ do: "edit", id: edited.id, changes });
    } else model.send({ do: "create", name: name.value, limits: Object.fromEntries(Object.entries(typed()).filter(([, value]) => value)) });
  });
  const show = ({ name: whose, secret }) => {
    fresh.show(`The key ${whose}`, secret, "Copy the key");
    fill(null);
  };
  const revoke = (key) => sureButton("Revoke", `Revoke ${key.name}`, () => model.send({ do: "revoke", id: key.id }));
  const deeds = (key) => [
    el("button.sk-button.sk-small", { type: "button", "aria-label": `Edit ${key.name}`, onclick: () => fill(key) }, "Edit"),
    el("button.sk-button.sk-small", {
      type: "button",
      "aria-label": `Switch ${key.name} ${key.enabled ? "off" : "on"}`,
      onclick: () => model.send({ do: "edit", id: key.id, changes: { enabled: !key.enabled } }),
    }, key.enabled ? "Off" : "On"),
    revoke(key),
  ];
  const row = (key) => {
    const fixed = !key.id;
    const told = key.revoked ? ["revoked ", time(key.revoked)] : fixed ? ["SORA_KIT_API_KEY"] : key.used ? ["used ", time(key.used)] : ["never used"];
    return el(
      `div.sk-key${key.revoked ? ".sk-gone" : ""}`,
      { role: "listitem" },
      el("b", {}, key.name),
      fixed ? el("span") : el("code", {}, `…${key.hint}`),
      el("span.sk-muted", {}, ...told),
      key.revoked || fixed ? el("span") : el("span.sk-deeds", {}, ...deeds(key)),
      key.limits ? el("span.sk-faint.sk-limits", {}, key.limits) : "",
    );
  };
  let drawn = "";
  const draw = () => {
    const all = model.get("api_keys");
    if (JSON.stringify(all) === drawn) return;
    drawn = JSON.stringify(all);
    const living = all.filter((key) => !key.revoked).reverse();
    const gone = all.filter((key) => key.revoked).reverse();
    list.replaceChildren(
      all.length ? el("div", { role: "list", "aria-label": "API keys" }, ...living.map(row)) : el("p.sk-muted", {}, "No keys yet. The first start makes one."),
      gone.length ? el("details", {}, el("summary.sk-label", {}, `Revoked (${gone.length})`), el("div", { role: "list", "aria-label": "Revoked keys" }, ...gone.map(row))) : "",
    );
  };
  const node = el("section.sk-card", { "aria-label": "Keys" }, el("div.sk-row", {}, el("span.sk-title", {}, "Keys")), fresh.node, list, form);
  return { node, draw, show, saved: () => fill(null) };
}

function calls(model) {
  let chosen = "curl";
  const code = el("pre.sk-code", { tabindex: 0 });
  const note = el("p.sk-faint");
  const button = copyButton(() => code.textContent, "Copy the code");
  const draw = () => {
    const { address, key, token } = model.get("facts");
    const one = model.get("snippets").find(({ id }) => id === chosen);
    say(code, one.code.replaceAll("{base}", base(address)));
    const parts = [`${key} stands for one of the keys.`];
    if (address.proxied) parts.push(`The way leads through Jupyter, which wants its own token in ${token}.`);
    if (!address.reached) parts.push("Programs on the kernel's machine reach this address; your own computer may not.");
    say(note, parts.join(" "));
  };
  const pick = choices("Language", model.get("snippets").map(({ id, label }) => [id, label]), chosen, (id) => {
    chosen = id;
    draw();
  });
  const node = el(
    "section.sk-card.sk-calls",
    { "aria-label": "Call it" },
    el("div.sk-row", {}, el("span.sk-title", {}, "Call it"), pick),
    el("div.sk-code-box", {}, code, button),
    note,
  );
  return { node, draw };
}

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-serving");
  const parts = { state: state(model), keys: keys(model), calls: calls(model) };
  root.append(el("div.sk-column", {}, parts.state.node, parts.keys.node), parts.calls.node);
  const hear = (message) => {
    if (message.secret) parts.keys.show(message.secret);
    if (message.edited) parts.keys.saved();
  };
  const draw = () => {
    parts.state.draw();
    parts.keys.draw();
    parts.calls.draw();
  };
  model.on("msg:custom", hear);
  model.on("change:facts change:api_keys change:snippets", draw);
  model.on("change:status", parts.state.tell);
  draw();
  parts.state.tell();
  const rest = looking(model, root);
  return () => {
    rest();
    model.off("msg:custom", hear);
    model.off("change:facts change:api_keys change:snippets", draw);
    model.off("change:status", parts.state.tell);
  };
}

export default { render };
