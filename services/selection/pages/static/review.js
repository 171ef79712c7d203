// Saves a review as it is written, and keeps in this browser what could not be saved, until it is.
"use strict";

(() => {
  const PREFIX = "datacity.review.";
  const store = {
    read(key) { try { return JSON.parse(localStorage.getItem(PREFIX + key)); } catch { return null; } },
    write(key, words) { try { localStorage.setItem(PREFIX + key, JSON.stringify(words)); } catch { /* full, or forbidden */ } },
    drop(key) { try { localStorage.removeItem(PREFIX + key); } catch { /* forbidden */ } },
  };
  for (const done of document.querySelectorAll("[data-forget]")) {
    store.drop(done.dataset.forget);
    store.drop(`${done.dataset.forget}.kept`);
  }
  const form = document.querySelector("form[data-review]");
  if (!form) return;

  const id = form.dataset.review;
  const version = form.elements.namedItem("version");
  const state = document.getElementById("saving");
  const signIn = document.getElementById("sign-in");
  const SOON = 1200;
  const AGAIN = [5000, 10000, 20000, 40000, 60000];
  let waiting = 0;
  let saving = null;
  let dirty = false;
  let failed = 0;
  let over = false; // nothing can be saved here any more, before the page is read anew

  const say = (what, words = "") => {
    form.dataset.state = what;
    const said = form.dataset[what] + words;
    if (state.textContent !== said) state.textContent = said;
    signIn.hidden = what !== "ended";
  };
  const words = () => {
    const all = Object.fromEntries(new FormData(form));
    delete all.version;
    delete all.revision;
    delete all.act;
    return all;
  };
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  // What an earlier visit could not save is offered, never put in by itself.
  const offer = document.getElementById("offer");
  const earlier = store.read(id) || store.read(`${id}.kept`);
  store.drop(id);
  if (earlier && !same(earlier.words, words())) {
    store.write(`${id}.kept`, earlier);
    offer.querySelector("p").textContent = form.dataset.kept + new Date(earlier.at).toLocaleString(document.documentElement.lang);
    offer.hidden = false;
  } else store.drop(`${id}.kept`);
  const settle = () => {
    store.drop(`${id}.kept`);
    offer.hidden = true;
    form.querySelector("input:checked").focus();
  };
  document.getElementById("put-back").addEventListener("click", () => {
    for (const [name, value] of Object.entries(earlier.words)) {
      const field = form.elements.namedItem(name);
      if (field) field.value = value;
    }
    settle();
    changed();
  });
  document.getElementById("throw-away").addEventListener("click", settle);

  const total = () => {
    let sum = 0;
    let weights = 0;
    for (const each of form.querySelectorAll(".score")) {
      const given = each.querySelector("input:checked");
      if (!given || !/^\d+$/.test(given.value)) continue;
      sum += Number(each.dataset.weight) * Number(given.value) * 10;
      weights += Number(each.dataset.weight);
    }
    if (weights) sum /= weights;
    document.getElementById("total").textContent = sum.toLocaleString(form.ownerDocument.documentElement.lang === "en" ? "en-GB" : "fr-MA", { maximumFractionDigits: 1 });
  };

  const save = async () => {
    clearTimeout(waiting);
    if (saving) return saving;
    if (!dirty || over) return undefined;
    dirty = false;
    say("saving");
    saving = send().finally(() => { saving = null; });
    await saving;
    if (dirty && !failed && !over) later(SOON);
    return undefined;
  };
  const send = async () => {
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST",
        headers: { Accept: "application/json", "If-Match": `"${version.value}"` },
        body: new URLSearchParams(new FormData(form)),
      });
    } catch {
      return retry("offline");
    }
    if (answer.ok) {
      version.value = (await answer.json()).version;
      failed = 0;
      if (!dirty) {
        store.drop(id);
        say("saved", new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }));
      }
      return undefined;
    }
    if (answer.status === 401) return retry("ended");
    if (answer.status === 429 || answer.status >= 500) return retry("offline");
    dirty = true;
    over = true;
    say(answer.status === 412 ? "stale" : "refused");
    return undefined;
  };
  const retry = (why) => {
    dirty = true;
    say(why);
    later(AGAIN[Math.min(failed, AGAIN.length - 1)]);
    failed += 1;
  };
  const later = (milliseconds) => {
    clearTimeout(waiting);
    waiting = setTimeout(save, milliseconds);
  };
  const changed = () => {
    dirty = true;
    store.write(id, { at: Date.now(), words: words() });
    total();
    if (over) return;
    if (failed) return;
    say("unsaved");
    later(SOON);
  };

  form.addEventListener("input", changed);
  for (const event of ["online", "focus"]) window.addEventListener(event, () => { if (failed) save(); });
  document.addEventListener("visibilitychange", () => { if (dirty) save(); });

  // The form's own buttons send the same version, so they wait for what is on its way.
  form.addEventListener("submit", async (event) => {
    clearTimeout(waiting);
    if (!saving) return;
    event.preventDefault();
    await saving;
    form.requestSubmit(event.submitter);
  });

  // Digits, only while a score has the focus: 1 and then 0 at once is 10.
  let before = { digit: "", at: 0 };
  form.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      dirty = true;
      save();
    } else if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[value=submit]"));
    } else if (/^[0-9]$/.test(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey) {
      const score = event.target.closest(".score");
      if (!score || event.target.type !== "radio") return;
      event.preventDefault();
      const ten = event.key === "0" && before.digit === "1" && Date.now() - before.at < 700;
      before = { digit: event.key, at: Date.now() };
      const chosen = score.querySelector(`input[value="${ten ? 10 : event.key}"]`);
      if (!chosen) return;
      chosen.checked = true;
      chosen.focus();
      changed();
    }
  });
})();
