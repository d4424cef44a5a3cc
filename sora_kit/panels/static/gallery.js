// The gallery: one tile per job, in its final place from the start, newest first.
//
// A tile is made once and then changed in parts; new tiles are inserted beside the others, which stay
// untouched, so a video that plays never restarts. Posters load when they come near the screen, the
// video itself only when somebody presses play.
import { el, say, time, refreshTimes, copy, flash, icon, reachable, faults } from "./dom.js";
import { keyed, insertNewestFirst } from "./keyed.js";

const COPY = "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z";
const BIN = "M2.5 4h11M6 4V2.5h4V4M4 4l.6 9.5h6.8L12 4M6.7 6.5v4.5M9.3 6.5v4.5";
const WAITING = new Set(["queued", "running"]);

function button(label, onclick, extra = {}) {
  return el("button.sk-over", { type: "button", onclick, ...extra }, label);
}

/** Save a clip under a readable name. Media may come from another port, where `download` on a link is
 *  ignored, so the bytes are fetched first; if the page may not read them, the clip opens by itself. */
async function save(item, link) {
  try {
    const answer = await fetch(reachable(item.video ?? item.picture));
    if (!answer.ok) throw new Error(String(answer.status));
    const url = URL.createObjectURL(await answer.blob());
    const anchor = el("a", { href: url, download: item.file });
    document.body.append(anchor);
    anchor.click();
    anchor.remove();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  } catch {
    window.open(reachable(item.video ?? item.picture), "_blank", "noopener");
  }
  link.blur();
}

