// The panel: heading, conversation, input. Knows the conversation, not the network.

import { emptyCard, fillCard } from "./consent-card.js";
import { icon, make } from "./dom.js";
import { download } from "./download.js";
import { addLine, answerBubble, callButtons, nameOf, patientBubble, phoneLink, systemLine } from "./message-view.js";
import { TEXT } from "./strings.js";

/** What is said of somebody who left, by who has the conversation now. */
export const leftText = ({ to }) => TEXT.leftTo[to] || TEXT.left;

const MOST = 2000; // Characters in one message; the server holds to it as well.
const COUNT_FROM = 200;
const TELL_TYPING_MS = 3000;
const TYPING_AFTER_MS = 400; // An answer that comes at once needs no "typt…".
const HUMAN = { title: "Ik wil graag een mens spreken", payload: "/mens-spreken" };

// Buttons of the assistant that are acted upon here.
const DATA = "/mijn-gegevens";
const ERASE = "/verwijder-gegevens";

export class Panel {
  #pending = new Map(); // Client id to bubble.
  #events = [];
  #practice = {};
  #typingTimer = 0;
  #hasHistory = false;
  #trouble = "";
  #isUp = true;
  #refusal = "";
  #human = null; // The event with which a human came in.
  #typedAt = 0;
  #asks = null; // The texts of the question about consent.
  #openedBy = null; // What had the focus before a question over the panel.

  /**
   * actions: send(text, payload), feedback(event, useful), typing(), erase(), export(form),
   * decide(version, given), reload(), close() or null.
   */
  constructor({ heading, greeting, isInline, actions }) {
    this.actions = actions;
    this.#build(heading || TEXT.heading, greeting || TEXT.greeting, isInline);
  }

  // ---- Building

  #build(heading, greeting, isInline) {
    this.practiceName = make("p", { className: "practice" });
    this.menuButton = make("button", { type: "button", className: "icon-button", "aria-label": TEXT.menu, "aria-expanded": "false", "aria-controls": "menu" }, icon("more"));
    this.menuButton.onclick = () => this.#showMenu(this.menu.hidden);
    const close = make("button", { type: "button", className: "icon-button", "aria-label": TEXT.close }, icon("close"));
    close.onclick = () => this.actions.close();
    const titles = make("div", { className: "titles" }, make("h2", { id: "title", textContent: heading }), this.practiceName);
    const head = make("div", { className: "head" }, titles, this.menuButton, isInline ? null : close);

    this.bar = make("div", { className: "bar", role: "group", "aria-label": TEXT.alarm, hidden: true });
    this.welcome = this.#welcome(greeting);
    this.stream = make("div", { className: "stream", tabIndex: 0, role: "group", "aria-label": TEXT.log }, this.welcome);
    this.log = make("div", { className: "log", role: "log", "aria-live": "off", "aria-label": TEXT.log });
    this.typing = make("p", { className: "typing", role: "status" });
    this.card = emptyCard();
    this.stream.append(this.log, this.card, this.typing);

    this.root = make(
      isInline ? "section" : "div",
      { className: "panel new", id: "panel", lang: "nl", "aria-labelledby": "title", ...(isInline ? {} : { role: "dialog" }) },
      head, this.#buildMenu(), this.bar, this.stream, this.#buildDock(), this.#buildConfirm(),
    );
    this.root.addEventListener("keydown", (event) => this.#onKey(event));
    this.root.addEventListener("pointerdown", ({ target }) => {
      const isMenus = this.menu.contains(target) || this.menuButton.contains(target);
      if (!isMenus && !this.menu.hidden) this.#hideMenu();
    });
  }

