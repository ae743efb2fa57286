// The panel: heading, conversation, input. Knows the conversation, not the network.

import { icon, make } from "./dom.js";
import { addLine, answerBubble, callButtons, nameOf, patientBubble, phoneLink, systemLine } from "./message-view.js";
import { TEXT } from "./strings.js";
import { download, leftText, transcript } from "./transcript.js";

const MOST = 2000; // Characters in one message; the server holds to it as well.
const COUNT_FROM = 200;
const TELL_TYPING_MS = 3000;
const TYPING_AFTER_MS = 400; // An answer that comes at once needs no "typt…".
const HUMAN = { title: "Ik wil graag een mens spreken", payload: "/mens-spreken" };

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

  /** actions: send(text, payload), feedback(event, useful), typing(), erase(), close() or null. */
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
    this.stream = make("div", { className: "stream", tabIndex: 0, role: "group", "aria-label": TEXT.log }, this.#welcome(greeting));
    this.log = make("div", { className: "log", role: "log", "aria-live": "off", "aria-label": TEXT.log });
    this.typing = make("p", { className: "typing", role: "status" });
    this.stream.append(this.log, this.typing);

    this.root = make(
      isInline ? "section" : "div",
      { className: "panel", id: "panel", lang: "nl", "aria-labelledby": "title", ...(isInline ? {} : { role: "dialog" }) },
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
    const facts = make("ul", { className: "facts" }, urgent, this.practiceLine, make("li", { textContent: TEXT.concept }), make("li", { textContent: TEXT.privacy }));
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
      item(TEXT.download, () => download(transcript(this.#events, this.#practice.name))),
      item(TEXT.erase, () => this.#showConfirm(true)));
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
    const yes = make("button", { type: "button", className: "choice danger", textContent: TEXT.eraseYes });
    this.no = make("button", { type: "button", className: "choice", textContent: TEXT.eraseNo });
    this.no.onclick = () => this.#showConfirm(false);
    yes.onclick = () => this.#erase();
    this.confirm = make("div", { className: "confirm", role: "alertdialog", "aria-modal": "true", "aria-labelledby": "confirm-title", "aria-describedby": "confirm-text", hidden: true },
      make("div", {}, make("h3", { id: "confirm-title", textContent: TEXT.eraseTitle }), make("p", { id: "confirm-text", textContent: TEXT.eraseText }), make("div", { className: "choices" }, this.no, yes)));
    // Two buttons: the keyboard goes round between them.
    this.confirm.addEventListener("keydown", (event) => {
      if (event.key !== "Tab") return;
      event.preventDefault();
      (this.#active() === yes ? this.no : yes).focus();
    });
    return this.confirm;
  }

  // ---- What the patient does

  #active() {
    return this.root.getRootNode().activeElement;
  }

  #onKey(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (!this.confirm.hidden) this.#showConfirm(false);
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

  #showConfirm(isShown) {
    this.confirm.hidden = !isShown;
    (isShown ? this.no : this.menuButton).focus();
  }

  async #erase() {
    this.#showConfirm(false);
    try {
      await this.actions.erase();
      this.say(TEXT.erased);
      this.input.focus();
    } catch (error) {
      this.say(TEXT.eraseFailed);
    }
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
      onChoice: (title, payload) => this.#say(title, payload),
      onUseful: (useful) => this.actions.feedback(event.id, useful),
    });
  }

  /** What to do now while the server can't keep a message; shown once, however often it is said. */
  addUnavailable(message, body) {
    const said = JSON.stringify([message && message.id, body.parts || body.text]);
    if (said === this.#trouble) return;
    this.#trouble = said;
    if (body.parts) {
      this.#append(this.#bubbleOf({ author: "assistant", kind: "message", parts: body.parts, alarm: body.alarm }, true));
      this.#scrollToEnd();
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
