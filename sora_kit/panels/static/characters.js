// The library of characters, and the form that makes one of a clip.
import { el, say, reachable, refreshTimes, time, flash, faults, notice, codeButton } from "./dom.js";
import { keyed, insertNewestFirst } from "./keyed.js";
import { answerButtons } from "./answers.js";
import { sender } from "./sending.js";

const BUSY = new Set(["queued", "running"]);
const FROM = [["clip", "From the gallery"], ["file", "From a file"], ["link", "From a link"]];

function makeCard(item, model) {
  const node = el("article.sk-character", { "data-id": item.id, "data-at": item.at });
  const send = (what, extra = {}) => model.send({ do: what, id: item.id, ...extra });
  const plain = (label, what, title) => el("button.sk-button", { type: "button", title, "aria-label": `${label}: ${item.prompt}`, onclick: () => send(what) }, label);
  const head = (name, label) => el("div.sk-who", {}, el("b", {}, label), name ? el("span.sk-muted", {}, `@${name}`) : null);
  let drawn = "";
  const parts = {};

  const made = (now) => {
    const portrait = el("img.sk-portrait", { alt: `Portrait of ${now.prompt}`, loading: "lazy", decoding: "async" });
    portrait.addEventListener("error", () => portrait.classList.add("sk-lost"), { once: true });
    if (now.portrait) portrait.src = reachable(now.portrait);
    const remove = el(
      "button.sk-button",
      {
        type: "button",
        "aria-label": `Remove: ${now.prompt}`,
        onclick: () => {
          if (remove.dataset.sure) return send("remove");
          remove.dataset.sure = "1"; // a second press within a few seconds means it
          flash(remove, "Remove for good?", 4000, () => delete remove.dataset.sure);
        },
      },
      "Remove",
    );
    const use = model.get("usable") ? plain("Use", "mention", `Put @${now.name} into the prompt`) : null;
    node.replaceChildren(
      portrait,
      el(
        "div.sk-about",
        {},
        head(now.name, now.prompt),
        el("p.sk-looks-like", { title: now.about }, now.about),
        el("p.sk-faint", {}, [now.backend, now.made_of && `from “${now.made_of.slice(0, 60)}”`].filter(Boolean).join(" · "), " · ", time(now.at)),
        el("div.sk-answers", {}, use, codeButton(() => now.code, `@${now.name}`), remove),
      ),
    );
  };
  const waiting = (now) => {
    parts.stage = el("span");
    parts.fill = el("i");
    parts.bar = el("div.sk-bar", { role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, parts.fill);
    node.replaceChildren(
      el("div.sk-portrait.sk-empty-portrait", { "aria-hidden": "true" }),
      el("div.sk-about", {}, head(now.name, now.prompt), parts.stage, parts.bar, el("div.sk-answers", {}, plain("Cancel", "cancel"))),
    );
  };
  const told = (now) => {
    const bad = now.state === "failed";
    const what = now.error?.what ?? (bad ? "It failed" : now.state === "cancelled" ? "Cancelled" : "It needs your decision");
    const answers = now.state === "needs_you" ? answerButtons(now, send) : [plain("Try again", "again"), plain("Dismiss", "dismiss")];
    node.replaceChildren(
      el(
        "div.sk-about",
        {},
        head(now.name, now.prompt),
        el(`b.${bad ? "sk-bad-text" : "sk-warn-text"}`, { role: bad ? "alert" : "status" }, what),
        el("p.sk-looks-like", {}, [now.error?.why, bad ? now.error?.fix : ""].filter(Boolean).join(". ")),
        el("div.sk-answers", {}, ...answers),
      ),
    );
  };
  const put = (now) => {
    node.dataset.state = now.state;
    const look = BUSY.has(now.state) ? "waiting" : `${now.state} ${now.portrait}`;
    if (look !== drawn) {
      drawn = look;
      if (look === "waiting") waiting(now);
      else if (now.state === "completed") made(now);
      else told(now);
    }
    if (look === "waiting") {
      say(parts.stage, now.stage);
      parts.fill.style.width = `${now.progress}%`;
      parts.bar.setAttribute("aria-valuenow", Math.round(now.progress));
    }
  };
  put(item);
  return { node, put };
}

/** The form: where it is seen, how it is called, which seconds show it. */
function newCharacter(model) {
  let kind = "clip";
  let picked = "";
  let waiting = false;
  const input = (props) => {
    const node = el("input", props);
    node.addEventListener("keydown", (event) => event.stopPropagation());
    return node;
  };
  const field = (label, node, hint) => el("label.sk-entry", {}, el("span.sk-label", {}, label), node, hint ? el("span.sk-faint", {}, hint) : null);

  const strip = el("div.sk-strip", { role: "group", "aria-label": "Clips of the gallery" });
  const search = input({ type: "search", placeholder: "Search clips", "aria-label": "Search clips" });
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => model.send({ do: "clips", search: search.value }), 250);
  });
  const offer = (clips) => {
    strip.replaceChildren(
      ...clips.map(({ id, prompt, seconds, poster }) =>
        el(
          "button.sk-pick",
          {
            type: "button",
            "data-clip": id,
            "aria-pressed": String(id === picked),
            title: prompt,
            onclick: () => {
              picked = id;
              for (const one of strip.children) one.setAttribute("aria-pressed", String(one.dataset.clip === id));
              fit(seconds);
            },
          },
          poster ? el("img", { src: reachable(poster), alt: prompt, loading: "lazy" }) : null,
          el("span.sk-badge", {}, `${Math.round(seconds * 10) / 10} s`),
          el("span.sk-pick-words", {}, prompt),
        ),
      ),
    );
    if (!clips.length) strip.append(el("p.sk-faint", {}, search.value ? "Nothing matches." : "No clips yet. Make one, or use a file or a link."));
  };

  const chooser = input({ type: "file", hidden: true, accept: "video/*", "aria-label": "Clip of the character" });
  const how = el("span.sk-faint", { role: "status" });
  const preview = el("video.sk-preview", { controls: true, muted: true, playsinline: true, hidden: true, "aria-label": "The clip" });
  const sent = sender(model, (share) => {
    say(how, share === null ? "" : share < 1 ? `Sending ${Math.round(share * 100)} %` : "Looking at it…");
    if (share === null) forget();
  });
  const forget = () => {
    if (preview.src) URL.revokeObjectURL(preview.src);
    preview.removeAttribute("src");
    preview.hidden = true;
  };
  const take = (files) => {
    const file = [...(files ?? [])][0];
    if (!file) return;
    choose("file");
    forget();
    preview.src = URL.createObjectURL(file);
    preview.hidden = false;
    sent.send(file);
  };
  chooser.addEventListener("change", () => {
    take(chooser.files);
    chooser.value = "";
  });
  const here = (label, target) => el("button.sk-button", { type: "button", onclick: () => { target.value = (Math.round(preview.currentTime * 10) / 10).toString(); } }, label);
  const link = input({ type: "url", placeholder: "Link to a clip", "aria-label": "Link to a clip" });

  const name = input({ type: "text", maxlength: 40, placeholder: "whiskers", "aria-label": "Name", autocapitalize: "off", spellcheck: "false" });
  const label = input({ type: "text", maxlength: 80, placeholder: "Whiskers the cat", "aria-label": "Display name" });
  const start = input({ type: "number", min: 0, step: 0.1, value: 0, "aria-label": "Seen from, in seconds" });
  const end = input({ type: "number", min: 0.1, step: 0.1, value: 3, "aria-label": "Seen until, in seconds" });
  const fit = (seconds) => {
    start.max = end.max = String(seconds);
    if (Number(end.value) > seconds) [start.value, end.value] = ["0", String(Math.min(3, seconds))];
  };

  const places = {
    clip: el("div.sk-place", {}, search, strip),
    file: el("div.sk-place", {}, el("div.sk-row-of", {}, el("button.sk-button", { type: "button", onclick: () => chooser.click() }, "Choose a file"), chooser, how), preview, el("p.sk-faint", {}, "Or drop it here. A few seconds that show the person or thing well are enough.")),
    link: el("div.sk-place", {}, link),
  };
  const tabs = el("div.sk-segments", { role: "group", "aria-label": "Where the character is seen" });
  for (const [value, text] of FROM) tabs.append(el("button", { type: "button", "data-kind": value, onclick: () => choose(value) }, text));
  const choose = (value) => {
    kind = value;
    for (const one of tabs.children) one.setAttribute("aria-pressed", String(one.dataset.kind === kind));
    for (const [key, place] of Object.entries(places)) place.hidden = key !== kind;
    marks.hidden = kind !== "file";
  };
  const marks = el("span.sk-row-of", { hidden: true }, here("Starts here", start), here("Ends here", end));
  const go = el("button.sk-button.sk-primary", { type: "submit" }, "Create character");
  const fault = el("div.sk-fault", { hidden: true });
  const busy = (now) => {
    waiting = now;
    go.disabled = now;
    say(go, now ? "Starting…" : "Create character");
  };
  const form = el(
    "form.sk-card.sk-new",
    {
      "aria-label": "New character",
      onsubmit: (event) => {
        event.preventDefault();
        fault.hidden = true;
        busy(true);
        const source = kind === "clip" ? picked : kind === "link" ? link.value : "";
        const key = crypto.randomUUID?.() ?? String(Math.random());
        model.send({ do: "create", kind, source, name: name.value, display_name: label.value, start: Number(start.value), end: Number(end.value), key });
      },
    },
    tabs,
    places.clip,
    places.file,
    places.link,
    el("div.sk-entries", {}, field("Name", name, "Prompts say @name"), field("Display name", label), field("Seen from (s)", start), field("until (s)", end)),
    marks,
    fault,
    el("div.sk-foot-of", {}, go, el("span.sk-faint", {}, "Use only people who agreed to it.")),
  );
  form.addEventListener("dragover", (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  form.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    take(event.dataTransfer.files);
  });
  choose("clip");
  const video = () => {
    const { name: called, seconds } = model.get("video");
    say(how, called ? `${called} · ${seconds} s` : "");
    if (called) fit(seconds);
  };
  model.on("change:video", video);
  video();
  return {
    form,
    offer,
    stop: sent.stop,
    begun() {
      busy(false);
      for (const one of [name, label, link]) one.value = "";
      forget();
    },
    /** Whether a fault is the answer to this form. */
    fault(error) {
      if (!waiting) return false;
      busy(false);
      fault.replaceChildren(notice(error));
      fault.hidden = false;
      return true;
    },
  };
}

