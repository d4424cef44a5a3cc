// The rows: one per shot, with its picture, words, length and what can be done with it.
//
// Rows are kept by place and filled with whatever shot stands there, so a field that is being typed in
// is never taken away; words that the person has typed and the kernel has not answered yet stay.
import { el, say, settle } from "./dom.js";
import { menu } from "./menu.js";
import { hang, lasting } from "./strip.js";

const SHOT_MARK = /\[\s*-?\d+(?:\.\d+)?\s*s\s*\]/;

/** A textarea as high as its text, that tells `send(text)` when typing pauses, and at the end. */
export function field(props, send) {
  const area = el("textarea", { rows: 1, spellcheck: "true", ...props });
  let known = ""; // what the kernel has, as far as this field was told
  const grow = () => {
    area.style.height = "auto";
    if (area.scrollHeight) area.style.height = `${area.scrollHeight + 2}px`;
  };
  const tell = () => {
    if (area.value === known || (!area.value.trim() && !props.optional)) return;
    known = area.value;
    send(area.value);
  };
  const later = settle(() => SHOT_MARK.test(area.value) || tell(), 400);
  area.addEventListener("input", () => {
    grow();
    later();
  });
  area.addEventListener("blur", () => {
    later.flush();
    if (!area.value.trim() && !props.optional) area.value = known;
    tell();
    grow();
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      area.blur();
    } else if (event.key === "Escape") {
      area.value = known;
      area.blur();
    }
  });
  area.put = (text) => {
    const ahead = document.activeElement === area && area.value !== known;
    if (!ahead && area.value.trim() !== text) area.value = text;
    if (!ahead) known = area.value;
    grow();
  };
  area.flush = () => {
    later.flush();
    if (area.value.trim()) tell();
  };
  area.grow = grow;
  return area;
}

function length(send) {
  const input = el("input.sk-seconds", { type: "text", inputmode: "decimal", autocomplete: "off" });
  let known = 0;
  const show = () => {
    input.value = `${lasting(known)} s`;
  };
  const tell = () => {
    const found = Number.parseFloat(input.value.replace(",", "."));
    if (Number.isFinite(found) && found !== known) {
      known = Math.max(0.1, Math.round(found * 10) / 10);
      send(known);
    }
    show();
  };
  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", tell);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key];
    if (step) {
      input.value = String(Math.max(0.1, Math.round((Number.parseFloat(input.value.replace(",", ".")) + step) * 10) / 10));
      tell();
    } else if (event.key === "Enter") tell();
    else if (event.key === "Escape") show();
    else return;
    event.preventDefault();
  });
  input.put = (seconds) => {
    if (document.activeElement === input && known !== seconds && input.value !== `${lasting(known)} s`) return;
    known = seconds;
    show();
  };
  return input;
}

/** What a shot has been made into, and whether that becomes part of the video. */
function taking(node, index, take, shot, act) {
  const made = take?.state === "completed";
  const failed = take?.state === "failed";
  node.hidden = !shot || !(shot.taken || made || failed);
  if (node.hidden) return;
  const number = index + 1;
  const press = (label, name, what) => el("button.sk-link", { type: "button", "aria-label": name, onclick: () => act(what, { index }) }, label);
  const words = failed
    ? [el("span.sk-bad", {}, take.error?.what ?? "It did not work")]
    : shot.taken
      ? [el("span.sk-good", {}, "✓ In the video"), made ? ` as made with seed ${take.seed}. ` : ". ", press("Leave it out", `Leave the take of shot ${number} out`, "leave_take")]
      : shot.unfit
        ? [`Made with seed ${take.seed}, not in this video: ${shot.unfit}.`]
        : [`Made with seed ${take.seed}, left out. `, press("Use it", `Use the take of shot ${number}`, "use_take")];
  const said = words.map((one) => one.textContent ?? one).join("");
  if (node.dataset.said === said) return; // a focused link stays
  node.dataset.said = said;
  node.replaceChildren(...words);
}

/** What a retake takes, its seed, and whether to do it. */
function asking(index, act) {
  const number = index + 1;
  const sentence = el("span");
  const seed = el("input.sk-seed-field", { type: "text", inputmode: "numeric", autocomplete: "off", placeholder: "random", "aria-label": `Seed of shot ${number}` });
  const yes = el("button.sk-button.sk-primary", { type: "button", onclick: () => act("redraw", { index, seed: seed.value, sure: true }) }, "Redraw");
  const no = el("button.sk-button", { type: "button", onclick: () => act("not_now") }, "Not now");
  const node = el("div.sk-ask", { hidden: true, role: "group", "aria-label": `Redraw shot ${number}` }, sentence, el("label", {}, el("span.sk-label", {}, "Seed"), seed), yes, no);
  seed.addEventListener("keydown", (event) => {
    if (event.key === "Enter") yes.click();
    else if (event.key === "Escape") no.click();
  });
  node.put = (asked) => {
    const opens = node.hidden && asked;
    node.hidden = !asked;
    if (!asked) return;
    say(sentence, [asked.sentence, asked.left].filter(Boolean).join(" "));
    say(yes, `Redraw on ${asked.maker}`);
    if (!opens) return;
    seed.value = asked.seed ?? "";
    seed.focus();
  };
  return node;
}

