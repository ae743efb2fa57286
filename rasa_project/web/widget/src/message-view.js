// How one message looks. Text only by textContent; bold, lists, links and numbers by hand.

import { icon, make } from "./dom.js";
import { blocks, emergencyNumbers, pieces, telephone } from "./format.js";
import { TEXT } from "./strings.js";

const ALL_SOURCES = "/bronnen-tonen";
const hidden = (text) => make("span", { className: "sr", textContent: text });

/** A link that calls a number. */
export function phoneLink(number, label = number, className = "") {
  return make("a", { href: telephone(number), textContent: label, className });
}

/** Adds one line with its links. */
export function addLine(parent, line, phone) {
  for (const { kind, text } of pieces(line, phone)) {
    if (kind === "text") parent.append(text);
    else if (kind === "bold") parent.append(make("strong", { textContent: text }));
    else if (kind === "web") {
      parent.append(make("a", { href: text, textContent: text, target: "_blank", rel: "noopener noreferrer" }));
    } else parent.append(phoneLink(text));
  }
}

function addBlocks(parent, all, phone, hasTitles = false) {
  for (const { kind, lines } of all) {
    if (kind === "ul") {
      const list = make("ul");
      for (const line of lines) {
        const item = make("li");
        addLine(item, line, phone);
        list.append(item);
      }
      parent.append(list);
      continue;
    }
    const paragraph = make("p");
    lines.forEach((line, index) => {
      if (index) paragraph.append(make("br"));
      // Of two questions each answer begins with its title on a line of its own.
      const isTitle = hasTitles && !index && lines.length > 1 && !/[.?:]$/.test(line);
      addLine(isTitle ? paragraph.appendChild(make("strong")) : paragraph, line, phone);
    });
    if (kind === "p") parent.append(paragraph);
    else {
      const summary = make("summary", { textContent: TEXT.sources });
      parent.append(make("details", { className: "sources" }, summary, paragraph));
    }
  }
}

function choiceButton(title, onPress) {
  const button = make("button", { type: "button", className: "choice", textContent: title });
  button.onclick = () => {
    // Still there to hold the keyboard's place, but no longer to be pressed.
    if (button.getAttribute("aria-disabled") !== "true") onPress();
  };
  return button;
}

/** The calling buttons for the emergency numbers in a text, or null. */
export function callButtons(text) {
  const numbers = emergencyNumbers(text);
  if (!numbers.length) return null;
  const buttons = numbers.map((number) => phoneLink(number, TEXT.callNumber(number), "call"));
  return make("div", { className: "calls" }, ...buttons);
}

/** What the patient said. */
export function patientBubble(text, isSent) {
  const bubble = make("div", { className: `bubble mine${isSent ? "" : " pending"}` });
  const said = make("p", { dir: "auto" });
  text.split("\n").forEach((line, index) => said.append(...(index ? [make("br"), line] : [line])));
  bubble.append(hidden(`${TEXT.you}: `), said);
  return bubble;
}

/** A line between the messages: somebody joined or left, or what happened to the conversation. */
export function systemLine(...parts) {
  return make("p", { className: "line" }, ...parts);
}

/** A name that can't turn the words beside it around. */
export const nameOf = (event) => make("bdi", { textContent: event.name || TEXT.someone });

/**
 * A turn of the assistant, or what a therapist wrote.
 *
 * onChoice(title, payload) is called for a button, onUseful(value) for a thumb; isNew says
 * whether an alarm is called out.
 */
export function answerBubble(event, { phone, isNew, onChoice, onUseful }) {
  const bubble = make("div", { className: "bubble theirs" });
  const parts = event.author === "therapist" ? [{ text: event.text }] : event.parts;
  const text = parts.map((part) => part.text).filter(Boolean).join("\n\n");
  if (event.author === "therapist") {
    bubble.classList.add("human");
    bubble.append(make("p", { className: "who" }, nameOf(event)));
  } else bubble.append(hidden(`${TEXT.assistant}: `));
  const buttons = parts.flatMap((part) => part.buttons || []);
  const all = blocks(text);
  // A question stays with the buttons that answer it.
  const question = event.alarm && buttons.length && /\?$/.test(all.at(-1).lines.at(-1)) ? [all.pop()] : [];
  if (event.alarm) addAlarm(bubble, event.alarm, all, text, phone, isNew);
  else addBlocks(bubble, all, phone, (event.topics || []).length > 1);
  addBlocks(bubble, question, phone);
  const choices = make("ul", { className: "choices" });
  for (const { title, payload } of buttons) {
    const sources = payload === ALL_SOURCES && bubble.querySelector(".sources");
    const button = choiceButton(sources ? TEXT.allSources : title, () => onChoice(title, payload));
    if (sources) sources.append(button);
    else choices.append(make("li", {}, button));
  }
  if (choices.firstChild) bubble.append(choices);
  if (event.outcome === "answered" && event.id) bubble.append(thumbs(event.useful, onUseful));
  return bubble;
}

function addAlarm(bubble, level, all, text, phone, isNew) {
  bubble.classList.add("alarm", level);
  const box = make("div", { className: "alarm-text" });
  // After a reload the alarm is shown again, but not called out again.
  if (isNew) box.setAttribute("role", "alert");
  const calls = callButtons(text);
  box.append(make("h3", { textContent: TEXT.alarm }));
  // In an emergency the number comes before anything there is to read.
  if (level === "emergency" && calls) box.append(calls);
  addBlocks(box, all, phone);
  if (level !== "emergency" && calls) box.append(calls);
  bubble.append(box);
}

function thumbs(useful, onUseful) {
  const row = make("div", { className: "thumbs", role: "group", "aria-label": TEXT.useful });
  const said = make("span", { className: "thanks", textContent: TEXT.useful });
  let now = useful;
  const buttons = [true, false].map((value) => {
    const label = value ? TEXT.usefulYes : TEXT.usefulNo;
    const button = make("button", { type: "button", className: value ? "thumb" : "thumb down", title: label, "aria-label": label });
    button.append(icon("up"));
    button.onclick = async () => {
      const before = now;
      now = now === value ? null : value;
      show();
      // What the server did not take is not shown as given.
      if (!(await onUseful(now))) now = before;
      show(now !== null);
    };
    return { button, value };
  });
  const show = (thank) => {
    for (const { button, value } of buttons) button.setAttribute("aria-pressed", String(now === value));
    said.textContent = thank ? TEXT.thanks : TEXT.useful;
  };
  show();
  row.append(said, ...buttons.map(({ button }) => button));
  return row;
}
