// One conversation: what waits to be sent, what came in, and the connection. No DOM.

import { Refused, StreamBlocked } from "./transport.js";

const PAUSES_MS = [500, 1000, 2000, 4000, 8000, 15000];

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // Sites without https have no randomUUID.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}

/**
 * Listener: onEvent(event, isNew), onPending(message), onReady(), onTyping({who, on}),
 * onConnection(isUp), onExpired(), onErased(), onRefused(message, error), onTooFast(),
 * onUnavailable(message or null, body), onConsent(state), onHeld(message, text),
 * onRight(message, right).
 */
export class Conversation {
  #control = null; // Ends the present connection.
  #sleepers = new Set();
  #polling = false;
  #flushing = false;
  #ready = false;
  #isFresh = false; // The token is new, so there is no history.
  #beginning = null;
  #held = new Set(); // Messages that wait for consent, after the server looked for an alarm.

  constructor({ transport, storage, listener }) {
    Object.assign(this, { transport, storage, listener });
    this.last = 0;
    this.up = true;
    this.consent = ""; // "due", "given" or "refused"; empty until it is known.
  }

  get token() {
    return this.storage.get("token");
  }

  /** Messages of this tab that the server has not taken yet. */
  get outbox() {
    return this.storage.getOfTab("outbox") || [];
  }

  /** Takes up a conversation that this browser had, if any. */
  resume() {
    this.outbox.forEach((message) => this.listener.onPending(message));
    if (this.token) this.#connect();
    else this.listener.onReady();
    this.lookUpConsent();
    if (this.outbox.length) this.#flush();
  }

  /** The text that holds now: who agreed to another one is asked again. */
  asked(version) {
    const agreed = this.storage.get("consent");
    if (!agreed || agreed === version) return;
    this.storage.set("consent", null);
    this.lookUpConsent();
  }

  /** Agrees to a text, or refuses it. What was typed before is sent, or given back. */
  async decide(version, given) {
    try {
      await this.#begin();
      await this.transport.consent(this.token, { version, given });
    } catch (error) {
      const code = error.body && error.body.error;
      if (code === "expired") this.#expire();
      if (code !== "consent_given") throw error;
      given = true; // In another tab.
    }
    if (!this.#control) this.#connect();
    if (!given) this.outbox.forEach((message) => this.#giveBack(message));
    this.storage.set("consent", given ? version : null);
    this.#setConsent(given ? "given" : "refused");
  }

  /** What is kept, as a file; null when there is nothing. */
  async export(form) {
    return this.token ? this.transport.export(this.token, form) : null;
  }

  send(text, payload) {
    const message = { id: newId(), text, ...(payload && payload !== text ? { payload } : {}) };
    this.storage.setOfTab("outbox", [...this.outbox, message]);
    this.listener.onPending(message);
    this.#flush();
  }

  /** Another call found the connection up or down. */
  noteConnection(isUp) {
    this.#setUp(isUp);
  }

  /** The network may be back, or another tab began or wiped a conversation. */
  nudge() {
    this.#sleepers.forEach((wake) => wake());
    if (this.token && !this.#control) this.#connect();
    if (this.outbox.length) this.#flush();
  }

  /** Another tab took another token, or none. */
  tokenChanged() {
    this.#disconnect();
    this.listener.onErased();
    if (this.token) this.#connect();
    else this.listener.onReady();
    this.lookUpConsent();
  }

  async feedback(event, useful) {
    await this.transport.feedback(this.token, event, useful);
  }

  /** The patient types to a human; nobody waits for it. */
  typing() {
    if (this.token) this.transport.typing(this.token).catch(() => {});
  }

  async erase() {
    if (this.token) {
      await this.transport.erase(this.token).catch((error) => {
        if (!(error instanceof Refused && error.status === 401)) throw error;
      });
    }
    this.#forget();
  }

  stop() {
    this.#disconnect();
  }

  // ---- Sending

  async #flush() {
    if (this.#flushing) return;
    this.#flushing = true;
    let failures = 0;
    for (let message; (message = this.outbox.find(({ id }) => !this.#held.has(id))); ) {
      try {
        await this.#deliver(message);
        this.#drop(message);
        failures = 0;
        this.#setUp(true);
      } catch (error) {
        if (await this.#isSettled(error, message)) continue;
        failures += 1;
        await this.#pause(failures, error.retryAfter);
      }
    }
    this.#flushing = false;
  }

  #drop(message) {
    this.storage.setOfTab("outbox", this.outbox.filter(({ id }) => id !== message.id));
  }

  #giveBack(message) {
    this.#drop(message);
    this.listener.onRefused(message, { message: "" });
  }

  async #begin() {
    if (this.token) return;
    // A message and a decision may both want one.
    this.#beginning ||= this.transport.session().finally(() => (this.#beginning = null));
    const { token } = await this.#beginning;
    if (this.token) return;
    this.storage.set("token", token);
    this.last = 0;
    this.#isFresh = true;
  }

  async #deliver(message) {
    await this.#begin();
    if (!this.#control) this.#connect();
    await this.transport.send(this.token, message);
  }

  // Whether nothing is left to try again after this error.
  async #isSettled(error, message) {
    if (!(error instanceof Refused)) {
      this.#setUp(false);
      return false;
    }
    if (error.status === 401) {
      this.#expire();
      return true;
    }
    // What to do now, when the text holds an alarm sign that can't be taken in.
    if (error.body.parts) this.listener.onUnavailable(message, error.body);
    if (error.body.error === "consent") {
      await this.#hold(message, error.body);
      return true;
    }
    if (error.status === 429 || error.status >= 500) {
      if (error.status === 429) this.listener.onTooFast();
      else this.#setUp(false);
      return false;
    }
    this.#drop(message);
    this.listener.onRefused(message, error);
    return true;
  }

  // ---- Consent

  // It stays in this browser until the patient agreed.
  async #hold(message, { text, right }) {
    this.storage.set("consent", null);
    await this.lookUpConsent();
    if (this.consent === "given") return; // Meanwhile, so it is sent again at once.
    if (right) {
      this.#drop(message);
      this.listener.onRight(message, right);
    } else {
      this.#held.add(message.id);
      this.listener.onHeld(message, text);
    }
  }

  /** How consent stands; another tab may have decided. */
  async lookUpConsent() {
    const { token } = this;
    let state = token ? "given" : "due";
    if (token && !this.storage.get("consent")) {
      // Not known now? The server stores nothing without it, so the next message tells.
      const known = await this.transport.consent(token).catch(() => ({}));
      if (token !== this.token || !known.state) return;
      ({ state } = known);
      if (state === "given") this.storage.set("consent", known.version);
    }
    this.#setConsent(state);
  }

  #setConsent(state) {
    this.consent = state;
    this.listener.onConsent(state);
    if (state !== "given") return;
    this.#held.clear();
    if (this.outbox.length) this.#flush();
  }

