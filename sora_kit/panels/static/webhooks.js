// Webhooks: who is told when a video has ended, and how the last message went.
import { el, flash, time, codeButton } from "./dom.js";
import { looking, outcome, shownOnce, sureButton } from "./operating.js";

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-hooks");
  const list = el("div.sk-keys");
  const { said, fault, tell } = outcome(model);
  const url = el("input.sk-input.sk-hook-url", { type: "url", maxlength: 2000, placeholder: "Where messages are posted", "aria-label": "Address of the new webhook" });
  const fresh = shownOnce(url);
  const boxes = model.get("events").map(([name, usual]) => {
    const box = el("input", { type: "checkbox", value: name, checked: usual });
    return { box, node: el("label.sk-event", {}, box, name) };
  });
  const form = el("form.sk-form", {}, url, el("button.sk-button", { type: "submit" }, "Add webhook"), el("div.sk-events", { role: "group", "aria-label": "What to tell" }, ...boxes.map(({ node }) => node)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    model.send({ do: "add", url: url.value.trim(), events: boxes.filter(({ box }) => box.checked).map(({ box }) => box.value) });
  });
  const show = ({ url: whose, secret }) => {
    fresh.show(`The secret of ${whose}`, secret, "Copy the secret");
    url.value = "";
  };
  const remove = (hook) => sureButton("Remove", `Remove ${hook.url}`, () => model.send({ do: "remove", id: hook.id }));
  const attempt = (hook) => {
    const button = el("button.sk-button.sk-small", { type: "button", "aria-label": `Send a test to ${hook.url}`, onclick: () => {
      flash(button, "Sending…");
      model.send({ do: "try", id: hook.id });
    } }, "Test");
    return button;
  };
  const row = (hook) => {
    const { last } = hook;
    const state = hook.enabled ? "on" : `off${hook.cause ? `: ${hook.cause}` : ""}`;
    const news = last ? [`${last.event} ${last.word} `, time(last.time), last.error ? `: ${last.error}` : ""] : ["nothing told yet"];
    return el(
      `div.sk-hook${hook.enabled ? "" : ".sk-gone"}`,
      { role: "listitem" },
      el("b", { title: hook.url }, hook.name ? `${hook.name}: ${hook.url}` : hook.url),
      el("span.sk-deeds", {}, attempt(hook), el("button.sk-button.sk-small", {
        type: "button",
        "aria-label": `Switch ${hook.url} ${hook.enabled ? "off" : "on"}`,
        onclick: () => model.send({ do: "switch", id: hook.id, enabled: !hook.enabled }),
      }, hook.enabled ? "Off" : "On"), remove(hook)),
      el("span.sk-muted", {}, el(`span.sk-dot${hook.enabled && (last?.good ?? true) ? "" : ".sk-off"}`, { "aria-hidden": "true" }), `${state} · ${hook.events.join(", ")}`),
      el("span.sk-muted.sk-last", {}, ...news),
    );
  };
  let drawn = new Map(); // id: what a row shows, and the row, which stays while that does not change
  const draw = () => {
    const all = model.get("hooks");
    drawn = new Map(all.map((hook) => {
      const shown = JSON.stringify(hook);
      const known = drawn.get(hook.id);
      return [hook.id, known?.shown === shown ? known : { shown, node: row(hook) }];
    }));
    list.replaceChildren(
      all.length
        ? el("div", { role: "list", "aria-label": "Webhooks" }, ...[...drawn.values()].map(({ node }) => node))
        : el("p.sk-muted", {}, "No webhooks. An address of yours can be told when a video has ended."),
    );
  };
  root.append(el("section.sk-card", { "aria-label": "Webhooks" }, el("div.sk-row", {}, el("span.sk-title", {}, "Webhooks"), codeButton(() => model.get("code"), "the webhooks")), fresh.node, list, form, fault, said));
  const hear = (message) => message.secret && show(message.secret);
  model.on("msg:custom", hear);
  model.on("change:hooks", draw);
  model.on("change:status", tell);
  draw();
  tell();
  const rest = looking(model, root);
  return () => {
    rest();
    model.off("msg:custom", hear);
    model.off("change:hooks", draw);
    model.off("change:status", tell);
  };
}

export default { render };
