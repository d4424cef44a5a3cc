// The picture that a video begins with: chosen, dropped, pasted, or by its link.
import { el, say } from "./dom.js";
import { sender } from "./sending.js";

/** firstPicture(model): `button`, `form` (hidden until asked for), `chip()` and `take(files)`. */
export function firstPicture(model) {
  const said = el("span.sk-faint", { role: "status" });
  const sent = sender(model, (share) => say(said, share === null ? "" : share < 1 ? `Sending ${Math.round(share * 100)} %` : "Looking at it…"));
  const take = (files) => {
    const file = [...(files ?? [])].find((one) => one.type.startsWith("image/"));
    if (!file) return false;
    form.hidden = false;
    sent.send(file);
    return true;
  };
  const chooser = el("input", { type: "file", hidden: true, accept: "image/*", "aria-label": "Picture to begin with" });
  chooser.addEventListener("change", () => {
    take(chooser.files);
    chooser.value = "";
  });
  const link = el("input", { type: "url", placeholder: "Link to a picture", "aria-label": "Link to a picture" });
  const use = () => {
    if (!link.value.trim()) return;
    say(said, "Looking at it…");
    model.send({ do: "picture", url: link.value });
  };
  link.addEventListener("keydown", (event) => {
    if (event.key === "Enter") use();
    event.stopPropagation();
  });
  const form = el(
    "div.sk-picture-form",
    { hidden: true },
    el("button.sk-button", { type: "button", onclick: () => chooser.click() }, "Choose a file"),
    link,
    el("button.sk-button", { type: "button", onclick: use }, "Use link"),
    chooser,
    said,
    el("span.sk-faint.sk-wide", {}, "Or drop or paste a picture into the prompt."),
  );
  const button = el(
    "button.sk-button",
    {
      type: "button",
      title: "A picture that the video begins with",
      "aria-expanded": "false",
      onclick: () => {
        form.hidden = !form.hidden;
        button.setAttribute("aria-expanded", String(!form.hidden));
        if (!form.hidden) form.querySelector("button").focus();
      },
    },
    "+ Image",
  );
  const heard = (message) => message.refused && say(said, "");
  const changed = () => {
    say(said, "");
    link.value = "";
    form.hidden = true;
    button.setAttribute("aria-expanded", "false");
  };
  model.on("msg:custom", heard);
  model.on("change:picture", changed);
  const chip = () =>
    model.get("picture") &&
    el(
      "span.sk-chip",
      { role: "listitem" },
      "begins with",
      el("img.sk-thumb", { src: model.get("picture"), alt: "the picture" }),
      el("button.sk-link", { type: "button", "aria-label": "Take the picture away", onclick: () => model.send({ do: "no_picture" }) }, "×"),
    );
  return { button, form, chip, take, stop: sent.stop };
}
