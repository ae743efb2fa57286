// Contrast by WCAG 2.2. A colour that a practice chose is moved until its text can be read.

const DEFAULT = { light: "#0d5f5a", dark: "#83d3c8" };
const ENOUGH = 4.5;
const SURFACE = { light: "#ffffff", dark: "#182221" };

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
const toHex = (rgb) => `#${rgb.map((c) => Math.round(c).toString(16).padStart(2, "0")).join("")}`;

/** "#abc" or "#aabbcc" as "#aabbcc"; null when it is no colour. */
export function readColour(text) {
  const hex = (text || "").trim().toLowerCase();
  if (/^#[0-9a-f]{6}$/.test(hex)) return hex;
  if (/^#[0-9a-f]{3}$/.test(hex)) return `#${[...hex.slice(1)].map((c) => c + c).join("")}`;
  return null;
}

function luminance(hex) {
  const [r, g, b] = channels(hex).map((c) => {
    const share = c / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of two colours, 1 to 21. */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

// Step by step towards black or white until it can be read on the surface.
function readableOn(surface, colour) {
  const target = luminance(surface) > 0.5 ? 0 : 255;
  let rgb = channels(colour);
  for (let step = 0; step < 40 && contrast(toHex(rgb), surface) < ENOUGH; step += 1) {
    rgb = rgb.map((c) => c + (target - c) * 0.08);
  }
  return toHex(rgb);
}

/** The accent for a theme and the text colour upon it. */
export function accents(colour, theme) {
  const accent = readableOn(SURFACE[theme], readColour(colour) || DEFAULT[theme]);
  const onAccent = contrast(accent, "#ffffff") >= ENOUGH ? "#ffffff" : "#0b1514";
  return { accent, onAccent };
}
