// The inbox, live. Every form works without it. What comes from the server is only ever
// put on the page as text. Builds what templates/desk_parts.html builds: keep them the same.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const queue = $("[data-queue]");
  if (!queue) return;
  const talk = $("[data-talk]");
  const csrf = document.body.dataset.csrf;
  const base = location.pathname.replace(/^(.*?\/inbox)(\/.*)?$/, "$1");
  const open = talk ? talk.dataset.talk : "";
  const address = (action) => `${base}/gesprek/${open}/${action}`;
  const ICONS = { emergency: "▲", same_day: "◆", soon: "●" };

  function make(tag, name, ...children) {
    const one = document.createElement(tag);
    if (name) one.className = name;
    one.append(...children.filter((child) => child !== "" && child !== null));
    return one;
  }
  const hidden = (text) => make("span", "unseen", text);
  function icon(urgency) {
    const one = make("span", "icon", ICONS[urgency]);
    one.setAttribute("aria-hidden", "true");
    return one;
  }
  const setText = (one, text) => {
    if (one && one.textContent !== text) one.textContent = text;
  };
  const keep = (store, name, value) => {
    // A browser may refuse to keep anything.
    try {
      if (value === null) store.removeItem(name);
      else store.setItem(name, value);
    } catch {}
  };
  const kept = (store, name) => {
    try {
      return store.getItem(name);
    } catch {
      return null;
    }
  };

  // ---- The queue

  function fillRow(row) {
    const line = (name, ...children) => make("span", `line ${name}`.trim(), ...children);
    const parts = [
      line(
        "",
        make("strong", "", row.name),
        " ",
        make("span", "small", row.channel),
        " ",
        make("span", "small end", row.last_at),
      ),
    ];
    if (row.urgency !== "none") {
      const seen = row.alarm ? ", nog niet gezien" : "";
      parts.push(line(`level ${row.urgency}`, icon(row.urgency), ` ${row.urgency_text}${seen}`));
    }
    parts.push(
      line(
        "",
        make("span", "state", row.state_text),
        row.unread ? " " : "",
        row.unread ? make("span", "unread", `${row.unread} ongelezen`) : "",
        row.waits ? " " : "",
        row.waits ? make("span", "waits", row.waits) : "",
        row.callback ? " " : "",
        row.callback ? make("span", "callback", "Terugbellen") : "",
      ),
    );
    if (row.topics) parts.push(line("small", `Vroeg naar: ${row.topics}`));
    if (row.last_line) parts.push(line("last", `${row.last_who}: ${row.last_line}`));
    return parts;
  }

  const drawn = new Map();
  function showQueue(view) {
    const rows = $("[data-rows]");
    const focused = rows.contains(document.activeElement)
      ? document.activeElement.closest("[data-id]").dataset.id
      : null;
    const old = new Map($$("[data-id]", rows).map((one) => [one.dataset.id, one]));
    const query = queue.dataset.query;
    const now = view.rows.map((row) => {
      const one = old.get(row.id) || make("li", "", make("a"));
      one.dataset.id = row.id;
      one.className = `row is-${row.state}${row.alarm ? " alarm" : ""}`;
      const link = one.firstElementChild;
      link.href = `${base}/gesprek/${row.id}${query ? `?${query}` : ""}`;
      if (row.id === open) link.setAttribute("aria-current", "page");
      const looks = JSON.stringify(row);
      if (drawn.get(row.id) !== looks) link.replaceChildren(...fillRow(row));
      drawn.set(row.id, looks);
      return one;
    });
    if (now.some((one, at) => rows.children[at] !== one) || rows.children.length !== now.length) {
      rows.replaceChildren(...now);
      const again = focused && now.find((one) => one.dataset.id === focused);
      if (again) again.firstElementChild.focus({ preventScroll: true });
    }
    rows.hidden = now.length === 0;
    const empty = $("[data-empty]");
    empty.hidden = now.length > 0;
    setText(empty, view.empty);
    for (const tab of view.tabs) {
      const count = $(`[data-tab="${tab.name}"] .count`);
      if (count && tab.count !== null) setText(count, String(tab.count));
    }
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = view.waiting ? `(${view.waiting}) ${title}` : title;
    call(view.calling);
  }

  function showPresence({ present, people }) {
    setText(
      $("[data-people]"),
      people.length ? `Aanwezig: ${people.join(", ")}` : "Niemand is aanwezig.",
    );
    const form = $("[data-presence]");
    if (!form) return;
    form.elements.present.value = present ? "0" : "1";
    setText($("[data-presence-text]"), present ? "Je bent aanwezig" : "Je bent afwezig");
    setText($("[data-presence-do]"), present ? ", ga op afwezig" : ", ga op aanwezig");
  }

  // ---- Sound and notifications: nothing about a patient is in them

  const SOUND = "inbox-sound";
  const button = $("[data-sound]");
  let sounding = kept(localStorage, SOUND) === "on";
  let audio = null;
  // What was calling when the page was made needs no sound.
  let called = new Set((queue.dataset.calling || "").split("|").filter(Boolean));

  function beep(urgent) {
    if (!audio || audio.state !== "running") return;
    const tones = urgent ? [880, 660, 880] : [660, 880];
    tones.forEach((tone, at) => {
      const from = audio.currentTime + at * 0.22;
      const wave = audio.createOscillator();
      const volume = audio.createGain();
      wave.frequency.value = tone;
      volume.gain.setValueAtTime(0.0001, from);
      volume.gain.exponentialRampToValueAtTime(0.25, from + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.2);
      wave.connect(volume).connect(audio.destination);
      wave.start(from);
      wave.stop(from + 0.21);
    });
  }

  function wakeAudio() {
    const Audio = window.AudioContext || window.webkitAudioContext;
    if (!sounding || !Audio) return;
    audio ??= new Audio();
    if (audio.state === "suspended") audio.resume();
  }

  function call(calling) {
    const fresh = calling.filter((one) => !called.has(one));
    called = new Set(calling);
    if (!fresh.length) return;
    const urgent = fresh.some((one) => one.includes(" alarm "));
    const text = urgent ? "Er is een alarm in de inbox." : "Er wacht iemand in de inbox.";
    setText($("[data-called]"), "");
    setTimeout(() => setText($("[data-called]"), text), 50);
    document.dispatchEvent(new CustomEvent("inbox-call", { detail: { urgent } }));
    if (!sounding) return;
    beep(urgent);
    if (document.hasFocus() || !("Notification" in window)) return;
    if (Notification.permission !== "granted") return;
    try {
      new Notification("Ruggesteun", { body: text, tag: "inbox" });
    } catch {
      // Phones want a service worker for this; there the sound must do.
    }
  }

  function showSwitch() {
    button.setAttribute("aria-pressed", String(sounding));
  }
  $("[data-switches]").hidden = false;
  showSwitch();
  button.addEventListener("click", () => {
    sounding = !sounding;
    keep(localStorage, SOUND, sounding ? "on" : "off");
    showSwitch();
    wakeAudio();
    if (!sounding) return;
    setTimeout(() => beep(false), 100);
    if ("Notification" in window && Notification.permission === "default") {
      Notification.requestPermission();
    }
  });
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, wakeAudio);

  // ---- The conversation

  const log = $("[data-log]");
  const stream = $("[data-stream]");
  const newer = $("[data-newer]");
  let last = talk ? Number(talk.dataset.last) : 0;

  // Where there is room the messages scroll by themselves, else with all around them.
  const scroller = () =>
    getComputedStyle(stream).overflowY === "visible" ? document.scrollingElement : stream;
  const isAtEnd = () => {
    if (!stream) return false;
    const one = scroller();
    if (one === stream) return one.scrollHeight - one.scrollTop - one.clientHeight < 80;
    return stream.getBoundingClientRect().bottom < innerHeight + 40;
  };
  function toEnd() {
    const one = scroller();
    if (one === stream) one.scrollTop = one.scrollHeight;
    else $("[data-typing]").scrollIntoView({ block: "end" });
    newer.hidden = true;
  }

  function pieceOf(piece) {
    if (piece.mark) {
      const one = make("mark", piece.urgency, piece.text, hidden(` (alarmteken: ${piece.mark})`));
      one.title = piece.mark;
      return one;
    }
    return piece.strong ? make("strong", "", piece.text) : piece.text;
  }

  function signsOf(signs) {
    return signs.map((sign) => {
      const one = make("p", `sign level ${sign.urgency}`);
      if (sign.urgency !== "none") one.append(icon(sign.urgency), " ");
      one.append(`Alarmteken: ${sign.name} (${sign.level})`);
      return one;
    });
  }

  function itemOf(item) {
    const one = make("div", `item ${item.kind} ${item.author}${item.alarm ? " alarming" : ""}`);
    one.dataset.id = item.id;
    one.dataset.day = item.day;
    one.dataset.client = item.client_id;
    const time = make("time", "", item.time);
    time.dateTime = item.at;
    if (item.kind === "line") {
      one.append(make("p", "text", item.parts[0][0].text, " ", time));
      return one;
    }
    if (item.kind === "noted") {
      one.append(make("p", "meta", make("span", "", "Alleen voor de praktijk"), " ", time));
      one.append(...signsOf(item.signs));
      return one;
    }
    one.append(make("p", "meta", make("span", "who", item.who), " ", time));
    for (const part of item.parts) one.append(make("p", "text", ...part.map(pieceOf)));
    if (item.buttons.length) one.append(make("p", "small", `Knoppen: ${item.buttons.join(" · ")}`));
    one.append(...signsOf(item.signs));
    if (item.useful !== null) {
      const had = item.useful ? "De patiënt had hier iets aan." : "De patiënt had hier niets aan.";
      one.append(make("p", "small", had));
    }
    return one;
  }

  function showItems({ items, last: newest }) {
    let stay = !isAtEnd();
    let added = false;
    for (const item of items) {
      const old = $(`.item[data-id="${item.id}"]`, log);
      const one = itemOf(item);
      if (old) {
        // What was found in a message comes after it; the message itself isn't new.
        if (old.textContent.replace(/\s/g, "") !== one.textContent.replace(/\s/g, "")) {
          old.replaceWith(one);
        }
        continue;
      }
      const before = $$(".item", log).pop();
      if (!before || before.dataset.day !== item.day) log.append(make("p", "day", item.day));
      log.append(one);
      added = true;
      // Who sends something sees it.
      if ([...sent].some((id) => item.client_id.startsWith(`${id}-`))) stay = false;
    }
    last = Math.max(last, newest);
    settle();
    if (!added) return;
    if (stay) newer.hidden = false;
    else toEnd();
    tellRead();
  }

  let readTold = last;
  async function tellRead() {
    if (document.hidden || !talk || last <= readTold) return;
    readTold = last;
    send("gelezen", { event: String(last) }).catch(() => {});
  }

  function sectionOf(part) {
    const lines = part.lines.map((line) => {
      const one = make("li", line.urgency ? `level ${line.urgency}` : "");
      if (line.urgency && line.urgency !== "none") one.append(icon(line.urgency), " ");
      if (line.label) one.append(make("strong", "", line.label), " ");
      one.append(make("span", "", line.value));
      return one;
    });
    return make("section", "part", make("h3", "", part.title), make("ul", "", ...lines));
  }

  let shownCard = null;
  let shownColleagues = null;
  function showPanel(panel) {
    for (const field of $$("[data-field]", talk)) setText(field, panel[field.dataset.field]);
    const focused = document.activeElement;
    for (const part of $$("[data-can]", talk)) {
      part.hidden = !panel.can[part.dataset.can];
      if (part.hidden && part.tagName === "DETAILS") part.open = false;
    }
    $('[data-cannot="write"]').hidden = panel.can.write;
    if (focused && focused !== document.body && talk.contains(focused) && !focused.checkVisibility()) {
      ($('[data-act="schrijven"]').hidden ? $("#talk-title") : field).focus({ preventScroll: true });
    }
    const bar = $("[data-alarm]");
    bar.hidden = panel.urgency === "none";
    bar.className = `alarm-bar level ${panel.urgency}`;
    setText($("[data-alarm-icon]"), ICONS[panel.urgency] || "");
    const card = JSON.stringify(panel.card);
    if (card !== shownCard) $("[data-card]").replaceChildren(...panel.card.map(sectionOf));
    shownCard = card;
    $("[data-nocard]").hidden = panel.card.length > 0;
    const notes = $("[data-notes]");
    const known = new Set($$("[data-id]", notes).map((one) => one.dataset.id));
    for (const note of panel.notes) {
      if (known.has(String(note.id))) continue;
      const head = make("p", "meta", make("span", "who", note.name), " ", make("span", "", note.when));
      const one = make("li", "", head, make("p", "text", note.text));
      one.dataset.id = note.id;
      notes.append(one);
    }
    const colleagues = JSON.stringify(panel.colleagues);
    if (colleagues !== shownColleagues) showColleagues(panel.colleagues);
    shownColleagues = colleagues;
  }

  function showColleagues(colleagues) {
    const choice = $("[data-colleagues]");
    const chosen = choice.value;
    const options = colleagues.map(({ account, name }) => new Option(name, account));
    if (!options.length) options.push(new Option("Niemand anders is aanwezig", ""));
    choice.replaceChildren(...options);
    if (colleagues.some(({ account }) => String(account) === chosen)) choice.value = chosen;
  }

  let typingTimer = 0;
  function showTyping(on) {
    clearTimeout(typingTimer);
    const atEnd = isAtEnd();
    setText($("[data-typing]"), on ? "De patiënt typt…" : "");
    if (on && atEnd) toEnd();
    // In case nobody says that it ended.
    if (on) typingTimer = setTimeout(() => showTyping(false), 30_000);
  }

  function tell(text, withLogin = false) {
    const told = $("[data-told]");
    if (!told) return;
    told.replaceChildren(text);
    if (withLogin) {
      const link = make("a", "", "Log opnieuw in");
      link.href = `${base}/login`;
      told.append(" ", link, ". Wat je typte, blijft in dit tabblad bewaard.");
    }
    told.hidden = !text;
  }

  // ---- What is typed: never lost, never sent twice

  const field = $("#message");
  const draftName = (name) => `inbox:${talk.dataset.account}:${open}:${name}`;
  const newId = () => {
    const random = crypto.getRandomValues(new Uint8Array(16));
    return [...random].map((one) => one.toString(16).padStart(2, "0")).join("");
  };
  // What was sent, in order, until it stands in the conversation.
  let pending = [];
  // What of it has yet to leave: one goes at a time, so that their order stays.
  let leaving = [];
  const sent = new Set();
  // What was put back into the field (as `whole`), and may have come through all the same.
  let unsure = null;

  function setPending(now) {
    pending = now;
    keep(sessionStorage, draftName("pending"), now.length ? JSON.stringify(now) : null);
  }

  /** What was sent stands in the conversation: it needn't be kept any more. */
  function settle() {
    const stands = (one) => one && $(`.item[data-client^="${one.id}-"]`, log);
    if (pending.some(stands)) setPending(pending.filter((one) => !stands(one)));
    if (!stands(unsure)) return;
    if (field.value === unsure.whole) {
      field.value = unsure.whole.slice(unsure.text.length + 1);
      field.dispatchEvent(new Event("input"));
    }
    unsure = null;
    tell("");
  }

  function putBack() {
    leaving = [];
    if (!pending.length) return;
    const [first] = pending;
    const texts = pending.map((one) => one.text);
    const whole = [...texts, field.value].filter(Boolean).join("\n");
    // Only the first was under way.
    unsure = { ...first, whole };
    field.value = whole;
    field.dispatchEvent(new Event("input"));
    setPending([]);
  }

  function grow(one) {
    one.rows = Math.min(10, Math.max(2, one.value.split("\n").length + Math.floor(one.value.length / 60)));
  }

  let typedAt = 0;
  let stopTimer = 0;
  function tellTyping() {
    clearTimeout(stopTimer);
    const on = field.value.trim() !== "";
    if (on && Date.now() - typedAt > 3000) {
      typedAt = Date.now();
      send("typt", { on: "1" }).catch(() => {});
    }
    const stop = () => {
      if (!typedAt) return;
      typedAt = 0;
      send("typt", { on: "0" }).catch(() => {});
    };
    if (on) stopTimer = setTimeout(stop, 4000);
    else stop();
  }

  function setUpFields() {
    for (const one of $$("[data-draft]", talk)) {
      const name = draftName(one.dataset.draft);
      one.value = one.value || kept(sessionStorage, name) || "";
      grow(one);
      one.addEventListener("input", () => {
        keep(sessionStorage, name, one.value || null);
        grow(one);
        if (one === field) tellTyping();
      });
    }
    try {
      pending = [JSON.parse(kept(sessionStorage, draftName("pending")) || "[]")].flat();
    } catch {}
    settle();
    // It may have come through all the same: then its name keeps it from coming twice.
    putBack();
    const choice = $("[data-canned]");
    choice.addEventListener("change", () => {
      if (!choice.value) return;
      const gap = field.value && !/\s$/.test(field.value) ? " " : "";
      field.value += gap + choice.value;
      choice.value = "";
      field.dispatchEvent(new Event("input"));
      field.focus();
    });
    field.addEventListener("keydown", (event) => {
      const isSend = event.key === "Enter" && !event.shiftKey && !event.isComposing;
      // A phone's keyboard has no other way to begin a new line.
      if (!isSend || matchMedia("(pointer: coarse)").matches) return;
      event.preventDefault();
      field.form.requestSubmit();
    });
  }

  // ---- Forms

  class Told extends Error {}
  class LoggedOut extends Error {}

  async function send(action, fields, where = address(action)) {
    const answer = await fetch(where, {
      method: "POST",
      headers: { Accept: "application/json", "X-CSRF": csrf },
      body: new URLSearchParams(fields),
    });
    if (answer.status === 401 || answer.redirected) throw new LoggedOut();
    if (answer.status === 204) return {};
    const isJson = (answer.headers.get("content-type") || "").includes("json");
    const body = isJson ? await answer.json() : {};
    if (answer.ok && isJson) return body;
    throw new Told(body.text || "Dit lukte niet. Laad de pagina opnieuw en probeer het nog eens.");
  }

  function explain(error) {
    if (error instanceof LoggedOut) tell("Je bent niet meer ingelogd.", true);
    else if (error instanceof Told) tell(error.message);
    else tell("Er is geen verbinding. Het is niet zeker dat dit gelukt is. Probeer het zo nog eens.");
  }

  function takeMessage() {
    const text = field.value;
    if (!text.trim()) return false;
    // The same text again keeps its name, so that it comes once; another is another message.
    const one = { id: unsure?.text === text ? unsure.id : newId(), text };
    unsure = null;
    leaving.push(one);
    sent.add(one.id);
    setPending([...pending, one]);
    field.value = "";
    clearTimeout(stopTimer);
    typedAt = 0;
    keep(sessionStorage, draftName("message"), null);
    grow(field);
    return true;
  }

  let isSending = false;
  async function sendMessages(action) {
    if (isSending) return;
    isSending = true;
    try {
      while (leaving.length) {
        const [one] = leaving;
        await send(action, { client_id: one.id, text: one.text });
        leaving = leaving.slice(1);
        setPending(pending.filter((other) => other !== one));
      }
      tell("");
    } catch (error) {
      putBack();
      explain(error);
    } finally {
      isSending = false;
    }
    // A message comes by the stream at once; without one it is fetched.
    if (!isStreaming) await look().catch(explain);
  }

  const busy = new Set();
  async function submit(form) {
    const action = form.dataset.act;
    if (busy.has(action)) return;
    const fields = Object.fromEntries(new FormData(form));
    delete fields.csrf;
    busy.add(action);
    try {
      await send(action, fields);
      tell("");
      if (form.elements.text) {
        form.elements.text.value = "";
        form.elements.text.dispatchEvent(new Event("input"));
      }
      const around = form.closest("details");
      if (around) around.open = false;
      await look();
    } catch (error) {
      explain(error);
    } finally {
      busy.delete(action);
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.act) {
      event.preventDefault();
      if (form.dataset.act !== "schrijven") submit(form);
      else if (takeMessage()) sendMessages(form.dataset.act);
    } else if (form.matches("[data-presence]")) {
      event.preventDefault();
      const present = form.elements.present.value;
      send("", { present }, form.action)
        .then(look)
        .catch((error) => (talk ? explain(error) : form.submit()));
    } else if (form.action.endsWith("/logout")) {
      // Nothing typed stays behind on a computer of others.
      try {
        sessionStorage.clear();
      } catch {}
    }
  });

  // ---- Live

  // What was said is not left on the screen either.
  function erased() {
    for (const place of ["log", "card", "notes"]) $(`[data-${place}]`)?.replaceChildren();
    stop("De patiënt heeft dit gesprek gewist, of de bewaartijd is om. Er is niets meer van bewaard. Laad de pagina opnieuw.");
  }

  const SHOW = {
    queue: showQueue,
    presence: showPresence,
    items: (data) => talk && showItems(data),
    panel: (data) => talk && showPanel(data),
    typing: ({ on }) => talk && showTyping(on),
    logout: () => stop("Je bent niet meer ingelogd."),
    gone: erased,
  };
  let source = null;
  let isStreaming = false;
  let failures = 0;
  let again = 0;
  let stopped = false;

  function stop(text) {
    stopped = true;
    clearTimeout(again);
    source?.close();
    isStreaming = false;
    setText($("[data-offline]"), text);
    tell(text, text.startsWith("Je bent"));
  }

  const live = () => `${queue.dataset.live}?${queue.dataset.query}&after=${last}`;

  function listen() {
    if (stopped) return;
    source?.close();
    source = new EventSource(live());
    source.onopen = () => {
      isStreaming = true;
      failures = 0;
      setText($("[data-offline]"), "");
    };
    for (const [name, show] of Object.entries(SHOW)) {
      source.addEventListener(name, (event) => show(JSON.parse(event.data)));
    }
    source.onerror = () => {
      // The browser would come back with the old address; what it has is newer.
      source.close();
      isStreaming = false;
      failures += 1;
      if (failures > 1) {
        setText($("[data-offline]"), "Geen directe verbinding. De lijst wordt om de paar seconden bijgewerkt.");
      }
      again = setTimeout(failures % 3 ? listen : lookOn, Math.min(500 * failures, 5000));
    };
  }

  async function lookOn() {
    try {
      await look();
    } catch {}
    if (!stopped) again = setTimeout(listen, 4000);
  }

  /** For who can't have a stream: what it would say. */
  async function look() {
    const answer = await fetch(live(), { headers: { Accept: "application/json" } });
    if (answer.status === 401) return stop("Je bent niet meer ingelogd.");
    if (answer.status === 404) return erased();
    if (!answer.ok) return undefined;
    for (const [name, data] of (await answer.json()).frames) SHOW[name]?.(data);
    return undefined;
  }

  // Who is present is so while this comes; browsers let a hidden page do it once a minute.
  setInterval(() => {
    if (!stopped) send("", {}, `${base}/open`).catch(() => {});
  }, 45_000);

  addEventListener("pagehide", () => {
    clearTimeout(again);
    source?.close();
  });
  addEventListener("pageshow", (event) => event.persisted && listen());
  document.addEventListener("visibilitychange", () => !document.hidden && tellRead());

  if (talk) {
    setUpFields();
    const unread = $("[data-new]");
    if (unread) unread.scrollIntoView({ block: "center" });
    else if (scroller() === stream) toEnd();
    newer.addEventListener("click", () => {
      toEnd();
      stream.focus({ preventScroll: true });
    });
    stream.addEventListener("scroll", () => {
      if (isAtEnd()) newer.hidden = true;
    });
  }
  listen();
})();
