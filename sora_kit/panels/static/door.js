// The way into the operator's page: one field. What is typed goes to the kernel as a message and is
// forgotten here; a password manager may keep it, as for any sign-in.
import { el, notice } from "./dom.js";

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-door");
  const field = el("input", { type: "password", name: "password", autocomplete: "current-password", "aria-label": "Admin password", placeholder: "Admin password" });
  const button = el("button.sk-button.sk-primary", { type: "submit" }, "Open");
  const place = el("div", { "aria-live": "polite" });
  const form = el(
    "form.sk-card",
    {
      onsubmit: (event) => {
        event.preventDefault();
        if (!field.value || button.disabled) return;
        button.disabled = true;
        model.send({ do: "open", password: field.value });
        field.value = "";
      },
    },
    el("h1.sk-name", {}, "sora", el("em", {}, "_"), "kit"),
    el("p.sk-muted", {}, "The operator's page of ", el("b", {}, model.get("workspace"))),
    field,
    button,
    place,
  );
  root.append(form);
  root.addEventListener("keydown", (event) => event.stopPropagation());
  const tell = () => {
    const error = model.get("error");
    button.disabled = false;
    place.replaceChildren(...(error.what ? [notice(error)] : []));
    field.focus();
  };
  model.on("change:error", tell);
  tell();
  return () => model.off("change:error", tell);
}

export default { render };
