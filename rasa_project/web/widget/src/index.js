// <rugge-steun>: the chat as a custom element, floating or in the page.

import { accents } from "./colours.js";
import { Conversation } from "./conversation.js";
import { icon, make } from "./dom.js";
import { Panel } from "./panel.js";
import { BrowserStorage } from "./storage.js";
import { TEXT } from "./strings.js";
import css from "./style.css";
import { Refused, Transport } from "./transport.js";

const SCRIPT = document.currentScript;
const ORIGIN = SCRIPT ? new URL(SCRIPT.src, location.href).origin : location.origin;
const INFO_AGAIN_MS = 3000;
const ATTRIBUTES = ["address", "heading", "color", "position", "greeting", "open", "inline", "theme"];

class RuggeSteun extends HTMLElement {
  static observedAttributes = ["color"];

  #panel = null;
  #conversation = null;
  #launcher = null;
  #colours = null;
  #unread = 0;
  #isOpen = false;
  #hasInfo = false;
  #listeners = null;

  connectedCallback() {
    if (this.#panel) return;
    const root = this.shadowRoot || this.attachShadow({ mode: "open" });
    const isInline = this.hasAttribute("inline");
    this.#addStyle(root);
    this.address = (this.getAttribute("address") || ORIGIN).replace(/\/+$/, "");
    this.#transport = new Transport(this.address);
    this.#storage = new BrowserStorage(this.address);
    this.#conversation = new Conversation({ transport: this.#transport, storage: this.#storage, listener: this.#listen() });
    this.#panel = new Panel({
      heading: this.getAttribute("heading"),
      greeting: this.getAttribute("greeting"),
      isInline,
      actions: {
        send: (text, payload) => this.#conversation.send(text, payload),
        feedback: (event, useful) => this.#conversation.feedback(event, useful).then(() => true, () => false),
        typing: () => this.#conversation.typing(),
        erase: () => this.#conversation.erase(),
        export: (form) => this.#conversation.export(form),
        decide: (version, given) => this.#conversation.decide(version, given),
        reload: () => this.#loadInfo(true),
        close: isInline ? null : () => this.close(),
      },
    });
    this.#panel.root.hidden = !isInline;
    root.append(this.#panel.root);
    if (!isInline) root.append(this.#buildLauncher());
    this.#listenToPage();
    this.#conversation.resume();
    if (isInline) {
      this.#isOpen = true;
      this.#loadInfo();
    } else if (this.hasAttribute("open") && window.matchMedia("(min-width: 30em)").matches) this.#show();
  }

  #transport = null;
  #storage = null;

  disconnectedCallback() {
    // Moved within the page it comes back at once; only when it is really gone it ends.
    setTimeout(() => {
      if (this.isConnected || !this.#conversation) return;
      this.#conversation.stop();
      this.#listeners.abort();
      this.shadowRoot.replaceChildren();
      this.#panel = this.#conversation = null;
    });
  }

  attributeChangedCallback() {
    if (this.#panel) this.#paint();
  }

  /** Opens the chat and puts the cursor in it. */
  open() {
    this.#show();
    this.#panel.focus();
  }

  /** Closes the chat; the keyboard goes back to the button that opens it. */
  close() {
    this.#isOpen = false;
    this.#panel.root.hidden = true;
    this.#launcher.hidden = false;
    this.#launcher.setAttribute("aria-expanded", "false");
    this.#launcher.focus();
  }

  #show() {
    this.#isOpen = true;
    this.#panel.root.hidden = false;
    this.#launcher.setAttribute("aria-expanded", "true");
    this.#launcher.hidden = true;
    this.#setUnread(0);
    this.#panel.toEnd();
    this.#loadInfo();
  }

  #buildLauncher() {
    this.badge = make("span", { className: "badge", hidden: true });
    this.#launcher = make("button", { type: "button", className: "launcher", lang: "nl", "aria-expanded": "false", "aria-controls": "panel" }, icon("chat"), make("span", { textContent: this.getAttribute("heading") || TEXT.launcher }), this.badge);
    this.#launcher.onclick = () => this.open();
    return this.#launcher;
  }

  #setUnread(n) {
    this.#unread = n;
    if (!this.badge) return;
    this.badge.hidden = !n;
    this.badge.replaceChildren(n ? make("span", { "aria-hidden": "true", textContent: n }) : "", n ? make("span", { className: "sr", textContent: ` (${TEXT.unread(n)})` }) : "");
  }

