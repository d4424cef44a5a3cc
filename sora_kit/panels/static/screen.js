// The screen: where the animatic, a redrawn shot or the video itself is drawn and plays.
import { el, say, notice, reachable } from "./dom.js";

/** screen({act, time}): `time(seconds or null, item)` tells where the film is. */
export function screen({ act, time }) {
  const node = el("div.sk-player", { hidden: true });
  let item = null;
  let drawn = "";
  let frame = 0;

  const close = () => {
    node.hidden = true;
    drawn = "";
    item = null;
    cancelAnimationFrame(frame);
    node.replaceChildren();
    time(null, null);
  };
  const shut = (text = "Close") => el("button.sk-button", { type: "button", onclick: close }, text);
  const plain = (label, what) => el("button.sk-button", { type: "button", onclick: () => act(what, { id: item.id }) }, label);

  const working = () => {
    const stage = el("b");
    const fill = el("i");
    const bar = el("div.sk-bar", { role: "progressbar", "aria-label": "Progress", "aria-valuemin": 0, "aria-valuemax": 100 }, fill);
    node.replaceChildren(el("div.sk-pending", {}, el("div.sk-going", {}, stage, plain("Cancel", "cancel")), bar));
    node.update = () => {
      say(stage, item.stage);
      fill.style.width = `${item.progress}%`;
      bar.setAttribute("aria-valuenow", String(Math.round(item.progress)));
    };
  };

  const playing = () => {
    const video = el("video", { controls: true, playsinline: true, preload: "auto", src: reachable(item.video), poster: reachable(item.poster) });
    const shown = item;
    const tick = () => {
      time(video.currentTime, shown);
      if (!video.paused) frame = requestAnimationFrame(tick);
    };
    for (const event of ["play", "seeked", "timeupdate"]) video.addEventListener(event, () => { cancelAnimationFrame(frame); tick(); });
    node.replaceChildren(el("div.sk-film", {}, video), el("div.sk-going", {}, el("span.sk-faint", {}, [item.caption, item.badge_title].filter(Boolean).join(" · ")), shut()));
    node.seek = (seconds) => {
      video.currentTime = seconds;
    };
    video.play().catch(() => {}); // a browser that forbids it still shows the controls
  };

  return {
    node,
    get item() {
      return item;
    },
    seek: (seconds) => node.seek?.(seconds),
    close,
    put(now) {
      item = now;
      node.hidden = false;
      const look = now.state === "queued" || now.state === "running" ? `${now.id} waits` : `${now.id} ${now.state} ${now.video}`;
      if (look !== drawn) {
        drawn = look;
        node.update = node.seek = undefined;
        if (look.endsWith("waits")) working();
        else if (now.state === "completed" && now.video) playing();
        else if (now.state === "completed") node.replaceChildren(notice({ what: "It is done", why: "No server shows it here", fix: "Look at it in the results" }, "sk-warn", "status"), shut());
        else if (now.state === "cancelled") close();
        else node.replaceChildren(notice(now.error ?? { what: "It did not work" }), el("div.sk-going", {}, plain("Try again", "again"), shut()));
      }
      node.update?.();
    },
  };
}