function makeTile(item, model, near) {
  const node = el("article.sk-tile", { "data-id": item.id, "data-at": item.at, "aria-label": item.prompt });
  const act = (what, extra = {}) => model.send({ do: what, id: item.id, ...extra });
  let drawn = ""; // what the screen shows now: a screen is rebuilt only when its kind changes
  const screen = el("div.sk-screen");
  const words = el("p.sk-words-of", {});
  const meta = el("div.sk-meta");
  const about = el("div.sk-about", {}, words, meta);
  node.append(screen, about);
  const parts = {};

  let blurred = ""; // the first frame, once somebody has drawn it
  const backdrop = (picture) => {
    blurred = picture;
    const ground = screen.querySelector(".sk-drawing");
    if (ground) ground.style.background = `center / cover url("${picture}")`;
  };

  const waiting = () => {
    parts.stage = el("span.sk-stage");
    parts.fill = el("i");
    parts.bar = el("div.sk-bar", { role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, parts.fill);
    screen.replaceChildren(
      el("div.sk-drawing", { "aria-hidden": "true", style: blurred ? `background: center / cover url("${blurred}")` : null }),
      el("div.sk-actions", {}, button("Cancel", () => act("cancel"), { class: "sk-over sk-cancel" })),
      el("div.sk-working", {}, parts.stage, parts.bar),
    );
  };

  const finished = (now) => {
    const poster = el("img.sk-poster", { alt: now.prompt || "Result", decoding: "async", draggable: "false" });
    poster.addEventListener("error", () => act("refresh"), { once: true });
    near(screen, () => {
      poster.src = reachable(now.poster);
      if (now.narrow) screen.style.setProperty("--poster", `url("${encodeURI(reachable(now.poster))}")`);
    });
    screen.classList.toggle("sk-narrow", Boolean(now.narrow));
    const play = now.video
      ? el("button.sk-play", { type: "button", "aria-label": `Play: ${now.prompt}`, onclick: () => start(now) }, el("i", { "aria-hidden": "true" }))
      : el("a.sk-play", { href: reachable(now.picture), target: "_blank", rel: "noopener", "aria-label": `Open: ${now.prompt}` });
    const copyButton = button(icon(COPY), () => copy(now.typed).then(() => flash(copyButton, "Copied")), {
      title: "Copy the prompt",
      "aria-label": "Copy the prompt",
    });
    const trash = button(icon(BIN), () => {
      if (trash.dataset.sure) return act("delete");
      trash.dataset.sure = "1"; // a second press within three seconds means it
      flash(trash, "Delete?", 3000, () => delete trash.dataset.sure);
    }, { title: "Delete", "aria-label": "Delete" });
    const saveButton = button("Save", () => save(now, saveButton), { class: "sk-over sk-save", title: `Save as ${now.file}` });
    parts.actions = el(
      "div.sk-actions",
      {},
      now.video ? button("Remix", () => act("remix"), { title: "Put it in the prompt, to be changed" }) : null,
      saveButton,
      copyButton,
      trash,
    );
    screen.replaceChildren(
      poster,
      now.badge ? el("span.sk-badge.sk-kind", { title: now.badge_title }, now.badge) : "",
      now.length ? el("span.sk-badge.sk-length", {}, now.length) : "",
      play,
      parts.actions,
    );
  };

  const start = (now) => {
    const video = el("video", { controls: true, playsinline: true, preload: "none", poster: reachable(now.poster), src: reachable(now.video) });
    video.addEventListener("error", () => {
      video.remove();
      node.classList.remove("sk-playing");
      act("refresh"); // its server may have moved; the tile comes back with a new address
    }, { once: true });
    video.addEventListener("play", () => {
      for (const other of node.parentElement.querySelectorAll("video")) if (other !== video) other.pause();
    });
    screen.querySelector(".sk-play")?.remove();
    screen.insertBefore(video, parts.actions);
    node.classList.add("sk-playing");
    video.play().catch(() => {}); // a browser that forbids it still shows the controls
    video.focus();
  };

  const message = (tone, title, body, buttons) => {
    screen.replaceChildren(
      el(`div.sk-message.${tone}`, { role: tone === "sk-bad" ? "alert" : "status" }, el("b", {}, title), el("span", {}, body), el("div.sk-answers", {}, ...buttons)),
    );
  };
  const plain = (label, onclick) => el("button.sk-button", { type: "button", onclick }, label);
  const sentence = (error) => [error?.why, error?.fix].filter(Boolean).map((s) => s.replace(/\.$/, "")).join(". ");

  const put = (now) => {
    const look = WAITING.has(now.state) ? "waiting" : now.state === "completed" ? `done:${now.poster}:${now.video}:${now.text}` : now.state;
    node.dataset.state = now.state;
    if (look !== drawn) {
      const playing = node.classList.contains("sk-playing") && drawn.startsWith("done:");
      if (!playing || !look.startsWith("done:")) {
        drawn = look;
        node.classList.remove("sk-playing");
        screen.classList.remove("sk-narrow");
        if (look === "waiting") waiting();
        else if (now.text) message("sk-text", "Improved prompt", now.text, [plain("Use it", () => act("use"))]);
        else if (now.state === "completed") finished(now);
        else if (now.state === "failed")
          message("sk-bad", now.error?.what ?? "It failed", sentence(now.error), [
            plain("Try again", () => act("again")),
            plain("Change prompt", () => act("use")),
            plain("Dismiss", () => act("dismiss")),
          ]);
        else if (now.state === "needs_you")
          message("sk-warn", "Needs your decision", [now.error?.what, sentence(now.error)].filter(Boolean).join(". "), [
            plain("Send again", () => act("again")),
            plain("Give up", () => act("cancel")),
          ]);
        else message("sk-quiet", "Cancelled", "", [plain("Run again", () => act("again")), plain("Dismiss", () => act("dismiss"))]);
      }
    }
    if (look === "waiting") {
      say(parts.stage, now.stage);
      parts.fill.style.width = `${now.progress}%`;
      parts.bar.setAttribute("aria-valuenow", Math.round(now.progress));
    }
    say(words, now.prompt);
    words.title = now.typed;
    const line = `${now.state}|${now.meta}`;
    if (meta.dataset.line !== line) {
      meta.dataset.line = line;
      const tail = WAITING.has(now.state) ? [" · safe to close this page"] : [];
      const head = WAITING.has(now.state) ? ["started "] : now.meta ? [`${now.meta} · `] : [];
      meta.replaceChildren(...head, time(now.at), ...tail);
    }
  };
  put(item);
  return { node, put, backdrop };
}

export default () => {
  let list;
  return {
    initialize({ model }) {
      list = keyed(model);
    },
    render({ model, el: root }) {
      root.classList.add("sora-kit", "sk-gallery");
      const search = el("input", { type: "search", placeholder: "Search prompts", "aria-label": "Search prompts" });
      let timer = 0;
      search.addEventListener("input", () => {
        clearTimeout(timer);
        timer = setTimeout(() => model.send({ do: "search", text: search.value }), 250);
      });
      search.addEventListener("keydown", (event) => event.stopPropagation());
      const tools = el("div.sk-tools", {}, search);
      const grid = el("div.sk-grid", { role: "feed", "aria-label": "Results" });
      const none = el("p.sk-none.sk-muted", { role: "status" }, "Nothing matches.");
      const more = el("button.sk-button.sk-more", { type: "button", onclick: () => model.send({ do: "more" }) }, "Load more");
      const empty = el(
        "div.sk-empty",
        {},
        el("b", {}, "Nothing here yet"),
        el("span.sk-muted", {}, "Write a prompt, or start with one of these:"),
        ...model.get("examples").map((text) => el("button.sk-button", { type: "button", onclick: () => model.send({ do: "example", text }) }, text)),
      );
      const trouble = faults();
      root.append(trouble, tools, empty, none, grid, el("div.sk-foot", {}, more));

      const calls = new WeakMap();
      const eye = new IntersectionObserver(
        (entries) => {
          for (const entry of entries) {
            if (!entry.isIntersecting) continue;
            eye.unobserve(entry.target);
            calls.get(entry.target)?.();
          }
        },
        { rootMargin: "400px" },
      );
      const near = (node, call) => {
        calls.set(node, call);
        eye.observe(node);
      };

      const tiles = new Map();
      let heir; // who gets the focus of a tile that went away: its neighbour, or null when it has none
      const focusHeir = () => {
        if (heir === undefined) return;
        const place = heir?.isConnected ? heir.querySelector(".sk-play, button") : tiles.size || search.value ? search : empty.querySelector("button");
        heir = undefined;
        place?.focus();
      };
      const detach = list.show({
        put(item) {
          const tile = tiles.get(item.id);
          if (tile) return tile.put(item);
          const fresh = makeTile(item, model, near);
          tiles.set(item.id, fresh);
          insertNewestFirst(grid, fresh.node);
        },
        drop(id) {
          const node = tiles.get(id)?.node;
          if (node?.contains(document.activeElement)) heir = node.nextElementSibling ?? node.previousElementSibling;
          node?.remove();
          tiles.delete(id);
        },
        fault: trouble.tell,
        backdrop(id, picture) {
          tiles.get(id)?.backdrop(picture);
        },
        changed() {
          const bare = tiles.size === 0;
          const searching = search.value.trim() !== "";
          empty.hidden = !bare || searching;
          none.hidden = !bare || !searching;
          tools.hidden = bare && !searching;
          focusHeir();
        },
      });
      const foot = () => {
        more.hidden = !model.get("more");
      };
      model.on("change:more", foot);
      foot();
      const clock = setInterval(() => refreshTimes(root), 20_000);
      return () => {
        detach();
        eye.disconnect();
        clearInterval(clock);
      };
    },
  };
};