  async #loadInfo(isAgain) {
    if (this.#hasInfo && !isAgain) return;
    this.#hasInfo = true;
    try {
      const { practice, consent } = await this.#transport.info();
      if (!this.#panel) return;
      this.#panel.showPractice(practice);
      this.#conversation.asked(consent.version);
      this.#panel.showConsent(consent, this.#conversation.consent);
      this.#conversation.noteConnection(true);
    } catch (error) {
      if (!this.#panel) return;
      this.#hasInfo = false;
      this.#panel.known();
      if (error instanceof Refused && error.status === 403) this.#panel.refuse(error.message);
      else if (error instanceof Refused) this.#panel.say(error.message);
      else {
        this.#conversation.noteConnection(false);
        setTimeout(() => this.#panel && this.#loadInfo(), INFO_AGAIN_MS);
      }
    }
  }

  #listen() {
    const panel = () => this.#panel;
    return {
      onEvent: (event, isNew) => {
        panel().add(event, isNew);
        if (!isNew || event.author === "patient") return;
        if (!this.#isOpen) this.#setUnread(this.#unread + 1);
        // An alarm is not left behind a closed button.
        if (event.alarm && !this.#isOpen) this.#show();
      },
      onPending: (message) => panel().addPending(message),
      onReady: () => panel().ready(),
      onTyping: (typing) => panel().showTyping(typing),
      onConnection: (isUp) => {
        panel().showConnection(isUp);
        if (isUp) this.#loadInfo();
      },
      onExpired: () => panel().showExpired(),
      onErased: () => {
        panel().clear();
        this.#setUnread(0);
      },
      onRefused: (message, error) => (message ? panel().takeBack(message, error.message) : panel().say(error.message)),
      onTooFast: () => panel().say(TEXT.tooFast),
      onConsent: (state) => panel().showConsent(null, state),
      onHeld: (message, text) => {
        panel().hold(message, text);
        this.#loadInfo();
      },
      onRight: (message, right) => panel().askedFor(message, right),
      onUnavailable: (message, body) => panel().addUnavailable(message, body),
    };
  }

  #listenToPage() {
    this.#listeners = new AbortController();
    const { signal } = this.#listeners;
    const nudge = () => {
      this.#conversation.nudge();
      if (this.#isOpen) this.#loadInfo();
    };
    window.addEventListener("online", nudge, { signal });
    document.addEventListener("visibilitychange", () => document.hidden || nudge(), { signal });
    window.addEventListener("storage", ({ key }) => {
      if (key === this.#storage.key("token")) this.#conversation.tokenChanged();
      if (key === this.#storage.key("consent")) this.#conversation.lookUpConsent();
    }, { signal });
  }

  // ---- Style: constructed, so that a policy without inline styles allows it

  #addStyle(root) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      this.#colours = new CSSStyleSheet();
      root.adoptedStyleSheets = [sheet, this.#colours];
    } catch (error) {
      // Older Safari: the same rules from a file beside the script, in the usual colours.
      root.append(make("link", { rel: "stylesheet", href: `${ORIGIN}/chat/ruggesteun.css` }));
    }
    this.#paint();
  }

  #paint() {
    if (!this.#colours) return;
    const rule = (theme) => {
      const { accent, onAccent } = accents(this.getAttribute("color"), theme);
      return `{--accent:${accent};--on-accent:${onAccent}}`;
    };
    const dark = rule("dark");
    this.#colours.replaceSync(
      `:host${rule("light")}:host([theme=dark])${dark}@media (prefers-color-scheme:dark){:host(:not([theme=light]))${dark}}`,
    );
  }
}

if (!customElements.get("rugge-steun")) customElements.define("rugge-steun", RuggeSteun);

// One script line is enough: without an element in the page it makes a floating one.
function addFloating() {
  if (document.querySelector("rugge-steun")) return;
  const element = document.createElement("rugge-steun");
  for (const name of ATTRIBUTES) {
    if (name !== "inline" && SCRIPT && name in SCRIPT.dataset) element.setAttribute(name, SCRIPT.dataset[name]);
  }
  document.body.append(element);
}
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", addFloating);
else addFloating();