export default () => {
  let list;
  return {
    initialize({ model }) {
      list = keyed(model);
    },
    render({ model, el: root }) {
      root.classList.add("sora-kit", "sk-cast");
      const trouble = faults();
      const fresh = newCharacter(model);
      const grid = el("div.sk-cast-grid", { "aria-label": "Characters" });
      const none = el("p.sk-none.sk-muted", {}, "No characters yet. Make one from a clip that shows somebody or something.");
      let asked = null; // what the person wants: the form open or not; null as it comes
      const toggle = el("button.sk-button", { type: "button", onclick: () => { asked = fresh.form.hidden; shape(); } });
      const shape = () => {
        const open = asked ?? cards.size === 0;
        if (open && fresh.form.hidden) model.send({ do: "clips" });
        fresh.form.hidden = !open;
        toggle.setAttribute("aria-expanded", String(open));
        say(toggle, open ? "Close" : "New character");
        none.hidden = cards.size > 0;
      };
      fresh.form.hidden = true;
      root.append(trouble, el("div.sk-tools", {}, el("span.sk-muted", {}, "Prompts call them by their @name."), el("span.sk-gap"), toggle), fresh.form, none, grid);
      const cards = new Map();
      const detach = list.show({
        put(item) {
          const card = cards.get(item.id);
          if (card) return card.put(item);
          const made = makeCard(item, model);
          cards.set(item.id, made);
          insertNewestFirst(grid, made.node);
        },
        drop(id) {
          const node = cards.get(id)?.node;
          const held = node?.contains(document.activeElement);
          node?.remove();
          cards.delete(id);
          if (held) toggle.focus();
        },
        fault: (error) => fresh.fault(error) || trouble.tell(error),
        changed: () => shape(),
      });
      const heard = ({ clips, begun }) => {
        if (clips) fresh.offer(clips);
        if (!begun) return;
        fresh.begun();
        asked = false;
        shape();
      };
      model.on("msg:custom", heard);
      shape();
      const clock = setInterval(() => refreshTimes(root), 20_000);
      return () => {
        detach();
        fresh.stop();
        model.off("msg:custom", heard);
        clearInterval(clock);
      };
    },
  };
};
