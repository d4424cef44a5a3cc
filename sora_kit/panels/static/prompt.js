// The words: a textarea over a backdrop that shows the same text with marks, and what was understood.
//
// The textarea's own letters are transparent; the backdrop below draws them, coloured. Both share font
// and wrapping, and the backdrop sets the height, up to twelve lines; beyond that the textarea scrolls and the backdrop
// follows it.
import { el, say, settle, notice } from "./dom.js";
import { menu } from "./menu.js";
import { remember } from "./memory.js";
import { improving } from "./improving.js";
import { firstPicture } from "./firstpicture.js";

// What a mark can stand on: a word in braces, a shot's length, a name, an id. The kernel decides what it
// means; here it only gets its colour before the kernel has answered.
const MARKS = /\{\s*\p{L}[\p{L}\w-]*\s*\}|\[\d+(?:\.\d+)?s\]|(?<![\w.+%@-])@[a-z0-9](?:[\w.-]*\w)?|\bgen_\w{4,}|\bs_[0-9a-f]{32}\b/giu;

/** A text for a chip: words longer than any real one are cut. */
const short = (text) => text.replace(/\S{41,}/gu, (word) => `${[...word].slice(0, 38).join("")}…`);

function drawMarks(backdrop, text, odd) {
  backdrop.replaceChildren();
  let end = 0;
  for (const match of text.matchAll(MARKS)) {
    backdrop.append(text.slice(end, match.index));
    const bad = odd.some((piece) => piece && match[0].includes(piece));
    backdrop.append(el(bad ? "mark.sk-odd" : "mark", {}, match[0]));
    end = match.index + match[0].length;
  }
  // A last line break takes no height in a block unless something follows it.
  backdrop.append(text.slice(end), "\u200b");
}

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-words");
  const count = el("span.sk-faint", { "aria-live": "off" });
  const backdrop = el("div.sk-backdrop", { "aria-hidden": "true" });
  const area = el("textarea", {
    "aria-label": "Prompt",
    placeholder: model.get("placeholder"),
    spellcheck: "true",
    rows: 3,
  });
  const chips = el("div.sk-chips.sk-understood", { "aria-label": "What was understood", role: "list" });
  const fault = el("div.sk-fault");
  const examples = el("div.sk-examples");

  const odd = () => (model.get("reading").notes ?? []).map((note) => note.text);
  const paint = () => {
    drawMarks(backdrop, area.value, odd());
    const limit = model.get("limit");
    say(count, `${[...area.value].length.toLocaleString("en")} / ${limit.toLocaleString("en")}`);
    backdrop.scrollTop = area.scrollTop;
    count.classList.toggle("sk-over", [...area.value].length > limit);
    examples.hidden = area.value.trim() !== "";
  };
  const send = settle(() => {
    model.set("text", area.value);
    model.save_changes();
  }, 150);
  area.addEventListener("input", () => {
    paint();
    send();
  });
  area.addEventListener("scroll", () => {
    backdrop.scrollTop = area.scrollTop;
  });
  area.addEventListener("blur", () => send.flush());
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      model.send({ do: "generate", text: area.value, key: crypto.randomUUID?.() ?? String(Math.random()) });
      event.preventDefault();
    }
    event.stopPropagation(); // the notebook's own shortcuts must not fire while typing
  });

  const chip = (item) =>
    el("span.sk-chip", { role: "listitem", title: short(item.value) === item.value ? null : item.value }, item.label, el("b", {}, short(item.value)));
  const warning = (note, index) =>
    el(
      "span.sk-chip.sk-warn",
      { role: "listitem", title: short(note.text) === note.text ? null : note.text },
      note.message.includes(note.text) ? null : el("b", {}, short(note.text), ": "),
      `${short(note.message)} `,
      note.suggestion
        ? el("button.sk-link", { type: "button", onclick: () => model.send({ do: "fix", index }) }, `Use ${short(note.suggestion)}`)
        : null,
    );
  const read = () => {
    const reading = model.get("reading");
    const from = model.get("origin");
    const origin = from.verb
      ? [
          el(
            "span.sk-chip",
            { role: "listitem" },
            from.verb,
            el("b", {}, from.words),
            el("button.sk-link", { type: "button", "aria-label": "Make a new video instead", onclick: () => model.send({ do: "detach" }) }, "×"),
          ),
        ]
      : [];
    chips.replaceChildren(...origin, ...picture.chips(), ...(reading.chips ?? []).map(chip), ...(reading.notes ?? []).map(warning));
    chips.hidden = !chips.children.length;
    fault.replaceChildren(...(reading.error ? [notice(reading.error, "", "status")] : []));
    fault.hidden = !reading.error;
    paint();
  };
  const take = () => {
    if (send.waiting() || area.value === model.get("text")) return; // the person is ahead of the kernel
    area.value = model.get("text");
    paint();
  };

  // -- what helps

  const better = improving(model, root, () => send.flush());
  const picture = firstPicture(model);
  const insert = (words) => {
    const [from, to] = [area.selectionStart, area.selectionEnd];
    const gap = from > 0 && !/\s$/.test(area.value.slice(0, from)) ? " " : "";
    area.setRangeText(`${gap}${words} `, from, to, "end");
    paint();
    send();
    send.flush();
    area.focus();
  };
  const cast = menu("@ Character", { title: "Mention a character" }, () => {
    const names = model.get("cast").map(({ name, label }) => [label === name ? `@${name}` : `@${name} · ${label}`, () => insert(`@${name}`)]);
    return names.length ? names : [["No characters yet", null]];
  });
  for (const event of ["pointerenter", "focusin"]) cast.addEventListener(event, () => model.send({ do: "cast" }));
  model.on("change:cast", () => cast.refresh());
  area.addEventListener("paste", (event) => picture.take(event.clipboardData?.files) && event.preventDefault());
  root.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    field.classList.add("sk-over-it");
  });
  root.addEventListener("dragleave", () => field.classList.remove("sk-over-it"));
  root.addEventListener("drop", (event) => {
    field.classList.remove("sk-over-it");
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    picture.take(event.dataTransfer.files);
  });
  const field = el("div.sk-field", {}, backdrop, area);

  for (const text of model.get("examples")) {
    examples.append(
      el("button.sk-link", { type: "button", onclick: () => { area.value = text; send(); send.flush(); paint(); area.focus(); } }, text),
    );
  }
  root.append(
    el("div.sk-row", {}, el("span.sk-label", {}, "Prompt"), count),
    field,
    el("div.sk-try", {}, examples),
    chips,
    el("div.sk-aids", {}, better.button, picture.button, cast, better.back),
    picture.form,
    fault,
  );
  area.value = model.get("text");
  model.on("change:text", take);
  model.on("change:reading change:origin change:picture change:clip change:clip_verb", read);
  model.on("change:placeholder", () => area.setAttribute("placeholder", model.get("placeholder")));
  read();
  model.send({ do: "cast" });
  const forget = remember(model);
  return () => {
    forget();
    picture.stop();
  };
}

export default { render };
