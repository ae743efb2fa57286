// The conversation as a text file, made in the browser.

import { TEXT } from "./strings.js";

/** What is said of somebody who left, by who has the conversation now. */
export const leftText = ({ to }) => TEXT.leftTo[to] || TEXT.left;

const two = (n) => String(n).padStart(2, "0");
const clock = (when) => `${two(when.getHours())}:${two(when.getMinutes())}`;
const day = (when) => `${when.getDate()}-${when.getMonth() + 1}-${when.getFullYear()}`;

/** The text of the file. */
export function transcript(events, practice, now = new Date()) {
  const lines = [TEXT.fileHead(practice, `${day(now)} om ${clock(now)}`)];
  for (const event of events) {
    const when = event.at ? `${clock(new Date(event.at))} ` : "";
    lines.push(`${when}${line(event)}`);
  }
  return `${lines.join("\n\n")}\n`;
}

function line(event) {
  const name = event.name || TEXT.someone;
  if (event.kind === "joined") return name + TEXT.joined;
  if (event.kind === "left") return name + leftText(event);
  if (event.author === "patient") return `${TEXT.you}: ${event.text}`;
  if (event.author === "therapist") return `${name}: ${event.text}`;
  const said = event.parts.map((part) => part.text).filter(Boolean).join("\n\n");
  return `${TEXT.assistant}: ${said.replace(/\*\*/g, "")}`;
}

/** Hands the file to the browser. */
export function download(text) {
  const address = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = TEXT.fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
