// The form for the practice manager: shows the chat and the code that go with the choices.

import { attributesFor, buildSnippet, judgeColour, policyLines, readAddress, readColour } from "./embed-snippet.js";
import { copyFrom, readIntegrity } from "./page.js";

const PREVIEW_MS = 250; // Rest after the last key before the preview follows.

const byId = (id) => document.getElementById(id);
const form = byId("form");
const fields = form.elements;
const stage = byId("stage");

let integrity = "";
let shown = JSON.stringify([false, []]); // What stands in the page to begin with.
let timer;

function chosen() {
  return {
    inline: fields.mode.value === "inline",
    open: fields.open.checked,
    position: fields.position.value,
    theme: fields.theme.value,
    heading: fields.heading.value,
    greeting: fields.greeting.value,
    color: readColour(fields.color.value) || "",
  };
}

function setVerdict(element, good, text) {
  // A status line that stays as it is, is not read out again.
  if (element.textContent !== text) element.textContent = text;
  element.classList.toggle("good", Boolean(text) && good);
  element.classList.toggle("bad", Boolean(text) && !good);
}

function addressProblem({ origin, problem }) {
  if (problem === "address") return "Dit is geen adres. Een adres begint met https://";
  if (problem === "insecure") {
    return "Dit adres heeft geen https. Een website met https laadt de chat dan niet. Gesprekken zijn ook niet beveiligd.";
  }
  if (origin !== location.origin) {
    return `Dit is een ander adres dan dat van deze pagina. Maak de code liever op ${origin}/chat/embed. Anders klopt het controlegetal misschien niet.`;
  }
  if (problem === "path") return `Alleen het begin van het adres telt: ${origin}`;
  return "";
}

function showVerdicts() {
  const colour = judgeColour(fields.color.value);
  setVerdict(byId("color-verdict"), colour.good, colour.text);
  fields.color.setAttribute("aria-invalid", String(!readColour(fields.color.value)));
  const address = readAddress(fields.address.value);
  setVerdict(byId("address-problem"), false, addressProblem(address));
  fields.address.setAttribute("aria-invalid", String(!address.origin));
}

function showCode() {
  const choices = chosen();
  const { origin } = readAddress(fields.address.value);
  byId("policy").textContent = policyLines(origin || location.origin);
  byId("step-floating").hidden = choices.inline;
  byId("step-inline").hidden = !choices.inline;
  byId("copy").disabled = !integrity || !origin;
  if (!integrity) return;
  byId("snippet").textContent = origin
    ? buildSnippet({ address: origin, integrity, ...choices })
    : "Vul eerst het adres van de assistent in.";
}

// A new chat each time, so that what you see is what a visitor gets. It talks to this
// server whatever the address is: the policy of this page allows no other.
function showPreview() {
  const choices = chosen();
  const attributes = attributesFor(choices);
  const key = JSON.stringify([choices.inline, attributes]);
  if (key === shown) return;
  shown = key;
  const chat = document.createElement("rugge-steun");
  chat.toggleAttribute("inline", choices.inline);
  for (const [name, value] of attributes) chat.setAttribute(name, value);
  stage.classList.toggle("inline", choices.inline);
  byId("slot").replaceChildren(chat);
}

function showAll() {
  const { inline } = chosen();
  byId("position").disabled = inline;
  byId("open-field").disabled = inline;
  showVerdicts();
  showCode();
  clearTimeout(timer);
  timer = setTimeout(showPreview, PREVIEW_MS);
}

form.addEventListener("submit", (event) => event.preventDefault());

form.addEventListener("input", ({ target }) => {
  if (target.id === "picker") fields.color.value = target.value;
  if (target.id === "color" && readColour(target.value)) byId("picker").value = readColour(target.value);
  showAll();
});

byId("copy").addEventListener("click", () =>
  copyFrom(byId("snippet"), byId("copy-status"), "De code is gekopieerd."),
);

fields.address.value = location.origin;
showAll();

try {
  integrity = await readIntegrity();
  showCode();
} catch (error) {
  byId("snippet").textContent = "De code kon niet worden opgehaald. Laad de pagina opnieuw.";
}
