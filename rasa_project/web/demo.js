// The choices on the demo page: set on the chat as a website would do it, and in the code.

import { buildSnippet, judgeColour } from "./embed-snippet.js";
import { announce, copyFrom, readIntegrity } from "./page.js";

const byId = (id) => document.getElementById(id);
const form = byId("choices");
const place = byId("inline-place");
const status = byId("keuze-status");

let integrity = "";

function chosen() {
  const { mode, position, theme, color } = form.elements;
  return { position: position.value, theme: theme.value, color: color.value, inline: mode.value === "inline" };
}

// The other kind is another chat: it starts anew in its own place.
function chatOf(inline) {
  const old = document.querySelector("rugge-steun");
  if (old && old.hasAttribute("inline") === inline) return old;
  old?.remove();
  const chat = document.createElement("rugge-steun");
  chat.toggleAttribute("inline", inline);
  return chat;
}

function showChat() {
  const { inline, ...attributes } = chosen();
  const chat = chatOf(inline);
  for (const [name, value] of Object.entries(attributes)) chat.setAttribute(name, value);
  if (!chat.isConnected) (inline ? place : document.body).append(chat);
  place.hidden = !inline;
  byId("position").disabled = inline;
}

function showSnippet() {
  if (!integrity) return;
  byId("snippet").textContent = buildSnippet({ address: location.origin, integrity, ...chosen() });
}

function say(name) {
  const { inline, color } = chosen();
  if (name === "color") announce(status, judgeColour(color).text);
  else if (name === "mode" && inline) announce(status, "De chat staat nu hieronder, in de pagina zelf.");
  else announce(status, "De chat is aangepast.");
}

form.addEventListener("change", ({ target }) => {
  showChat();
  showSnippet();
  say(target.name);
});

form.addEventListener("submit", (event) => event.preventDefault());

for (const button of document.querySelectorAll(".questions button")) {
  button.addEventListener("click", () =>
    copyFrom(button, byId("vraag-status"), "De vraag is gekopieerd. Plak hem in de chat."),
  );
}

byId("copy").addEventListener("click", () =>
  copyFrom(byId("snippet"), byId("copy-status"), "De code is gekopieerd."),
);

try {
  integrity = await readIntegrity();
  byId("copy").disabled = false;
  showSnippet();
} catch (error) {
  byId("snippet").textContent = "De code kon niet worden opgehaald. Laad de pagina opnieuw.";
}