  #welcome(greeting) {
    this.practiceLine = make("li", { hidden: true });
    const urgent = make("li", { className: "urgent" }, make("strong", {}, TEXT.emergency, phoneLink("112"), "."));
    const facts = make("ul", { className: "facts" }, urgent, this.practiceLine, make("li", { textContent: TEXT.concept }));
    const examples = TEXT.examples.map((text) => {
      const button = make("button", { type: "button", className: "choice", textContent: text });
      button.onclick = () => this.#say(text);
      return make("li", {}, button);
    });
    this.examples = make("div", {}, make("p", { className: "small", id: "examples", textContent: TEXT.examplesTitle }), make("ul", { className: "choices", "aria-labelledby": "examples" }, ...examples));
    return make("div", { className: "welcome" }, make("p", { className: "greeting", textContent: greeting }), make("p", { textContent: TEXT.isComputer }), facts, this.examples);
  }

  #buildMenu() {
    const item = (label, act) => {
      const button = make("button", { type: "button", textContent: label });
      button.onclick = () => {
        this.#showMenu(false);
        act();
      };
      return make("li", {}, button);
    };
    this.menu = make("ul", { className: "menu", id: "menu", hidden: true, "aria-label": TEXT.menuLabel },
      item(TEXT.data, () => this.#right(DATA)),
      item(TEXT.erase, () => this.#right(ERASE)));
    return this.menu;
  }

  #buildDock() {
    this.notice = make("p", { className: "notice", role: "status" });
    this.input = make("textarea", { id: "input", rows: 1, enterKeyHint: "send", autocomplete: "off", "aria-describedby": "counter" });
    this.input.oninput = () => {
      this.#count();
      this.#tellTyping();
    };
    this.counter = make("p", { className: "small counter", id: "counter" });
    const label = make("label", { htmlFor: "input", textContent: TEXT.label });
    const send = make("button", { type: "button", className: "send" }, icon("send"), make("span", { textContent: TEXT.send }));
    send.onclick = () => this.#submit();
    const human = make("button", { type: "button", className: "human-button", textContent: TEXT.human });
    human.onclick = () => this.#say(HUMAN.title, HUMAN.payload);
    return make("div", { className: "dock" }, this.notice, make("div", { className: "row" }, label, human), make("div", { className: "entry" }, this.input, send), this.counter);
  }

  #buildConfirm() {
    this.confirmTitle = make("h3", { id: "confirm-title" });
    this.confirmText = make("p", { id: "confirm-text" });
    this.confirmChoices = make("div", { className: "choices" });
    this.confirm = make("div", { className: "confirm", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text", hidden: true },
      make("div", {}, this.confirmTitle, this.confirmText, this.confirmChoices));
    // The keyboard goes round between the buttons.
    this.confirm.addEventListener("keydown", (event) => {
      if (event.key !== "Tab") return;
      event.preventDefault();
      const all = [...this.confirmChoices.children];
      all.at((all.indexOf(this.#active()) + (event.shiftKey ? -1 : 1)) % all.length).focus();
    });
    return this.confirm;
  }

  // A question over the panel; choices: [label, act or null, className].
  #ask(title, text, choices) {
    this.#openedBy = this.#active();
    this.confirmTitle.textContent = title;
    this.confirmText.textContent = text;
    this.confirmChoices.replaceChildren(...choices.map(([label, act, className = ""]) => {
      const button = make("button", { type: "button", className: `choice ${className}`, textContent: label });
      button.onclick = () => {
        this.#closeConfirm();
        if (act) act();
      };
      return button;
    }));
    this.confirm.hidden = false;
    this.confirmChoices.firstChild.focus();
  }

  #closeConfirm() {
    this.confirm.hidden = true;
    (this.#openedBy || this.menuButton).focus();
  }

  // ---- What the patient does

  #active() {
    return this.root.getRootNode().activeElement;
  }

  #onKey(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (!this.confirm.hidden) this.#closeConfirm();
      else if (!this.menu.hidden) this.#showMenu(false);
      else if (this.actions.close) this.actions.close();
      return;
    }
    if (event.target !== this.input || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!event.repeat) this.#submit();
  }

  #showMenu(isShown) {
    if (!isShown) {
      this.#hideMenu();
      return this.menuButton.focus();
    }
    this.menu.hidden = false;
    this.menuButton.setAttribute("aria-expanded", "true");
    return this.menu.querySelector("button").focus();
  }

  #hideMenu() {
    this.menu.hidden = true;
    this.menuButton.setAttribute("aria-expanded", "false");
  }

  async #erase() {
    try {
      await this.actions.erase();
      this.say(TEXT.erased);
      this.focus();
    } catch (error) {
      this.#sayFailed(error);
    }
  }

  // "Mijn gegevens" and "Verwijder mijn gegevens".
  #right(which) {
    if (which === ERASE) {
      this.#ask(TEXT.eraseTitle, TEXT.eraseText, [[TEXT.eraseNo], [TEXT.eraseYes, () => this.#erase(), "danger"]]);
    } else {
      this.#ask(TEXT.data, TEXT.dataText, [
        [TEXT.dataPage, () => this.#export("html")],
        [TEXT.dataFile, () => this.#export("json")],
        [TEXT.dataClose],
      ]);
    }
  }

  #sayFailed({ body }) {
    this.say((body && body.text) || TEXT.failed);
  }

  async #export(form) {
    try {
      const file = await this.actions.export(form);
      if (file) download(file, `${TEXT.fileName}.${form}`);
      this.say(file ? TEXT.dataDone : TEXT.dataNone);
    } catch (error) {
      this.#sayFailed(error);
    }
  }

  // ---- Consent

  /** The texts of the question, and how it stands. */
  showConsent(asks, state) {
    const isNew = this.card.hidden;
    this.#asks = asks || this.#asks;
    const isAsked = this.#asks && /due|refused/.test(state);
    this.welcome.hidden = isAsked;
    this.card.hidden = !isAsked;
    if (!isAsked) return;
    fillCard(this.card, this.#asks, state === "refused", this.#practice.phone, (given) => this.#decide(given));
    // Read first, and no keyboard over it on a phone.
    if (isNew && this.#active() === this.input && !this.log.firstChild) this.focus();
  }

  /** Puts the focus where the patient goes on: the question, or the input. */
  focus() {
    if (this.card.hidden) this.input.focus();
    else this.card.focus();
  }

  async #decide(given) {
    this.say("");
    try {
      await this.actions.decide(this.#asks.version, given);
      this.focus();
      if (given) this.toEnd();
    } catch (error) {
      this.#sayFailed(error);
      // The text may have changed while it was shown.
      this.actions.reload();
    }
  }

  /** A message that stays here until the patient agreed. */
  hold(message, text) {
    const bubble = this.#pending.get(message.id);
    if (bubble) bubble.querySelector(".state").textContent = this.#asks ? this.#asks.held : "";
    this.say(text);
  }

  /** Asked for in words instead of in the menu; nothing of it is sent. */
  askedFor(message, right) {
    this.takeBack({ ...message, payload: DATA }, "");
    this.#right(right === "erase" ? ERASE : DATA);
  }

  #submit() {
    const text = this.input.value.trim();
    if (!text) return this.say(TEXT.empty);
    if (text.length > MOST) return this.#count(true);
    if (!this.#refusal) this.setInput("");
    return this.#say(text);
  }

  #say(text, payload) {
    if (this.#refusal) return this.say(this.#refusal);
    if (this.#isUp) this.say("");
    // Without this the keyboard would fall out of the chat with the examples.
    if (this.examples.contains(this.#active())) this.stream.focus({ preventScroll: true });
    this.actions.send(text, payload);
    return this.#scrollToEnd();
  }

  /** Puts text in the input, to be changed or sent. */
  setInput(text) {
    this.input.value = text;
    this.#count();
  }

  #tellTyping() {
    if (!this.#human || Date.now() - this.#typedAt < TELL_TYPING_MS) return;
    this.#typedAt = Date.now();
    this.actions.typing();
  }

  #count(isFinal) {
    const left = MOST - this.input.value.trim().length;
    this.input.setAttribute("aria-invalid", String(left < 0));
    this.counter.textContent = left > COUNT_FROM ? "" : left < 0 ? TEXT.tooLong(-left) : TEXT.charactersLeft(left);
    if (isFinal) this.say(TEXT.tooLong(-left));
  }

  /** A line above the input that is read out: what went wrong, or right. */
  say(text) {
    this.notice.replaceChildren();
    if (text) addLine(this.notice, text, this.#practice.phone);
  }

  // ---- What comes in

  /** Name, number and hours of the practice. */
  showPractice(practice) {
    this.#practice = practice;
    this.#showWho();
    this.practiceLine.replaceChildren(TEXT.call, phoneLink(practice.phone), `. ${practice.open_now || ""}`);
    this.practiceLine.hidden = false;
    this.known();
  }

  /** Whether there is a question is known, or can't be known now: something is shown. */
  known() {
    this.root.classList.remove("new");
  }

  // In the head stands with whom one talks.
  #showWho(human = this.#human) {
    this.#human = human;
    this.practiceName.replaceChildren(...(human ? [TEXT.talkingWith, nameOf(human)] : [this.#practice.name || ""]));
  }

  /** A message of the patient that is under way. */
  addPending({ id, text }) {
    const bubble = patientBubble(text, false);
    bubble.append(make("p", { className: "small state", textContent: this.#isUp ? TEXT.sending : TEXT.waiting }));
    this.#pending.set(id, bubble);
    this.log.append(bubble);
    this.examples.hidden = true;
    if (!this.#isUp) this.say(TEXT.offline(this.#practice.phone));
  }

  /** One event of the conversation; isNew when it was not there already. */
  add(event, isNew) {
    this.#events.push(event);
    const atEnd = this.#isAtEnd();
    if (event.author === "patient") return this.#addPatient(event);
    if (event.kind !== "message") this.#showWho(event.kind === "joined" ? event : null);
    this.showTyping({ on: false });
    const bubble = this.#bubbleOf(event, isNew);
    this.#append(bubble);
    if (event.alarm) this.#showBar(event);
    if (isNew && atEnd) this.#scrollTo(bubble, event);
    return undefined;
  }

  #addPatient(event) {
    const pending = this.#pending.get(event.client_id);
    this.#pending.delete(event.client_id);
    this.#closeChoices();
    if (pending) {
      pending.classList.remove("pending");
      pending.querySelector(".state").remove();
      const first = this.#firstPending();
      // Only when something that was sent later stands before it.
      if (first && first.compareDocumentPosition(pending) & Node.DOCUMENT_POSITION_FOLLOWING) first.before(pending);
    } else this.#append(patientBubble(event.text, true));
  }

  #bubbleOf(event, isNew) {
    if (event.kind === "joined") return systemLine(nameOf(event), TEXT.joined);
    if (event.kind === "left") return systemLine(nameOf(event), leftText(event));
    return answerBubble(event, {
      phone: this.#practice.phone,
      isNew,
      onChoice: (title, payload) => (payload === DATA || payload === ERASE ? this.#right(payload) : this.#say(title, payload)),
      onUseful: (useful) => this.actions.feedback(event.id, useful),
    });
  }

  /** What to do now while the server can't keep a message; shown once, however often it is said. */
  addUnavailable(message, body) {
    const said = JSON.stringify([message && message.id, body.parts || body.text]);
    if (said === this.#trouble) return;
    this.#trouble = said;
    if (body.parts) {
      const event = { author: "assistant", kind: "message", parts: body.parts, alarm: body.alarm };
      const bubble = this.#bubbleOf(event, true);
      this.#append(bubble);
      if (event.alarm) {
        this.#showBar(event);
        this.#scrollTo(bubble, event);
      } else this.#scrollToEnd();
    } else this.say(body.text);
  }

  /** Takes back a message that the server refused; the text is not lost. */
  takeBack(message, text) {
    const bubble = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (bubble) bubble.remove();
    if (!message.payload) this.setInput([message.text, this.input.value].filter(Boolean).join("\n"));
    this.say(text);
  }

  /** What is stored of the conversation is there; from now on what comes is read out. */
  ready() {
    if (!this.#hasHistory) this.toEnd();
    this.#hasHistory = true;
    const live = () => this.log.setAttribute("aria-live", "polite");
    if (this.#events.length) setTimeout(live, 100);
    else live();
  }

  /** "typt…", unless the answer is there at once. */
  showTyping({ on, who, name }) {
    clearTimeout(this.#typingTimer);
    if (!on) {
      this.typing.textContent = "";
      return;
    }
    this.#typingTimer = setTimeout(() => {
      const atEnd = this.#isAtEnd();
      this.typing.replaceChildren(who === "therapist" ? nameOf({ name }) : TEXT.assistant, TEXT.typing);
      if (atEnd) this.#scrollToEnd();
    }, TYPING_AFTER_MS);
  }

  /** The connection went or came back. */
  showConnection(isUp) {
    this.#isUp = isUp;
    const state = isUp ? TEXT.sending : TEXT.waiting;
    for (const bubble of this.#pending.values()) bubble.querySelector(".state").textContent = state;
    const waits = this.#pending.size > 0;
    if (isUp) this.say(TEXT.online);
    else this.say(waits ? TEXT.offline(this.#practice.phone) : TEXT.offlineIdle);
  }

  /** The server no longer knows the conversation; what follows is a new one. */
  showExpired() {
    this.#closeChoices();
    this.#append(systemLine(TEXT.expired));
  }

  /** This website may not use the assistant; what to do instead stays in view. */
  refuse(text) {
    this.#refusal = text;
    this.say(text);
  }

  /** Everything off the screen. */
  clear() {
    this.#events = [];
    this.#pending.clear();
    this.log.replaceChildren();
    this.log.setAttribute("aria-live", "off");
    this.bar.hidden = true;
    this.#showWho(null);
    this.#hasHistory = false;
    this.showTyping({ on: false });
    this.examples.hidden = false;
  }

  // ---- Screen

  #firstPending() {
    return this.log.querySelector(".pending");
  }

  // What still waits comes last: the server has not heard it yet.
  #append(node) {
    this.log.insertBefore(node, this.#firstPending());
    this.examples.hidden = true;
  }

  #closeChoices() {
    for (const button of this.log.querySelectorAll(".choice")) button.setAttribute("aria-disabled", "true");
  }

  #showBar(event) {
    const text = event.parts.map((part) => part.text).join("\n");
    const calls = callButtons(text);
    if (!calls) return;
    this.bar.replaceChildren(make("span", { textContent: TEXT.bar }), calls);
    this.bar.hidden = false;
  }

  #isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.stream;
    // Also when the last thing said is the patient's own: they wait for this.
    const last = this.log.lastElementChild;
    return scrollHeight - scrollTop - clientHeight < 80 || Boolean(last && last.classList.contains("mine"));
  }

  /** Shows the last thing that was said, if anything was. */
  toEnd() {
    if (this.log.firstChild) this.#scrollToEnd(true);
  }

  #scrollToEnd(isInstant) {
    this.stream.scrollTo({ top: this.stream.scrollHeight, behavior: isInstant ? "instant" : "auto" });
  }

  // A long answer is read from the question on, an alarm from its heading.
  #scrollTo(bubble, event) {
    const question = bubble.previousElementSibling;
    const from = !event.alarm && question && question.classList.contains("mine") ? question : bubble;
    const top = from.offsetTop - 8; // From the top of the stream, which is positioned.
    const end = this.stream.scrollHeight - this.stream.clientHeight;
    this.stream.scrollTo({ top: Math.min(top, end) });
  }
}
