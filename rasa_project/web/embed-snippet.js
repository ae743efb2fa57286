// From the choices of the form to the lines for the website. Pure: no page, no network.

/** What the chat uses when nothing is chosen; such a choice is left out of the lines. */
export const DEFAULTS = { heading: "", greeting: "", color: "#0d5f5a", position: "right", theme: "auto" };

export const ENOUGH_CONTRAST = 4.5;

const ENTITIES = { "&": "&amp;", '"': "&quot;", "'": "&#39;", "<": "&lt;", ">": "&gt;" };

/** A text as it may stand between double quotes in HTML, on one line. */
export function escapeAttribute(text) {
  return text.trim().replace(/\s+/g, " ").replace(/[&"'<>]/g, (sign) => ENTITIES[sign]);
}

/** The attributes of the widget for these choices: [[name, value]]; a bare one has "". */
export function attributesFor(choices) {
  const valued = Object.entries(DEFAULTS)
    .map(([name, usual]) => [name, (choices[name] || "").trim(), usual])
    .filter(([name, value, usual]) => value && value !== usual)
    // Where a chat within the page stands, is decided by the page.
    .filter(([name]) => !(choices.inline && name === "position"))
    .map(([name, value]) => [name, value]);
  const open = choices.open && !choices.inline ? [["open", ""]] : [];
  return [...valued, ...open];
}

function written(attributes, prefix) {
  return attributes
    .map(([name, value]) => (value ? ` ${prefix}${name}="${escapeAttribute(value)}"` : ` ${prefix}${name}`))
    .join("");
}

/** The lines to paste: one for a floating chat, two for a chat within the page. */
export function buildSnippet({ address, integrity, ...choices }) {
  const attributes = attributesFor(choices);
  const source = `src="${escapeAttribute(address)}/chat/ruggesteun.js"`;
  const checked = `integrity="${escapeAttribute(integrity)}" crossorigin="anonymous"`;
  const data = choices.inline ? "" : written(attributes, "data-");
  const script = `<script defer ${source} ${checked}${data}></script>`;
  if (!choices.inline) return script;
  return `${script}\n<rugge-steun inline${written(attributes, "")}></rugge-steun>`;
}

/**
 * Reads the address of the assistant.
 *
 * `origin` is null when it is none; `problem` is "none", "address", "path" (more than an
 * origin was typed) or "insecure" (no https, and not this computer).
 */
export function readAddress(text) {
  let url;
  try {
    url = new URL(text.trim());
  } catch (error) {
    return { origin: null, problem: "address" };
  }
  if (!/^https?:$/.test(url.protocol)) return { origin: null, problem: "address" };
  const local = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname);
  if (url.protocol === "http:" && !local) return { origin: url.origin, problem: "insecure" };
  const more = url.pathname !== "/" || url.search || url.hash || url.username;
  return { origin: url.origin, problem: more ? "path" : "none" };
}

/** "#abc", "abc" or "#aabbcc" as "#aabbcc"; null when it is no colour. */
export function readColour(text) {
  const hex = text.trim().toLowerCase().replace(/^#/, "");
  if (/^[0-9a-f]{6}$/.test(hex)) return `#${hex}`;
  if (/^[0-9a-f]{3}$/.test(hex)) return `#${[...hex].map((sign) => sign + sign).join("")}`;
  return null;
}

/** Contrast of white letters on a colour, by WCAG 2.2: 1 to 21. */
export function contrastWithWhite(hex) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

/** What a practice manager has to know about a colour: {good, text}. */
export function judgeColour(text) {
  const colour = readColour(text);
  if (!colour) {
    return { good: false, text: "Dit is geen kleurcode. Typ een # met zes tekens, zoals #0d5f5a." };
  }
  const ratio = contrastWithWhite(colour);
  // Rounded down, so that 4,49 is never shown as enough.
  const shown = (Math.floor(ratio * 10) / 10).toFixed(1).replace(".", ",");
  if (ratio >= ENOUGH_CONTRAST) {
    return { good: true, text: `Goed te lezen. Het contrast met wit is ${shown} op 1.` };
  }
  return {
    good: false,
    text:
      `Te licht. Het contrast met wit is ${shown} op 1, en 4,5 op 1 is nodig. ` +
      "De chat past de kleur daarom zelf aan tot je de letters goed kunt lezen.",
  };
}

/** The additions to the Content-Security-Policy of a website. */
export function policyLines(address) {
  return `script-src ${address}\nconnect-src ${address}`;
}
