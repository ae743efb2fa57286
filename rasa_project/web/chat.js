// The plain chat page. Everything that comes from outside is put in the page as text.

const STORE = "ruggesteun";
const COUNT_FROM = 200; // Characters left from which the counter shows.
const PATIENCE_MS = 60000; // Longer than the server takes for one turn.
const EMERGENCY_NUMBERS = "112|113|0800[ -]?0113|1813|1733|070[ -]?245[ -]?245";

const byId = (id) => document.getElementById(id);
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
const log = byId("log");
const input = byId("input");
const dialog = byId("confirm");
const openChoices = () => [...log.querySelectorAll("button:not(:disabled)")];

let state = readState();
let busy = false;
let queued = false; // Sent while an answer was under way: goes when that is there.

// ---- What is kept: in this tab only, so that a reload keeps the conversation

function readState() {
  const empty = { token: "", practice: {}, messages: [], pending: "" };
  try {
    return { ...empty, ...JSON.parse(sessionStorage.getItem(STORE)) };
  } catch (error) {
    return empty;
  }
}

function keep() {
  try {
    sessionStorage.setItem(STORE, JSON.stringify(state));
  } catch (error) {} // Blocked or full: the chat works, only a reload forgets it.
}

// ---- The server

class Refused extends Error {}

async function call(path, body) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), PATIENCE_MS);
  const headers = { "Content-Type": "application/json" };
  const post = body && { method: "POST", headers, body: JSON.stringify(body) };
  try {
    const response = await fetch(`/chat/${path}`, { signal: control.signal, ...post });
    const data = await response.json();
    if (response.ok) return data;
    if (response.status >= 500 || !data.error) throw new Error(`status ${response.status}`);
    // A token that is no longer known is refused for ever: take a new one next time.
    if (response.status <= 403) state.token = "";
    throw new Refused(data.error);
  } finally {
    clearTimeout(timer);
  }
}

async function openSession(mine) {
  const data = await call("session");
  mine.practice = data.practice;
  // A reload asks again whether the practice is open, but stays in its conversation.
  mine.token = mine.token || data.token;
  keep();
  showPractice();
}

async function ask(mine, message) {
  if (!mine.token) await openSession(mine);
  const { messages } = await call("message", { token: mine.token, message });
  const { outcome, urgency } = Object.assign({}, ...messages.map((part) => part.custom));
  const alarm = outcome === "triage" && /^(emergency|same_day)$/.test(urgency) ? urgency : "";
  const reply = messages.filter((part) => part.text);
  if (!reply.length) throw new Error("empty reply");
  if (!alarm) return reply;
  // One alarm is one box, however many parts it came in.
  const text = reply.map((part) => part.text).join("\n\n");
  return [{ text, buttons: reply.flatMap((part) => part.buttons || []), alarm }];
}

// ---- Text with links

function phoneLink(number, textContent = number, className = "") {
  const href = `tel:${number.replace("(0)", "").replace(/[^\d+]/g, "")}`;
  return make("a", { href, textContent, className });
}

// Cuts a text into plain pieces, phone numbers and web addresses. A number only counts
// when it stands alone: not in 113.nl, 1-12-1813 or € 112.
function pieces(text) {
  const escaped = (state.practice.phone || "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const phones = `(?:(?<own>${escaped || "(?!)"})|(?<emergency>${EMERGENCY_NUMBERS}))`;
  const web = '(?<web>https://[^\\s<>"]*[^\\s<>".,;:?)])';
  const pattern = new RegExp(`${web}|${phones}(?![\\w%]|[-.,:]\\w)`, "g");
  const found = [];
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const kind = Object.keys(match.groups).find((name) => match.groups[name]);
    const before = text.slice(end, match.index);
    if (kind !== "web" && /([\w.,+-]|€\s?)$/.test(before)) continue;
    found.push({ text: before }, { text: match[0], kind });
    end = match.index + match[0].length;
  }
  return found.concat({ text: text.slice(end) });
}

function addLine(parent, line) {
  for (const { text, kind } of pieces(line)) {
    const web = { href: text, textContent: text, target: "_blank", rel: "noopener" };
    const link = () => (kind === "web" ? make("a", web) : phoneLink(text));
    parent.append(kind ? link() : text);
  }
}

function addText(parent, text) {
  text.trim().split(/\n\s*\n/).forEach((paragraph, index, all) => {
    const isLast = index === all.length - 1;
    const className = isLast && paragraph.startsWith("Bronnen:") ? "sources" : "";
    let block = null;
    for (const line of paragraph.split("\n")) {
      const tag = line.startsWith("- ") ? "UL" : "P";
      const isNewBlock = !block || block.tagName !== tag;
      if (isNewBlock) block = parent.appendChild(make(tag, { className }));
      else if (tag === "P") block.append(make("br"));
      addLine(tag === "UL" ? block.appendChild(make("li")) : block, line.replace(/^- /, ""));
    }
  });
}

// ---- Showing messages

function addAlarm(box, message, isNew) {
  box.classList.add("alarm", message.alarm);
  // After a reload the alarm is shown again, but not called out again.
  if (isNew) box.setAttribute("role", "alert");
  box.append(make("h2", { textContent: "Belangrijk" }));
  // Not the practice's own number: nobody should wait for that in an emergency.
  const calls = make("div", { className: "calls" });
  const numbers = pieces(message.text).filter((piece) => piece.kind === "emergency");
  for (const number of new Set(numbers.map((piece) => piece.text))) {
    calls.append(phoneLink(number, `Bel ${number}`, "call"));
  }
  // In an emergency the number comes before anything there is to read.
  if (message.alarm === "emergency") box.append(calls);
  addText(box, message.text);
  if (message.alarm !== "emergency") box.append(calls);
}

