// One tile of the gallery: a job in its final place, which becomes its result there.
//
// A tile is made once and then changed in parts. Its poster loads when it comes near the screen, the
// video itself only when somebody presses play.
import { el, say, time, copy, flash, reachable } from "./dom.js";
import { menu } from "./menu.js";
import { answerButtons } from "./answers.js";

const WAITING = new Set(["queued", "running"]);

function over(label, onclick, extra = {}) {
  return el("button.sk-over", { type: "button", onclick, ...extra }, label);
}

/** Save a clip under a readable name. Media may come from another port, where `download` on a link is
 *  ignored, so the bytes are fetched first; if the page may not read them, the clip opens by itself. */
async function saveClip(item) {
  try {
    const answer = await fetch(item.sent || reachable(item.video ?? item.picture));
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
}

/** makeTile(item, model, {near, choose}): `near(node, call)` calls when it comes near the screen;
 *  `choose(id)` is called when the tile is pressed while results are chosen. */
export function makeTile(item, model, { near, choose }) {
  const node = el("article.sk-tile", { "data-id": item.id, "data-at": item.at, "aria-label": item.prompt });
  const act = (what, extra = {}) => model.send({ do: what, id: item.id, ...extra });
  let now = item;
  let drawn = ""; // what the screen shows now: a screen is rebuilt only when its kind changes
  const screen = el("div.sk-screen");
  const words = el("p.sk-words-of", {});
  const tags = el("div.sk-tags", { role: "list", "aria-label": "Tags" });
  const kind = el("span.sk-badge.sk-kind"); // below the picture, whose corners may hold labels of its own
  const meta = el("span");
  const star = el("button.sk-star", { type: "button", "aria-pressed": "false", onclick: () => act("star", { on: !now.favourite }) });
  const about = el("div.sk-about", {}, words, tags, el("div.sk-meta", {}, kind, meta, star));
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
      el("div.sk-actions", {}, over("Cancel", () => act("cancel"), { class: "sk-over sk-cancel" })),
      el("div.sk-working", {}, parts.stage, parts.bar),
    );
  };

  const tagging = () => {
    if (about.querySelector(".sk-tagging")) return;
    const field = el("input.sk-tagging", { type: "text", value: (now.tags ?? []).join(", "), placeholder: "Tags, with commas", "aria-label": "Tags, with commas between" });
    let ended = false; // taking the field away makes it lose the focus, which ends it, too
    const done = (keep) => {
      if (ended) return;
      ended = true;
      if (keep) act("tag", { tags: field.value.split(",").map((tag) => tag.trim()).filter(Boolean) });
      field.remove();
      node.querySelector(".sk-menu > button")?.focus();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") done(true);
      else if (event.key === "Escape") done(false);
      event.stopPropagation();
    });
    field.addEventListener("blur", () => done(true));
    tags.after(field);
    field.focus();
  };

  const remove = () => {
    const sure = over("Delete?", () => act("delete"), { "data-sure": "1", class: "sk-over sk-sure", "aria-label": `Delete: ${now.prompt}` });
    parts.actions.append(sure); // a second press within a few seconds means it
    sure.focus();
    setTimeout(() => {
      const held = sure === document.activeElement;
      sure.remove();
      if (held) node.querySelector(".sk-menu > button")?.focus();
    }, 4000);
  };

  const finished = () => {
    const poster = el("img.sk-poster", { alt: now.prompt || "Result", decoding: "async", draggable: "false" });
    poster.addEventListener("error", () => act("refresh"), { once: true });
    near(screen, () => {
      poster.src = reachable(now.poster);
      if (now.narrow) screen.style.setProperty("--poster", `url("${encodeURI(reachable(now.poster))}")`);
    });
    screen.classList.toggle("sk-narrow", Boolean(now.narrow));
    const play = now.video || now.sendable
      ? el("button.sk-play", { type: "button", "aria-label": `Play: ${now.prompt}`, onclick: start }, el("i", { "aria-hidden": "true" }))
      : el("a.sk-play", { href: reachable(now.picture), target: "_blank", rel: "noopener", "aria-label": `Open: ${now.prompt}` });
    const more = menu("⋯", { title: "More", "aria-label": `More for: ${now.prompt}`, class: "sk-over" }, () => [
      ["Save", (now.video || now.picture || sent) && (() => saveClip({ ...now, sent }))],
      ["Copy the prompt", () => copy(now.typed).then(() => flash(more.firstChild, "Copied"))],
      ["As code", () => copy(now.code).then(() => flash(more.firstChild, "Copied"))],
      ["Tags…", tagging],
      ["Run again, same seed", () => act("same")],
      ["Run again, new seed", () => act("once_more")],
      ["Delete…", remove],
    ]);
    parts.actions = el(
      "div.sk-actions",
      {},
      now.video ? over("Remix", () => act("remix"), { title: "Put it in the prompt, to be changed" }) : null,
      now.video ? over("Extend", () => act("extend"), { title: "Put it in the prompt, to be continued" }) : null,
      more,
    );
    parts.tick = el("button.sk-tick", { type: "button", "aria-label": `Compare: ${now.prompt}`, "aria-pressed": "false", onclick: () => choose(item.id) });
    screen.replaceChildren(
      poster,
      now.length ? el("span.sk-badge.sk-length", {}, now.length) : "",
      play,
      parts.actions,
      parts.tick,
    );
  };

  let sent = ""; // the clip itself, where its address does not reach this page
  const ask = () => {
    const button = screen.querySelector(".sk-play");
    button?.setAttribute("aria-busy", "true");
    act("send");
  };
  const take = (bytes, type) => {
    if (sent) URL.revokeObjectURL(sent);
    sent = URL.createObjectURL(new Blob([bytes], { type }));
    drawn = "";
    put(now);
    start();
  };
  const start = () => {
    if (!now.video && !sent) return ask();
    const video = el("video", { controls: true, playsinline: true, preload: "none", poster: reachable(now.poster), src: sent || reachable(now.video) });
    video.addEventListener("error", () => {
      if (now.sendable && !sent) return ask();
      video.remove();
      node.classList.remove("sk-playing");
      drawn = "";
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
  const plain = (label, what) => el("button.sk-button", { type: "button", onclick: () => act(what) }, label);
  const sentence = (error) => [error?.why, error?.fix].filter(Boolean).map((s) => s.replace(/\.$/, "")).join(". ");

  const marks = () => {
    const on = Boolean(now.favourite);
    star.hidden = now.state !== "completed";
    star.setAttribute("aria-pressed", String(on));
    star.setAttribute("aria-label", `Favourite: ${now.prompt}`);
    star.title = on ? "Take the star back" : "Favourite";
    say(star, on ? "★" : "☆");
    const line = (now.tags ?? []).join(",");
    if (tags.dataset.line === line) return;
    tags.dataset.line = line;
    tags.hidden = !line;
    tags.replaceChildren(...(now.tags ?? []).map((tag) => el("span.sk-tag", { role: "listitem" }, tag)));
  };

  const put = (item) => {
    now = item;
    const look = WAITING.has(now.state) ? "waiting" : now.state === "completed" ? `done:${now.poster}:${now.video}` : now.state;
    node.dataset.state = now.state;
    if (look !== drawn) {
      const playing = node.classList.contains("sk-playing") && drawn.startsWith("done:");
      if (!playing || !look.startsWith("done:")) {
        drawn = look;
        node.classList.remove("sk-playing");
        screen.classList.remove("sk-narrow");
        if (look === "waiting") waiting();
        else if (now.state === "completed") finished();
        else if (now.state === "failed")
          message("sk-bad", now.error?.what ?? "It failed", sentence(now.error), [
            plain("Try again", "again"),
            plain("Change prompt", "use"),
            plain("Dismiss", "dismiss"),
          ]);
        else if (now.state === "needs_you") message("sk-warn", "Needs your decision", [now.error?.what, sentence({ why: now.error?.why })].filter(Boolean).join(". "), answerButtons(now, act));
        else message("sk-quiet", "Cancelled", "", [plain("Run again", "again"), plain("Dismiss", "dismiss")]);
      }
    }
    if (look === "waiting") {
      say(parts.stage, now.stage);
      parts.fill.style.width = `${now.progress}%`;
      parts.bar.setAttribute("aria-valuenow", Math.round(now.progress));
    }
    say(words, now.prompt);
    words.title = now.typed;
    say(kind, now.badge ?? "");
    kind.title = now.badge_title ?? "";
    kind.hidden = !now.badge;
    marks();
    const line = `${now.state}|${now.meta}`;
    if (meta.dataset.line !== line) {
      meta.dataset.line = line;
      const tail = WAITING.has(now.state) ? [" · safe to close this page"] : [];
      const head = WAITING.has(now.state) ? ["started "] : now.meta ? [`${now.meta} · `] : [];
      meta.replaceChildren(...head, time(now.at), ...tail);
    }
  };
  put(item);
  const chosen = (on) => {
    node.classList.toggle("sk-chosen", on);
    parts.tick?.setAttribute("aria-pressed", String(on));
  };
  return { node, put, take, backdrop, chosen, remove: () => node.remove() };
}
