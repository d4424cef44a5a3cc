// The storyboard: strip, screen, rows, and what brings boards in and out.
//
// The kernel holds the board. Every edit is a message; the answer is the whole board again, which is
// small. Pictures come one by one, by the key that the board has for them, and jobs as in the gallery.
import { el, say, copy, flash, notice, reachable, settle } from "./dom.js";
import { saveFile, textOf } from "./files.js";
import { keyed } from "./keyed.js";
import { menu } from "./menu.js";
import { strip, lasting } from "./strip.js";
import { rows, field } from "./rows.js";
import { screen } from "./screen.js";

const NARROW = "Add a shot, or paste a storyboard";
const WIDE = `${NARROW}: [4.0s] A kitten… [3.5s] It stops…`;
const EXAMPLE = "[4.0s]A dog in a snowy forest [3.5s]Close-up, it looks up [2.5s]It runs home at night";
const MOST_BYTES = 2_000_000;

function render({ model, el: root }) {
  root.classList.add("sora-kit", "sk-board");
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab's single-key commands stay out of the fields
  const pictures = new Map(); // key → address
  const byWords = new Map(); // words → the last picture of a shot that said them
  let focusNext = null;

  const act = (what, extra = {}, focus = null) => {
    if (what === "edit") return shots.focus(extra.index, "words");
    if (what !== "word" && what !== "instruct") {
      track.flush();
      shots.flush();
      general.flush();
    }
    focusNext = focus;
    model.send({ do: what, ...extra });
  };
  const choose = (index) => {
    track.select(index);
    shots.select(index);
  };
  const board = () => model.get("board");
  const startOf = (index) => board().shots.slice(0, index).reduce((sum, shot) => sum + shot.seconds, 0);
  const takeOf = (key) => [...jobs.items.values()].filter((item) => item.role === key).sort((a, b) => b.at - a.at)[0];

  const watch = (index) => {
    choose(index);
    const take = takeOf(board().shots[index].take);
    if (take?.state === "completed" && take.video) view.put({ ...take, caption: `Shot ${index + 1} alone` });
    else if (view.item?.role === "film") view.seek(startOf(index) + 0.01);
  };

  // -- parts

  const balance = el("b.sk-balance", { role: "status" });
  const live = (lengths) => {
    const { length, balance: words } = board();
    if (!lengths) return say(balance, board().shots.length ? words : ""); // an empty strip says it itself
    const left = Math.round((length - lengths.reduce((a, b) => a + b, 0)) * 10) / 10;
    say(balance, !length || !left ? "" : `${Math.abs(left)} s ${left > 0 ? "left over" : "too long"}`);
  };
  const track = strip({ act, choose, live });
  const shots = rows({ act, choose, watch });
  const view = screen({ act, time: (seconds, item) => track.play(item?.role === "film" ? seconds : null) });

  const tool = (label, what, title) => el("button.sk-button", { type: "button", title, onclick: () => act(what) }, label);
  const fit = tool("Fit", "fit", "Scale all shots");
  const stretch = tool("Stretch last shot", "stretch", "Let the last shot take up the difference");
  const undo = tool("Undo", "undo", "Take the last edit back");
  const play = tool("▶ Play animatic", "play", "Draw the whole board as a free preview");
  const chooser = el("input", { type: "file", hidden: true, accept: model.get("readable"), "aria-label": "Import a storyboard" });
  const take = async (file) => {
    if (!file) return;
    if (file.size > MOST_BYTES) return fault({ what: `${file.name} is too large`, why: "At most 2 MB are read", fix: "Import a part of it" });
    act("take_in", { name: file.name, text: await textOf(file) });
  };
  chooser.addEventListener("change", () => {
    take(chooser.files[0]);
    chooser.value = "";
  });
  const bring = el("button.sk-button", { type: "button", title: "Text, Fountain screenplay or CSV table", onclick: () => chooser.click() }, "Import");
  const give = menu("Export ▾", { title: "Save the board as a file" }, () =>
    model.get("forms").map(({ id, label }) => [label, () => act("export", { form: id })]),
  );
  const line = el("pre.sk-code");
  const copyLine = el("button.sk-button", { type: "button", onclick: () => copy(board().code).then(() => flash(copyLine, "Copied")) }, "Copy");
  const code = el("div.sk-source", { hidden: true }, line, copyLine);
  const showCode = el(
    "button.sk-button",
    {
      type: "button",
      "aria-expanded": "false",
      title: "The same as Python",
      onclick: () => {
        code.hidden = !code.hidden;
        showCode.setAttribute("aria-expanded", String(!code.hidden));
        say(showCode, code.hidden ? "Copy as code" : "Hide code");
      },
    },
    "Copy as code",
  );
  const said = el("div.sk-said", { role: "status", hidden: true });
  const faultPlace = el("div.sk-fault", { hidden: true });
  const notes = el("div.sk-chips.sk-understood", { hidden: true });

  const general = field({ "aria-label": "For all shots", placeholder: "What holds for all shots: a style such as {anime}, the light, a name", optional: true }, (text) => act("instruct", { text }));
  const add = el("textarea", { rows: 1, "aria-label": "Add a shot", placeholder: matchMedia("(max-width: 700px)").matches ? NARROW : WIDE });
  const addNow = () => {
    if (add.value.trim()) act("add", { text: add.value });
    add.value = "";
  };
  add.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    addNow();
  });
  add.addEventListener("paste", () => setTimeout(() => /\[\s*\d+(?:\.\d+)?\s*s\s*\]|\n/.test(add.value) && addNow()));
  add.addEventListener("blur", addNow);
  const addRow = el("div.sk-line.sk-add", {}, el("span.sk-plus", { "aria-hidden": "true" }, "+"), add);
  const example = el("button.sk-link.sk-example", { type: "button", onclick: () => act("add", { text: EXAMPLE }) }, "Try an example");

  const fault = (error) => {
    faultPlace.replaceChildren(...(error ? [notice(error)] : []));
    faultPlace.hidden = !error;
  };

  // -- what the kernel says

  const takes = () => board().shots.map((shot) => takeOf(shot.take));
  let before = [];
  /** A picture for each shot: its own, or until that is drawn, dimmed, the one it had or that stood there. */
  const draw = () => {
    const { shots: list } = board();
    const now = list.map((shot, i) => {
      const clip = takeOf(shot.take);
      const own = clip?.state === "completed" && clip.poster ? reachable(clip.poster) : pictures.get(shot.key);
      if (own) byWords.set(shot.text, own);
      const src = own ?? byWords.get(shot.text) ?? (before.length === list.length ? before[i].src : "");
      return { src, stale: !own };
    });
    before = now;
    shots.draw(now, takes(), board());
    return now;
  };
  const read = () => {
    const now = board();
    const some = now.shots.length > 0;
    root.classList.toggle("sk-portrait", now.portrait);
    shots.put(now);
    track.put(now, draw());
    general.put(now.instruction);
    live(null);
    fit.hidden = stretch.hidden = !some || !now.left || !now.length;
    say(fit, `Fit to ${lasting(now.length).replace(/\.0$/, "")} s`);
    say(stretch, now.left < 0 ? "Shorten last shot" : "Stretch last shot");
    undo.hidden = !now.undo;
    play.disabled = give.firstChild.disabled = showCode.disabled = !some;
    if (!some && !code.hidden) showCode.click();
    say(line, now.code);
    hint.textContent = now.picture || (some ? "drag an edge to retime, drag a shot to reorder" : "");
    addRow.hidden = now.full;
    example.hidden = some || Boolean(now.instruction);
    notes.replaceChildren(
      ...now.notes.map((note, index) =>
        el(
          "span.sk-chip.sk-warn",
          {},
          note.message.includes(note.text) ? null : el("b", {}, `${note.text}: `),
          `${note.message} `,
          note.suggestion ? el("button.sk-link", { type: "button", onclick: () => act("fix", { index }) }, `Use ${note.suggestion}`) : null,
        ),
      ),
    );
    notes.hidden = !now.notes.length;
    tell();
    if (focusNext?.grip !== undefined) shots.focus(focusNext.grip, "grip");
    if (focusNext?.block !== undefined) track.select(focusNext.block, true);
    focusNext = null;
  };
  const tell = () => {
    const { said: words = "", error = null } = model.get("status");
    say(said, words);
    said.hidden = !words;
    fault(error ?? board().error);
  };

  const jobs = keyed(model);
  let film = ""; // the job that the screen shows
  const detach = jobs.show({
    put(item) {
      if (item.role === "film" && (item.id === film || !film || item.at > (jobs.items.get(film)?.at ?? 0))) {
        film = item.id;
        view.put(item);
      } else if (item.id === view.item?.id) view.put(item);
    },
    drop() {},
    fault,
    changed: settle(() => track.draw(draw()), 0),
  });
  const message = (content, buffers) => {
    if (content.drawn) {
      for (const [key, src] of Object.entries(content.drawn)) pictures.set(key, src);
      track.draw(draw());
    }
    if (content.film && jobs.items.has(content.film)) view.put(jobs.items.get((film = content.film)));
    if (content.file) saveFile(content.file, content.type, buffers[0]);
  };

  // -- the page

  const hint = el("span.sk-faint");
  root.append(
    el(
      "section.sk-card",
      { "aria-label": "Timeline" },
      el("div.sk-row", {}, el("span.sk-label", {}, "Timeline"), hint),
      view.node,
      track.node,
      el("div.sk-tools", {}, balance, fit, stretch, undo, el("span.sk-gap"), play, bring, give, showCode, chooser),
      code,
      said,
      faultPlace,
    ),
    el(
      "section.sk-card.sk-list",
      { "aria-label": "Shots" },
      el("div.sk-general", {}, el("span.sk-label", {}, "For all shots"), general),
      shots.list,
      addRow,
      example,
      notes,
    ),
  );
  root.addEventListener("keydown", (event) => {
    if (event.key === "z" && (event.ctrlKey || event.metaKey) && !event.target.matches("input, textarea")) {
      event.preventDefault();
      act("undo");
    }
    event.stopPropagation(); // the notebook's own shortcuts must not fire
  });
  root.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  root.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files[0]);
  });
  // Heights are known only when the page has laid out the fields, and change with its width.
  const sized = new ResizeObserver(() => {
    shots.grow();
    general.grow();
  });
  sized.observe(root);
  model.on("change:board", read);
  model.on("change:status", tell);
  const ask = () => shots.ask(model.get("asking"));
  model.on("change:asking", ask);
  model.on("msg:custom", message);
  read();
  ask();
  return () => {
    sized.disconnect();
    detach();
    model.off("change:board", read);
    model.off("change:status", tell);
    model.off("change:asking", ask);
    model.off("msg:custom", message);
  };
}

export default { render };
