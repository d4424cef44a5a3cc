// The order: model as three questions, one sentence about price and time, the plan, and Generate.
// The kernel says for every answer which model it leads to, or why it cannot be chosen.
import { el, say, copy, flash, notice } from "./dom.js";

/** Who can make it, as one more question; one alone is none. */
function makersOf(model) {
  const options = model.get("backends");
  if (options.length < 2) return [];
  const answer = (name) => {
    model.set("backend", name);
    model.save_changes();
  };
  return [
    el(
      "div.sk-segments.sk-makers",
      { role: "group", "aria-label": "Made by" },
      ...options.map(({ name, title }) =>
        el("button", { type: "button", "aria-pressed": String(name === model.get("backend")), onclick: () => answer(name) }, el("span", {}, title)),
      ),
    ),
  ];
}

function segments(model) {
  const groups = model.get("segments").map((group) =>
    el(
      "div.sk-segments",
      { role: "group", "aria-label": group.label },
      ...group.options.map((option) =>
        el(
          "button",
          {
            type: "button",
            "aria-pressed": String(option.on),
            "aria-disabled": option.why ? "true" : null,
            "data-why": option.why || null,
            "aria-label": option.why ? `${option.label}: ${option.why}` : null,
            onclick: () => {
              if (option.why || option.on) return;
              model.set("model", option.model);
              model.save_changes();
            },
          },
          option.icon ? el(`i.sk-${option.icon}`, { "aria-hidden": "true" }) : null,
          el("span", {}, option.label),
        ),
      ),
    ),
  );
  return [...groups, ...makersOf(model)];
}

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-order");
  const choices = el("div.sk-choices");
  const lead = el("b");
  const rest = el("span");
  const steps = el("ol.sk-steps", { hidden: true });
  const remains = el("span.sk-remains");
  const see = el("button.sk-link", { type: "button", "aria-expanded": "false", onclick: () => toggle(steps.hidden) }, "See plan");
  const toggle = (open) => {
    steps.hidden = !open;
    see.setAttribute("aria-expanded", String(open));
    say(see, open ? "Hide plan" : "See plan");
  };
  const go = el(
    "button.sk-button.sk-primary.sk-generate",
    { type: "button", onclick: () => model.send({ do: "generate", key: crypto.randomUUID?.() ?? String(Math.random()) }) },
    "Generate",
  );
  const code = el("button.sk-button.sk-copy", { type: "button", onclick: () => copy(model.get("reading").code ?? "").then(() => flash(code, "Copied")) }, "Copy as code");
  const said = el("div.sk-said", { role: "status" });
  const fault = el("div.sk-fault");

  const ask = () => {
    // Keep the focus on the answer that was just pressed: the buttons are made anew.
    const at = [...choices.querySelectorAll("button")].indexOf(document.activeElement);
    choices.replaceChildren(...segments(model));
    if (at >= 0) choices.querySelectorAll("button")[at]?.focus();
  };
  const read = () => {
    const { estimate = {}, plan = [], error, code: text } = model.get("reading");
    say(lead, estimate.lead ?? "");
    say(rest, ` ${estimate.rest ?? ""} `);
    say(remains, estimate.left ? `${estimate.left} ` : "");
    see.hidden = !plan.length;
    if (!plan.length) toggle(false);
    steps.replaceChildren(
      ...plan.map((step) => el("li", {}, el("span", {}, step.text), step.note ? el("span.sk-faint", {}, step.note) : null)),
    );
    go.disabled = Boolean(error) || !text;
    code.disabled = !text;
  };
  const status = () => {
    const { said: words = "", error = null } = model.get("status");
    say(said, words);
    said.hidden = !words;
    fault.replaceChildren(...(error ? [notice(error)] : []));
    fault.hidden = !error;
  };

  const seed = el("input", { type: "number", min: 0, max: 2147483647, step: 1, placeholder: "random", "aria-label": "Seed" });
  const plant = () => {
    const value = seed.value === "" ? null : Math.trunc(Number(seed.value));
    if (value !== null && !(value >= 0 && value <= 2147483647)) return;
    model.set("seed", value);
    model.save_changes();
  };
  seed.addEventListener("change", plant);
  seed.addEventListener("keydown", (event) => event.stopPropagation());
  const planted = () => {
    const value = model.get("seed");
    if (document.activeElement !== seed) seed.value = value === null ? "" : String(value);
  };
  root.append(
    el("div.sk-row", {}, el("span.sk-label", {}, "Model")),
    el("div.sk-choices-and-seed", {}, choices, el("label.sk-seed", { title: "The same seed gives the same picture, where the backend can" }, el("span.sk-label", {}, "Seed"), seed)),
    el("p.sk-estimate", {}, lead, rest, remains, see),
    steps,
    fault,
    el("div.sk-go", {}, go, code),
    said,
  );
  model.on("change:segments change:backends change:backend", ask);
  model.on("change:seed", planted);
  planted();
  model.send({ do: "hello" });
  model.on("change:reading", read);
  model.on("change:status", status);
  ask();
  read();
  status();
}

export default { render };
