// The first thing in the chat: what is kept, and whether that is allowed. Text only by textContent.

import { make } from "./dom.js";
import { addLine } from "./message-view.js";
import { TEXT } from "./strings.js";

/** An empty card. */
export const emptyCard = () => make("div", { className: "welcome consent", role: "group", "aria-labelledby": "consent-title", tabIndex: -1, hidden: true });

/**
 * Fills it with the question, or after a refusal with what to do without us; the texts come
 * from the server. decide(given) is called for a button.
 */
export function fillCard(card, texts, isRefused, phone, decide) {
  const line = (tag, text, className = "") => {
    const element = make(tag, { className });
    addLine(element, text, phone);
    return element;
  };
  const { title, points } = isRefused ? texts.refused : texts;
  const labels = isRefused ? [texts.refused.yes] : [texts.yes, texts.no];
  const choices = labels.map((textContent, index) => {
    const button = make("button", { type: "button", className: index ? "choice" : "choice yes", textContent });
    button.onclick = () => decide(!index);
    return make("li", {}, button);
  });
  card.replaceChildren(
    make("h3", { id: "consent-title", textContent: title }),
    make("ul", { className: "facts" }, ...points.map((point) => line("li", point))),
    line("p", isRefused ? "" : texts.question, "question"),
    make("ul", { className: "choices" }, ...choices),
    ...(isRefused ? [] : [TEXT.call + phone + ".", ...texts.notes]).map((note) => line("p", note, "small")),
  );
}
