// Saves the form as one writes. What is not saved yet is kept in this browser too, and offered back: no word is lost.
// Every sentence that it shows comes from the page or from the server, in the reader's language.
"use strict";

(() => {
  const form = document.getElementById("writing");
  if (!form || !form.dataset.key || !window.fetch) return;

  const say = form.dataset;
  const state = document.getElementById("state");
  const KEY = `datacity:draft:${say.key}:${say.of}`;
  const PAUSE = 1200;
  const LONGEST = 8000;

  const boxes = [...form.querySelectorAll(".field[data-name]")];
  const box = Object.fromEntries(boxes.map((each) => [each.dataset.name, each]));
  const inputs = (name) => [...form.elements].filter((each) => each.name === name && each.type !== "hidden");

  // What stands in a field: text, or the list of what is chosen.
  const read = (name) => {
    const all = inputs(name);
    if (all.length === 1 && !/^(checkbox|radio)$/.test(all[0].type) && all[0].tagName !== "SELECT") return all[0].value;
    return all.filter((each) => each.tagName === "SELECT" ? each.value : each.checked).map((each) => each.value);
  };
  const write = (name, value) => {
    const listed = Array.isArray(value) ? value : String(value || "").split(",");
    inputs(name).forEach((each, nth) => {
      if (/^(checkbox|radio)$/.test(each.type)) each.checked = listed.includes(each.value);
      else if (each.tagName === "SELECT") each.value = listed[nth] || "";
      else each.value = Array.isArray(value) ? value.join(",") : value || "";
    });
    look(name);
  };
  // The server leaves out white space at both ends, so that is no difference.
  const plain = (value) => Array.isArray(value) ? value : String(value || "").trim();
  const same = (a, b) => JSON.stringify(plain(a)) === JSON.stringify(plain(b));

  const saved = {};
  for (const name of Object.keys(box)) saved[name] = read(name);
  const dirty = new Set();
  const aside = new Set();
  let base = Number(form.elements.base.value);
  let busy = false, timer = 0, since = 0, failures = 0, ended = false, leaves = false;
  let waiting = null; // what an earlier page left in this browser, until its writer decides

  // Kept in this browser.

  const kept = () => {
    try { return JSON.parse(localStorage.getItem(KEY)); } catch { return null; }
  };
  const keep = () => {
    const fields = waiting ? { ...waiting.fields } : {};
    for (const name of dirty) fields[name] = read(name);
    const from = waiting ? Math.min(base, waiting.base) : base;
    const at = waiting ? waiting.at : new Date().toISOString();
    try {
      if (Object.keys(fields).length) localStorage.setItem(KEY, JSON.stringify({ base: from, at, fields }));
      else localStorage.removeItem(KEY);
    } catch { /* a full or forbidden store: the page itself still has the words */ }
  };

  // Told.

  const tell = (text, kind) => {
    state.textContent = text;
    state.dataset.kind = kind || "";
  };
  const offerEntrance = () => {
    tell(`${say.ended} `, "bad");
    const link = document.createElement("a");
    link.href = say.signIn;
    link.textContent = say.enter;
    state.append(link);
  };
  const list = (into, texts) => into.replaceChildren(...texts.map((text) => {
    const line = document.createElement("li");
    line.textContent = text;
    return line;
  }));

  // While one writes: counts, and what another answer makes that is asked.

  const MARKS = /[\p{M}\p{Cf}]/gu;
  const WORD = /[\p{L}\p{N}_]+(?:['’.·\-‐‑][\p{L}\p{N}_]+|(?<=\p{N})[,;٫٬](?=\p{N})[\p{L}\p{N}_]+)*/gu;
  const count = (text, unit) => unit === "words"
    ? (text.replaceAll("\u200b", " ").replace(MARKS, "").match(WORD) || []).length
    : [...text.trim().normalize("NFC").replace(MARKS, "")].length;
  const number = new Intl.NumberFormat(document.documentElement.lang === "fr" ? "fr-MA" : document.documentElement.lang === "ar" ? "ar-MA" : "en-GB");

  const look = (name) => {
    const { unit, most } = box[name].dataset;
    const shown = box[name].querySelector(".count");
    if (!shown || !unit) return;
    const found = count(String(read(name)), unit);
    const words = unit === "words" ? say.countWords : say.countCharacters;
    shown.textContent = words.replace("##", number.format(most)).replace("#", number.format(found));
    shown.classList.toggle("over", found > Number(most));
  };
  const ask = () => {
    for (const each of boxes) {
      if (!each.dataset.if) continue;
      const decides = box[each.dataset.if];
      const among = each.dataset.among.split(" ");
      each.hidden = !decides || decides.hidden || ![read(each.dataset.if)].flat().some((value) => among.includes(value));
    }
  };

  // Saving.

  const later = (pause) => {
    clearTimeout(timer);
    since = since || Date.now();
    timer = setTimeout(save, Math.min(pause, Math.max(0, since + LONGEST - Date.now())));
  };

  // `only` this field, decided upon by somebody who read all `upTo` a version.
  async function save({ leaving = false, only = null, upTo = base } = {}) {
    clearTimeout(timer);
    if (!dirty.size || (busy && !leaving) || ended) return;
    busy = true;
    since = 0;
    const sent = Object.fromEntries((only ? [only] : [...dirty]).map((name) => [name, read(name)]));
    const body = new URLSearchParams({ base: upTo, pen: form.elements.pen.value });
    for (const [name, value] of Object.entries(sent)) {
      body.append("shown", name);
      for (const one of [value].flat()) body.append(name, one);
    }
    tell(say.saving);
    let answer = null;
    try {
      answer = await fetch(form.action, {
        method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin",
        redirect: "error", keepalive: leaving && String(body).length < 60000,
      });
    } catch { /* no connection, or no server */ }
    busy = false;
    if (answer && answer.ok) {
      failures = 0;
      take(await answer.json(), sent, only);
      return;
    }
    keep();
    if (answer && answer.status === 401) {
      ended = true;
      offerEntrance();
      return;
    }
    if (answer && answer.status < 500 && answer.status !== 429) {
      const told = await answer.json().catch(() => ({}));
      tell(`${say.refused}: ${told.said || told.detail || answer.status}`, "bad");
      return;
    }
    failures += 1;
    tell(navigator.onLine === false || !answer ? say.offline : say.away, "warn");
    timer = setTimeout(save, Math.min(60000, 2000 * 2 ** Math.min(failures, 5)) * (0.75 + Math.random() / 2));
  }

  function take(told, sent, only) {
    for (const [name, { outcome, value, note }] of Object.entries(told.fields)) {
      if (!box[name]) continue;
      const untouched = same(read(name), sent[name]);
      if (outcome === "kept-aside") {
        aside.add(name);
        met(name, value, note, told.number);
        continue;
      }
      aside.delete(name);
      saved[name] = sent[name];
      if (outcome === "merged" && untouched) {
        const at = inputs(name)[0];
        const where = [at.selectionStart, at.selectionEnd];
        write(name, value);
        saved[name] = read(name);
        if (document.activeElement === at && where[0] !== null) at.setSelectionRange(...where);
      }
      if (untouched) dirty.delete(name);
      remark(name, note);
    }
    for (const [name, { value, note }] of Object.entries(told.others)) {
      if (!box[name] || dirty.has(name)) continue;
      write(name, value);
      saved[name] = read(name);
      remark(name, note);
    }
    // Words that wait were begun with the older version: only from there can they be joined with what others wrote.
    const behind = Object.keys(told.others).some((name) => dirty.has(name)) || (only && dirty.size);
    if (!behind) form.elements.base.value = base = told.base;
    keep();
    progress(told);
    if (told.deadline) {
      const at = document.getElementById("deadline");
      at.querySelector("time").dateTime = told.deadline.at;
      at.querySelector("time").textContent = told.deadline.wall;
      at.querySelector("small").textContent = told.deadline.there;
    }
    ask();
    const open = [...dirty].filter((name) => !aside.has(name));
    if (open.length) later(PAUSE);
    tell(dirty.size ? say.unsaved : told.said, dirty.size ? "warn" : "good");
  }

  const remark = (name, note) => {
    const at = box[name].querySelector(".met");
    at.replaceChildren();
    if (!note) return;
    const line = document.createElement("p");
    line.className = "hint";
    line.textContent = note;
    at.append(line);
  };

  // Two members wrote at the same place: both texts are shown, and a person decides.
  function met(name, theirs, note, upTo) {
    const at = box[name].querySelector(".met");
    const shown = document.createElement("section");
    shown.className = "say warn";
    const what = document.createElement("p");
    what.textContent = note || "";
    const text = document.createElement("blockquote");
    text.className = "words";
    text.dir = "auto";
    text.textContent = Array.isArray(theirs) ? theirs.join(", ") : theirs || "–";
    const row = document.createElement("ul");
    row.className = "actions";
    const button = (label, act) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "quiet";
      made.textContent = label;
      made.addEventListener("click", act);
      const line = document.createElement("li");
      line.append(made);
      row.append(line);
    };
    button(say.takeTheirs, () => {
      write(name, theirs);
      saved[name] = read(name);
      dirty.delete(name);
      aside.delete(name);
      at.replaceChildren();
      if (!dirty.size) form.elements.base.value = base = upTo;
      keep();
      tell(dirty.size ? say.unsaved : "", dirty.size ? "warn" : "");
    });
    button(say.keepMine, () => {
      aside.delete(name);
      at.replaceChildren();
      save({ only: name, upTo });
    });
    shown.append(what, text, row);
    at.replaceChildren(shown);
  }

  function progress(told) {
    const bar = document.getElementById("progress");
    if (!bar) return;
    bar.max = told.of;
    bar.value = told.done;
    const whole = !told.lacks.length;
    bar.classList.toggle("full", whole);
    document.getElementById("done").textContent = whole ? say.whole : told.progress;
    const lacking = document.getElementById("lacking");
    lacking.hidden = whole;
    lacking.querySelector("ul").replaceChildren(...told.lacks.map((each) => {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#at-${each.id}`;
      link.textContent = each.label;
      line.append(link, `: ${each.said}`);
      return line;
    }));
    for (const each of boxes) {
      const name = each.id.slice(3);
      const wrong = told.wrong[name] || [];
      list(document.getElementById(`${name}-wrong`), wrong);
      each.classList.toggle("wrong", wrong.length > 0);
      for (const input of inputs(each.dataset.name)) {
        if (wrong.length) input.setAttribute("aria-invalid", "true");
        else input.removeAttribute("aria-invalid");
      }
    }
  }

  // What this browser kept when it could not be saved.

  function offer() {
    const found = kept();
    if (!found || !found.fields) return;
    const names = Object.keys(found.fields).filter((name) => box[name] && !same(found.fields[name], read(name)));
    if (!names.length) {
      try { localStorage.removeItem(KEY); } catch { /* then it is offered again */ }
      return;
    }
    waiting = found;
    const at = document.getElementById("found");
    at.querySelector(".when").textContent = new Date(found.at).toLocaleString(document.documentElement.lang);
    at.querySelector(".words-found").replaceChildren(...names.map((name) => {
      const shown = document.createElement("blockquote");
      shown.className = "words";
      shown.dir = "auto";
      shown.textContent = [found.fields[name]].flat().join(", ");
      return shown;
    }));
    at.hidden = false;
    at.querySelector(".restore").addEventListener("click", () => {
      base = Math.min(base, found.base);
      waiting = null;
      for (const name of names) {
        write(name, found.fields[name]);
        dirty.add(name);
      }
      at.hidden = true;
      ask();
      keep();
      save();
    });
    at.querySelector(".drop").addEventListener("click", () => {
      waiting = null;
      at.hidden = true;
      keep();
    });
  }

  // Listening.

  const changed = (event) => {
    const name = event.target.name;
    if (!box[name] || "still" in box[name].dataset) return;
    if (same(read(name), saved[name]) && !aside.has(name)) dirty.delete(name);
    else dirty.add(name);
    look(name);
    ask();
    keep();
    if (!dirty.size || ended) return;
    if (!busy && !failures) tell(say.unsaved);
    later(PAUSE);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);

  // The buttons save all that is shown, as without a script; their page answers by itself.
  form.addEventListener("submit", () => {
    form.elements.base.value = base;
    clearTimeout(timer);
    leaves = true;
    setTimeout(() => { leaves = false; }, 5000);
  });

  addEventListener("online", () => { failures = 0; save(); });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save({ leaving: true }); });
  addEventListener("beforeunload", (event) => {
    keep();
    if (dirty.size && !leaves && !ended) event.preventDefault();
  });

  for (const name of Object.keys(box)) look(name);
  ask();
  offer();
})();