function show(message, isNew) {
  if (message.mine) openChoices().forEach((button) => (button.disabled = true));
  const [side, textContent] = message.mine ? ["mine", "Jij: "] : ["theirs", "Ruggesteun: "];
  const box = make("div", { className: `message ${side}`, tabIndex: -1 });
  box.append(make("span", { className: "sr-only", textContent }));
  if (message.alarm) addAlarm(box, message, isNew);
  else addText(box, message.text);
  const choices = make("ul", { className: "choices" });
  for (const { title, payload } of message.buttons || []) {
    const button = make("button", { type: "button", className: "button", textContent: title });
    button.onclick = () => send(payload, title);
    choices.appendChild(make("li")).append(button);
  }
  if (choices.firstChild) box.append(choices);
  return log.appendChild(box);
}

function showPractice() {
  const { name, phone, open_now: openNow } = state.practice;
  if (!name) return;
  document.title = `Vragen over je rug - ${name}`;
  byId("practice-name").textContent = name;
  const call = ["Wil je liever iemand spreken? Bel ", phoneLink(phone), `. ${openNow || ""}`];
  byId("practice-line").replaceChildren(...call);
  byId("practice-line").hidden = false;
}

function showStage() {
  byId("examples").hidden = Boolean(log.firstChild);
  byId("restart").hidden = !log.firstChild;
  byId("typing").textContent = busy ? "Ruggesteun typt…" : "";
}

function showNotice(text) {
  byId("notice").replaceChildren();
  addLine(byId("notice"), text);
}

function setInput(text) {
  if (input.value !== text) input.value = text;
  const left = input.maxLength - input.value.length;
  byId("counter").ariaLive = left > 0 ? "off" : "polite"; // Not at every key.
  const full = left > 0 ? "" : " Zet de rest in een volgend bericht.";
  byId("counter").textContent = left > COUNT_FROM ? "" : `Nog ${left} tekens.${full}`;
}

// ---- One turn

// `message` is what the server reads, `title` what the patient sees as said.
async function send(message, title = message) {
  if (busy) return;
  busy = true;
  const mine = state;
  const choices = openChoices();
  const pressed = document.activeElement.closest("main button");
  const question = show({ mine: true, text: title }, true);
  const typed = message === title ? title : "";
  state.pending = typed; // A reload while waiting gives the text back.
  keep();
  showNotice("");
  showStage();
  // The pressed button is disabled or gone: the keyboard goes on from the question.
  if (pressed) question.focus({ preventScroll: true });
  window.scrollTo(0, document.documentElement.scrollHeight);

  const reply = await ask(mine, message).catch((error) => {
    if (mine === state) takeBack(error, question, choices, typed);
  });
  if (mine !== state) return; // The patient began again meanwhile.
  busy = false;
  state.pending = "";
  if (reply) showReply(reply, question, title);
  keep();
  showStage();
  if (queued && reply && !reply[0].alarm) submit();
  queued = false;
}

function showReply(reply, question, title) {
  showNotice("");
  state.messages.push({ mine: true, text: title }, ...reply);
  const boxes = reply.map((message) => show(message, true));
  // A long answer is read from its beginning, an alarm from its heading.
  (reply[0].alarm ? boxes[0] : question).scrollIntoView();
}

function takeBack(error, question, choices, typed) {
  question.remove();
  choices.forEach((button) => (button.disabled = false));
  setInput([typed, input.value].filter(Boolean).join("\n"));
  if (typed) input.focus();
  showFailure(error);
}

function showFailure(error) {
  const call = state.practice.phone ? `, of bel ${state.practice.phone}` : "";
  const noConnection = `Er is nu geen verbinding. Probeer het nog eens${call}.`;
  showNotice(error instanceof Refused ? error.message : noConnection);
}

function submit() {
  const text = input.value.trim();
  if (!text) return;
  queued = busy;
  if (busy) return showNotice("Je volgende bericht gaat weg als het antwoord er is.");
  setInput("");
  send(text);
}

function restart() {
  dialog.close();
  state = { token: "", practice: state.practice, messages: [], pending: "" };
  busy = queued = false;
  keep();
  log.replaceChildren();
  setInput("");
  showNotice("");
  showStage();
  window.scrollTo(0, 0);
  byId("welcome-title").focus({ preventScroll: true });
  openSession(state).catch(() => {}); // The first message tries again.
}

// ---- Start

byId("send").onclick = submit;
input.onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!event.repeat) submit();
};
input.oninput = () => {
  if (queued) showNotice(""); // Being changed, so it no longer goes by itself.
  queued = false;
  setInput(input.value);
};
byId("examples").onclick = ({ target }) => {
  if (target.matches("button")) send(target.textContent);
};
byId("restart").onclick = () => dialog.showModal();
byId("confirm-no").onclick = () => dialog.close();
byId("confirm-yes").onclick = restart;

// What was said before the reload is shown, not announced anew.
log.setAttribute("aria-live", "off");
state.messages.forEach((message) => show(message, false));
setTimeout(() => log.setAttribute("aria-live", "polite"), 1000);
setInput(state.pending);
showPractice();
showStage();
if (log.lastChild) log.lastChild.scrollIntoView({ behavior: "instant", block: "nearest" });
openSession(state).catch(showFailure);
