// Adds the log's rows as they come. The server makes each row; here they are put in place, once, newest first.
"use strict";

(() => {
  const bar = document.getElementById("live");
  const log = document.getElementById("log");
  if (!bar || !log || !("EventSource" in window)) return;

  const MOST_ROWS = 500;
  const AGAIN_AFTER = 3000;
  const state = bar.querySelector(".state");
  const button = bar.querySelector("button");
  const address = new URL(bar.dataset.stream, location.href);
  let last = Number(address.searchParams.get("after"));
  let source = null;
  let waiting = [];
  let again = 0;

  const say = (now) => {
    bar.dataset.state = now;
    const words = bar.dataset[now];
    if (state.textContent !== words) state.textContent = words;
    button.textContent = now === "paused" ? bar.dataset.resume : bar.dataset.pause;
  };

  const put = () => {
    const rows = document.createElement("template");
    rows.innerHTML = waiting.reverse().join("");
    waiting = [];
    for (const row of rows.content.querySelectorAll("li")) row.classList.add("new");
    log.prepend(rows.content);
    while (log.childElementCount > MOST_ROWS) log.lastElementChild.remove();
    const none = document.getElementById("none");
    if (none) none.remove();
  };

  const take = (message) => {
    const position = Number(message.lastEventId);
    if (position <= last) return;
    last = position;
    if (!waiting.length) requestAnimationFrame(put);
    waiting.push(message.data);
    if (waiting.length > MOST_ROWS) waiting.shift(); // they would be off the page by now
  };

  const listen = () => {
    clearTimeout(again);
    address.searchParams.set("after", last);
    source = new EventSource(address);
    source.addEventListener("open", () => say("on"));
    source.addEventListener("row", take);
    source.addEventListener("error", () => {
      say("away");
      // A cut connection the browser mends itself; a refusal it takes for the last word, and we don't.
      if (source && source.readyState === EventSource.CLOSED) again = setTimeout(listen, AGAIN_AFTER);
    });
  };

  const pause = () => {
    clearTimeout(again);
    source.close();
    source = null;
    say("paused");
  };

  button.addEventListener("click", () => (source ? pause() : listen()));
  bar.hidden = false;
  say("away");
  listen();
})();
