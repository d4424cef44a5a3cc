// Keeps the videos of every `[data-sync]` card in step.
//
// The longest video is the clock. The others follow it: a small difference is made up by playing a
// little faster or slower, a large one by a jump, and one that is at its end holds its last picture.
// While any of them waits for data they all wait. At the end they begin again together.

(() => {
  const SMALL = 0.04, LARGE = 0.3; // seconds: not seen, and not made up in a moment

  function take(root) {
    const videos = [...root.querySelectorAll("video")];
    const bar = root.querySelector(".sk-transport");
    if (!bar || !videos.length) return;
    const part = (name) => bar.querySelector(`[data-do="${name}"]`);
    const play = part("play"), time = part("time"), speed = part("speed");
    const slider = bar.querySelector("input");
    const total = Number(slider.max);
    let playing = false, waiting = false, frame = 0;

    const length = (video) => (Number.isFinite(video.duration) ? video.duration : total);
    const clock = () => videos.reduce((a, b) => (length(b) > length(a) ? b : a));
    const broken = (video) => video.error !== null;
    const over = (video) => video.currentTime >= length(video) - SMALL; // it has no data to wait for
    const ready = (video) => broken(video) || video.readyState >= 3 || over(video);

    function tell(now) {
      slider.value = now;
      time.textContent = `${now.toFixed(1)} / ${total.toFixed(1)} s`;
      slider.setAttribute("aria-valuetext", time.textContent);
    }

    function hold() { for (const video of videos) video.pause(); }

    function go() {
      waiting = false;
      for (const video of videos) {
        if (!over(video)) video.play().catch(() => {}); // told by `error`
      }
    }

    function follow() {
      if (!playing) return;
      const lead = clock();
      const rate = Number(speed.value);
      if (!waiting && !videos.every(ready)) {
        waiting = true;
        hold();
      } else if (waiting && videos.every(ready)) {
        go();
      }
      if (!waiting && (lead.ended || lead.currentTime >= length(lead) - 0.01)) seek(0, true);
      const now = lead.currentTime;
      lead.playbackRate = rate;
      for (const video of videos) {
        if (video === lead || broken(video)) continue;
        const late = Math.min(now, length(video)) - video.currentTime;
        if (Math.abs(late) > LARGE) video.currentTime = Math.min(now, length(video));
        video.playbackRate = Math.abs(late) > SMALL ? rate * (late > 0 ? 1.1 : 0.9) : rate;
      }
      tell(now);
      frame = requestAnimationFrame(follow);
    }

    function seek(to, then) {
      for (const video of videos) video.currentTime = Math.min(to, length(video));
      tell(to);
      if (then) go();
    }

    function load() {
      for (const video of videos) if (video.preload !== "auto") video.preload = "auto";
    }

    function start() {
      playing = true;
      play.textContent = "Pause";
      load();
      for (const video of videos) if (video.readyState < 2) video.load();
      waiting = true; // until all have data
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(follow);
    }

    function stop() {
      playing = false;
      play.textContent = "Play";
      cancelAnimationFrame(frame);
      hold();
    }

    for (const video of videos) {
      video.controls = false;
      video.loop = false;
      video.muted = true;
      video.addEventListener("click", () => (playing ? stop() : start()));
      video.addEventListener("error", () => {
        if (videos.every(broken)) { stop(); time.textContent = "The clips cannot be reached"; }
      });
    }
    play.addEventListener("click", () => (playing ? stop() : start()));
    slider.addEventListener("input", () => { load(); seek(Number(slider.value)); });
    for (const button of root.querySelectorAll('[data-do="hear"]')) {
      const own = button.closest("figure").querySelector("video");
      button.hidden = false;
      button.addEventListener("click", () => {
        const loud = own.muted;
        for (const video of videos) video.muted = true;
        for (const other of root.querySelectorAll('[data-do="hear"]')) other.setAttribute("aria-pressed", "false");
        own.muted = !loud;
        button.setAttribute("aria-pressed", String(loud));
      });
    }
    bar.hidden = false;
  }

  for (const root of document.querySelectorAll("[data-sync]:not([data-taken])")) {
    root.dataset.taken = "";
    take(root);
  }
})();
