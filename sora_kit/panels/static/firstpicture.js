// The picture that a video begins with, or the clip that it changes: chosen, dropped, pasted, or by its link.
import { el, say } from "./dom.js";
import { sender } from "./sending.js";

/** firstPicture(model): `button`, `form` (hidden until asked for), `chips()` and `take(files)`. */
export function firstPicture(model) {
  const said = el("span.sk-faint", { role: "status" });
  const sent = sender(model, (share) => say(said, share === null ? "" : share < 1 ? `Sending ${Math.round(share * 100)} %` : "Looking at it…"));
  const take = (files) => {
    const file = [...(files ?? [])].find((one) => /^(image|video)\//.test(one.type));
    if (!file) return false;
    form.hidden = false;
    sent.send(file);
    return true;
  };
  const chooser = el("input", { type: "file", hidden: true, accept: "image/*,video/*", "aria-label": "Picture or clip to begin with" });
  chooser.addEventListener("change", () => {
    take(chooser.files);
    chooser.value = "";
  });
  const link = el("input", { type: "url", placeholder: "Link to a picture or clip", "aria-label": "Link to a picture or clip" });
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
    el("span.sk-faint.sk-wide", {}, "Or drop or paste it into the prompt. A video begins with the picture; a clip is changed by your words."),
  );
  const button = el(
    "button.sk-button",
    {
      type: "button",
      title: "A picture that the video begins with, or a clip to change",
      "aria-expanded": "false",
      onclick: () => {
        form.hidden = !form.hidden;
        button.setAttribute("aria-expanded", String(!form.hidden));
        if (!form.hidden) form.querySelector("button").focus();
      },
    },
    "+ Media",
  );
  const heard = (message) => message.refused && say(said, "");
  const changed = () => {
    say(said, "");
    link.value = "";
    form.hidden = true;
    button.setAttribute("aria-expanded", "false");
  };
  model.on("msg:custom", heard);
  model.on("change:picture change:clip", changed);
  const chip = (src, verb, what, away) =>
    el(
      "span.sk-chip",
      { role: "listitem" },
      verb,
      src.startsWith("data:") ? el("img.sk-thumb", { src, alt: `the ${what}` }) : el("b", {}, `your ${what}`),
      el("button.sk-link", { type: "button", "aria-label": `Take the ${what} away`, onclick: () => model.send({ do: away }) }, "×"),
    );
  const chips = () => [
    ...(model.get("picture") ? [chip(model.get("picture"), "begins with", "picture", "no_picture")] : []),
    ...(model.get("clip") ? [chip(model.get("clip"), model.get("clip_verb"), "clip", "no_clip")] : []),
  ];
  const stop = () => {
    sent.stop();
    model.off("msg:custom", heard);
    model.off("change:picture change:clip", changed);
  };
  return { button, form, chips, take, stop };
}