/** rows({act, choose, watch}): `watch(index)` plays a shot. */
export function rows({ act, choose, watch }) {
  const list = el("ol.sk-rows", { "aria-label": "Shots" });
  const made = [];

  const carry = (index, event) => {
    if (event.button) return;
    const grip = event.currentTarget;
    const { node } = made[index];
    const start = event.clientY;
    const middles = made.map(({ node: n }) => n.getBoundingClientRect().top + n.offsetHeight / 2);
    let to = index;
    const moved = (e) => {
      node.style.translate = `0 ${e.clientY - start}px`;
      node.classList.add("sk-carried");
      to = middles.filter((middle, i) => i !== index && middle < e.clientY).length;
      made.forEach(({ node: n }, i) => {
        n.classList.toggle("sk-before", i !== index && i === to && to < index);
        n.classList.toggle("sk-after", i !== index && i === to && to > index);
      });
    };
    const done = (e) => {
      grip.removeEventListener("pointermove", moved);
      grip.removeEventListener("pointerup", done);
      grip.removeEventListener("pointercancel", done);
      for (const { node: n } of made) n.classList.remove("sk-carried", "sk-before", "sk-after");
      node.style.translate = "";
      if (e.type === "pointerup" && to !== index) act("move", { index, to }, { grip: to });
    };
    grip.setPointerCapture(event.pointerId);
    grip.addEventListener("pointermove", moved);
    grip.addEventListener("pointerup", done);
    grip.addEventListener("pointercancel", done);
  };

  const row = (index) => {
    const number = String(index + 1);
    const grip = el(
      "button.sk-grip",
      { type: "button", "aria-label": `Shot ${number}: move with the arrow keys`, title: "Drag to reorder", onpointerdown: (event) => carry(index, event) },
      number,
    );
    grip.addEventListener("keydown", (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const to = index + step;
      if (to >= 0 && to < made.length) act("move", { index, to }, { grip: to });
    });
    const picture = el("img", { alt: "", draggable: "false", decoding: "async", hidden: true });
    const bar = el("div.sk-bar", { hidden: true }, el("i"));
    const thumb = el("button.sk-thumb", { type: "button", onclick: () => watch(index) }, picture, bar);
    const words = field({ "aria-label": `Words of shot ${number}` }, (text) => act("word", { index, text }));
    const seconds = length((value) => act("resize", { index, seconds: value }));
    seconds.setAttribute("aria-label", `Length of shot ${number} in seconds`);
    const redraw = el("button.sk-button", { type: "button", title: "Make this shot alone as a clip, each time anew", onclick: () => act("redraw", { index }) }, "Redraw");
    const take = el("div.sk-take", { hidden: true });
    const ask = asking(index, act);
    const split = el("button.sk-button", { type: "button", title: "Cut it in two", onclick: () => act("split", { index }) }, "Split");
    const more = menu("⋯", { title: "More", "aria-label": `More for shot ${number}`, class: "sk-button sk-more" }, () => [
      ["Move up", index > 0 && (() => act("move", { index, to: index - 1 }, { grip: index - 1 }))],
      ["Move down", index + 1 < made.length && (() => act("move", { index, to: index + 1 }, { grip: index + 1 }))],
      ["Merge with next", index + 1 < made.length && (() => act("merge", { index }))],
      ["Redraw with a seed…", () => act("redraw", { index, ask: true })],
      ["Remove", () => act("remove", { index }, { grip: Math.max(0, Math.min(index, made.length - 2)) })],
    ]);
    const node = el("li.sk-line", { onfocusin: () => choose(index) }, grip, thumb, words, el("div.sk-does", {}, seconds, redraw, split, more), take, ask);
    return { node, grip, picture, bar, thumb, words, seconds, redraw, split, take, ask };
  };

  return {
    list,
    flush: () => made.forEach(({ words }) => words.flush()),
    grow: () => made.forEach(({ words }) => words.grow()),
    select: (index) => made.forEach(({ node }, i) => node.classList.toggle("sk-chosen", i === index)),
    focus: (index, what) => made[Math.min(index, made.length - 1)]?.[what].focus(),
    put(board) {
      while (made.length < board.shots.length) {
        made.push(row(made.length));
        list.append(made.at(-1).node);
      }
      while (made.length > board.shots.length) made.pop().node.remove();
      board.shots.forEach((shot, i) => {
        made[i].words.put(shot.text);
        made[i].seconds.put(shot.seconds);
        made[i].split.disabled = board.full || shot.seconds < 0.2;
      });
    },
    /** `asked`: what is told before a shot is made for money; see `asking` of the kernel. */
    ask(asked) {
      made.forEach(({ ask }, i) => ask.put(asked.index === i ? asked : null));
    },
    /** Pictures, and `takes[i]`: the clip of a redrawn shot, if there is one. */
    draw(pictures, takes, board) {
      made.forEach(({ picture, bar, thumb, redraw, take: told }, i) => {
        const take = takes[i];
        taking(told, i, take, board.shots[i], act);
        const busy = take?.state === "queued" || take?.state === "running";
        hang(picture, pictures[i]);
        bar.hidden = !busy;
        bar.firstChild.style.width = `${busy ? take.progress : 0}%`;
        redraw.disabled = busy;
        say(redraw, busy ? "Drawing" : "Redraw");
        const ready = take?.state === "completed" && take.video;
        thumb.classList.toggle("sk-playable", Boolean(ready));
        thumb.setAttribute("aria-label", `${ready ? "Play" : "Go to"} shot ${i + 1}: ${board.shots[i]?.text ?? ""}`);
      });
    },
  };
}
