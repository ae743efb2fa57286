import assert from "node:assert/strict";
import { test } from "node:test";
import { Conversation } from "../../rasa_project/web/widget/src/conversation.js";
import { Refused, StreamBlocked } from "../../rasa_project/web/widget/src/transport.js";

class Memory {
  own = {};
  get = (name) => this.own[name] ?? null;
  set = (name, value) => (this.own[name] = value);
  getOfTab = this.get;
  setOfTab = this.set;
}

function listener() {
  const heard = [];
  const names = ["Event", "Pending", "Ready", "Typing", "Connection", "Expired", "Erased", "Refused", "TooFast", "Unavailable", "Consent", "Held", "Right"];
  return { heard, ...Object.fromEntries(names.map((name) => [`on${name}`, (...said) => heard.push([name, ...said])])) };
}

const until = async (holds) => {
  for (let n = 0; n < 400 && !holds(); n += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(holds());
};

// A server in memory that keeps each client id once.
function server({ failures = [], state = "given" } = {}) {
  const events = [];
  const frames = new Set();
  return {
    events,
    sends: 0,
    sessions: 0,
    state,
    async consent(token, decision) {
      if (decision) this.state = decision.given ? "given" : "refused";
      return { version: "1", state: this.state };
    },
    async session() {
      this.sessions += 1;
      return { token: `token-${this.sessions}` };
    },
    async send(token, message) {
      this.sends += 1;
      const failure = failures.shift();
      if (failure && !failure.afterwards) throw failure;
      if (this.state !== "given") throw new Refused(403, { error: "consent", text: "Kies eerst.", ...this.found }, 0);
      if (!events.some((event) => event.client_id === message.id)) {
        events.push({ id: events.length + 1, author: "patient", client_id: message.id, text: message.text });
        frames.forEach((push) => push({ event: "message", data: events.at(-1) }));
      }
      if (failure) throw failure;
    },
    async stream(token, after, signal, onFrame) {
      events.filter(({ id }) => id > after).forEach((data) => onFrame({ event: "message", data }));
      onFrame({ event: "ready", data: {} });
      frames.add(onFrame);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      frames.delete(onFrame);
    },
    async erase() {},
  };
}

function start(transport) {
  const heard = listener();
  const conversation = new Conversation({ transport, storage: new Memory(), listener: heard });
  return { conversation, heard: heard.heard };
}

test("messages arrive once and in order", async () => {
  const transport = server();
  const { conversation, heard } = start(transport);
  conversation.send("een");
  conversation.send("twee", "/twee");
  await until(() => heard.filter(([name]) => name === "Event").length === 2);
  assert.deepEqual(transport.events.map(({ text }) => text), ["een", "twee"]);
  assert.equal(transport.sessions, 1);
  assert.deepEqual(conversation.outbox, []);
  conversation.stop();
});

test("a message whose confirmation was lost is not said twice", async () => {
  const lost = Object.assign(new TypeError("network"), { afterwards: true });
  const transport = server({ failures: [lost] });
  const { conversation, heard } = start(transport);
  conversation.send("een");
  await until(() => transport.sends === 2 && !conversation.outbox.length);
  assert.equal(transport.events.length, 1);
  assert.ok(heard.some(([name, isUp]) => name === "Connection" && isUp === false));
  assert.ok(heard.some(([name, isUp]) => name === "Connection" && isUp === true));
  conversation.stop();
});

test("an expired token gives a new conversation and keeps the message", async () => {
  const transport = server({ failures: [new Refused(401, {}, 0)] });
  const { conversation, heard } = start(transport);
  conversation.send("een");
  await until(() => transport.events.length === 1);
  assert.equal(transport.sessions, 2);
  assert.ok(heard.some(([name]) => name === "Expired"));
  conversation.stop();
});

test("a refused message is given back and not tried again", async () => {
  const transport = server({ failures: [new Refused(400, { text: "Te lang." }, 0)] });
  const { conversation, heard } = start(transport);
  conversation.send("een");
  await until(() => heard.some(([name]) => name === "Refused"));
  assert.equal(transport.sends, 1);
  assert.deepEqual(conversation.outbox, []);
  conversation.stop();
});

test("where streams are held back it polls", async () => {
  const transport = server();
  let polls = 0;
  transport.stream = async () => {
    throw new StreamBlocked();
  };
  transport.poll = async (token, after) => {
    polls += 1;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { events: transport.events.filter(({ id }) => id > after), typing: null };
  };
  const { conversation, heard } = start(transport);
  conversation.send("een");
  await until(() => heard.some(([name]) => name === "Event") && polls > 2);
  assert.equal(heard.filter(([name]) => name === "Event").length, 1);
  conversation.stop();
});

test("what was seen is not shown again when the stream is taken up again", async () => {
  const transport = server();
  const { conversation, heard } = start(transport);
  conversation.send("een");
  await until(() => heard.some(([name]) => name === "Event"));
  transport.events.push({ id: 2, author: "assistant", parts: [] });
  conversation.tokenChanged();
  await until(() => heard.some(([name, event]) => name === "Event" && event.id === 2));
  const isNew = heard.filter(([name]) => name === "Event").map(([, , value]) => value);
  assert.equal(isNew.at(-1), false);
  conversation.stop();
});

test("that the patient types is told, and nobody waits for it", async () => {
  const transport = server();
  const told = [];
  transport.typing = async (token) => {
    told.push(token);
    throw new Refused(503, {}, 0);
  };
  const { conversation, heard } = start(transport);
  conversation.typing();
  assert.deepEqual(told, [], "there is no conversation yet");
  conversation.send("hallo");
  await until(() => transport.events.length);
  conversation.typing();
  await until(() => told.length);
  assert.deepEqual(told, ["token-1"]);
  assert.equal(heard.filter(([name]) => name === "Connection").length, 0);
  conversation.stop();
});

test("before consent a message waits in the browser and is sent by itself after it", async () => {
  const transport = server({ state: "due" });
  const { conversation, heard } = start(transport);
  conversation.resume();
  conversation.send("een");
  conversation.send("twee");
  await until(() => heard.filter(([name]) => name === "Held").length === 2);
  // Each was read for an alarm sign once, and none is sent again and again.
  assert.equal(transport.sends, 2);
  assert.deepEqual(transport.events, []);
  assert.equal(conversation.outbox.length, 2);
  assert.ok(heard.some(([name, state]) => name === "Consent" && state === "due"));
  await Promise.all([conversation.decide("1", true), conversation.decide("1", true)]);
  await until(() => !conversation.outbox.length);
  assert.deepEqual(transport.events.map(({ text }) => text), ["een", "twee"]);
  assert.equal(transport.sessions, 1);
  conversation.stop();
});

test("an alarm in a message that waits is shown at once", async () => {
  const transport = server({ state: "due" });
  transport.found = { alarm: "same_day", parts: [{ text: "Bel nu." }] };
  const { conversation, heard } = start(transport);
  conversation.send("een");
  await until(() => heard.some(([name]) => name === "Held"));
  const names = heard.map(([name]) => name);
  assert.ok(names.indexOf("Unavailable") < names.indexOf("Held"));
  conversation.stop();
});

test("after a refusal what was typed is given back, and consent may still come", async () => {
  const transport = server({ state: "due" });
  const { conversation, heard } = start(transport);
  conversation.send("een");
  await until(() => heard.some(([name]) => name === "Held"));
  await conversation.decide("1", false);
  assert.deepEqual(conversation.outbox, []);
  assert.ok(heard.some(([name, message]) => name === "Refused" && message.text === "een"));
  assert.equal(conversation.consent, "refused");
  await conversation.decide("1", true);
  conversation.send("een");
  await until(() => transport.events.length === 1);
  conversation.stop();
});

test("another text than the one that was agreed to is asked anew", async () => {
  const transport = server();
  const { conversation, heard } = start(transport);
  await conversation.decide("1", true);
  conversation.asked("1");
  assert.equal(conversation.consent, "given");
  transport.state = "due";
  conversation.asked("2");
  await until(() => conversation.consent === "due");
  assert.ok(heard.some(([name, state]) => name === "Consent" && state === "due"));
  conversation.stop();
});

test("who wants to see or erase what is kept needs no consent", async () => {
  const transport = server({ state: "due" });
  transport.found = { right: "erase" };
  const { conversation, heard } = start(transport);
  conversation.send("wis mijn gegevens");
  await until(() => heard.some(([name, , right]) => name === "Right" && right === "erase"));
  assert.deepEqual(conversation.outbox, []);
  assert.ok(!heard.some(([name]) => name === "Held"));
  conversation.stop();
});

test("what another tab agreed to holds here too", async () => {
  const transport = server({ state: "due" });
  const { conversation, heard } = start(transport);
  conversation.send("een");
  await until(() => heard.some(([name]) => name === "Held"));
  transport.state = "given";
  conversation.storage.set("consent", "1");
  await conversation.lookUpConsent();
  await until(() => transport.events.length === 1);
  conversation.stop();
});