  // ---- Receiving

  async #connect() {
    const control = new AbortController();
    this.#control = control;
    this.#ready = this.#isFresh;
    this.#isFresh = false;
    let failures = 0;
    while (!control.signal.aborted && this.token) {
      try {
        await (this.#polling ? this.#poll(control.signal) : this.#stream(control.signal));
        failures = 0;
      } catch (error) {
        if (control.signal.aborted) return;
        if (error instanceof StreamBlocked) {
          this.#polling = true;
          continue;
        }
        if (error instanceof Refused && error.status === 401) return this.#expire();
        if (error instanceof Refused && error.status < 500 && error.status !== 429) {
          // Such as a site that the practice did not allow: trying again won't help.
          this.listener.onRefused(null, error);
          break;
        }
        if (error.body && error.body.parts) this.listener.onUnavailable(null, error.body);
        failures += 1;
        // A stream that is ended and taken up at once is no lost connection.
        if (failures > 1) this.#setUp(false);
        await this.#pause(failures, error.retryAfter);
      }
    }
    if (this.#control === control) this.#control = null;
  }

  async #stream(signal) {
    await this.transport.stream(this.token, this.last, signal, ({ event, data }) => {
      if (signal.aborted) return;
      this.#setUp(true);
      if (event === "message") this.#take(data);
      else if (event === "typing") this.listener.onTyping(data);
      else if (event === "ready") this.#becomeReady();
      else if (event === "unavailable") this.listener.onUnavailable(null, data);
      else if (event === "erased") {
        this.#forget();
      }
    });
    // Ended in good order, by a restart for instance: a moment, then on.
    if (!signal.aborted) await this.#pause(1);
  }

  async #poll(signal) {
    const wait = this.#ready ? undefined : 0;
    const { events, typing } = await this.transport.poll(this.token, this.last, signal, wait);
    if (signal.aborted) return;
    this.#setUp(true);
    events.forEach((event) => this.#take(event));
    if (!this.#ready) this.#becomeReady();
    this.listener.onTyping(typing || { on: false });
  }

  #take(event) {
    if (event.id <= this.last) return; // Seen: a stream that was taken up again.
    this.last = event.id;
    this.listener.onEvent(event, this.#ready);
  }

  #becomeReady() {
    this.#ready = true;
    this.listener.onReady();
  }

  // ---- Ends

  #expire() {
    if (!this.token) return;
    this.#forgetToken();
    this.listener.onExpired();
    this.#setConsent("due");
  }

  #forgetToken() {
    this.storage.set("token", null);
    this.storage.set("consent", null);
    this.#disconnect();
  }

  #forget() {
    this.#forgetToken();
    this.storage.setOfTab("outbox", null);
    this.#held.clear();
    this.listener.onErased();
    this.listener.onReady();
    this.#setConsent("due");
  }

  #disconnect() {
    if (this.#control) this.#control.abort();
    this.#control = null;
    this.last = 0;
    this.listener.onTyping({ on: false });
  }

  #setUp(isUp) {
    if (this.up === isUp) return;
    this.up = isUp;
    this.listener.onConnection(isUp);
  }

  // Waits longer after each failure; `nudge` ends the waiting.
  async #pause(failures, retryAfter = 0) {
    const ms = Math.max(PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1], retryAfter * 1000);
    await new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms * (0.8 + Math.random() * 0.4));
      this.#sleepers.add(wake);
    });
  }
}
