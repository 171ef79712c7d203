// Sends a file piece by piece, and goes on where a connection broke off. Without it the form sends the file whole.
"use strict";

(() => {
  const form = document.getElementById("upload");
  if (!form || !window.fetch) return;

  const say = form.dataset;
  const state = document.getElementById("upload-state");
  const bar = document.getElementById("upload-progress");
  const PIECE = 2 ** 18;
  const MOST = 12;

  const ask = (path, options) => fetch(say.to + path, {
    credentials: "same-origin", redirect: "error", headers: { Accept: "application/json" }, ...options,
  });
  const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });
  class Refused extends Error {}

  // A fault of the way there is tried again, for some minutes; a refusal is not.
  async function patiently(act) {
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await act();
        if (answer.ok) return answer.status === 204 ? null : await answer.json();
        if (answer.status === 401) throw new Refused(say.ended);
        if (answer.status < 500 && answer.status !== 429) {
          const told = await answer.json().catch(() => ({}));
          throw new Refused(told.said || told.detail || String(answer.status));
        }
      } catch (fault) {
        if (fault instanceof Refused || tries >= MOST) throw fault;
      }
      state.textContent = say.waiting;
      await wait(Math.min(30000, 1000 * 2 ** tries) * (0.75 + Math.random() / 2));
    }
  }

  async function send(file) {
    const begun = await patiently(() => ask("", { method: "POST", body: new URLSearchParams({ name: file.name, length: file.size }) }));
    const at = `/${begun.id}`;
    try {
      let { offset } = begun;
      while (offset < file.size) {
        const from = offset;
        const told = await patiently(async () => {
          const here = await ask(at);
          if (!here.ok) return here;
          offset = (await here.clone().json()).offset;
          if (offset > from) return here; // the piece came in, its answer did not come back
          return ask(`${at}?offset=${from}`, {
            method: "POST", body: file.slice(from, from + PIECE),
            headers: { Accept: "application/json", "Content-Type": "application/offset+octet-stream" },
          });
        });
        offset = told.offset;
        bar.value = offset / file.size;
        state.textContent = say.sending;
      }
    } catch (fault) {
      ask(`${at}/end`, { method: "POST", body: new URLSearchParams() }).catch(() => {});
      throw fault;
    }
  }

  form.addEventListener("submit", async (event) => {
    const [file] = form.elements.file.files;
    if (!file) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    bar.hidden = false;
    bar.value = 0;
    state.textContent = say.sending;
    try {
      await send(file);
      location.reload();
    } catch (fault) {
      state.textContent = fault instanceof Refused ? fault.message : say.failed;
      bar.hidden = true;
      button.disabled = false;
    }
  });
})();
