// From a text to pieces that the view may show. Knows no DOM, so nothing can become markup.

const EMERGENCY_NUMBERS = "112|113|0800[ -]?0113|1813|1733|070[ -]?245[ -]?245";
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The address behind a number that can be called: "tel:0101234567". */
export const telephone = (number) => `tel:${number.replace("(0)", "").replace(/[^\d+]/g, "")}`;

/**
 * Cuts a line into plain pieces, bold, web addresses and phone numbers. A number only
 * counts when it stands alone: not in 113.nl, 1-12-1813 or € 112.
 */
export function pieces(line, ownPhone = "") {
  const phones = `(?:(?<own>${ownPhone ? escaped(ownPhone) : "(?!)"})|(?<emergency>${EMERGENCY_NUMBERS}))`;
  const web = '(?<web>https://[^\\s<>"]*[^\\s<>".,;:?)])';
  const bold = "\\*\\*(?<bold>[^*\\n]+)\\*\\*";
  const pattern = new RegExp(`${bold}|${web}|${phones}(?![\\w%]|[-.,:]\\w)`, "g");
  const found = [];
  let end = 0;
  for (const match of line.matchAll(pattern)) {
    const kind = Object.keys(match.groups).find((name) => match.groups[name]);
    const before = line.slice(end, match.index);
    const isPhone = kind === "own" || kind === "emergency";
    if (isPhone && /([\w.,+-]|€\s?)$/.test(line.slice(0, match.index))) continue;
    if (before) found.push({ kind: "text", text: before });
    found.push({ kind, text: match.groups[kind] });
    end = match.index + match[0].length;
  }
  if (end < line.length) found.push({ kind: "text", text: line.slice(end) });
  return found;
}

/** Paragraphs and lists: [{kind: "p"|"ul"|"sources", lines: [...]}]. */
export function blocks(text) {
  const found = [];
  for (const paragraph of text.trim().split(/\n\s*\n/)) {
    if (paragraph.startsWith("Bronnen: ")) {
      found.push({ kind: "sources", lines: [paragraph.slice("Bronnen: ".length)] });
      continue;
    }
    let block = null;
    for (const line of paragraph.split("\n")) {
      const kind = /^[-•] /.test(line) ? "ul" : "p";
      if (!block || block.kind !== kind) found.push((block = { kind, lines: [] }));
      block.lines.push(line.replace(/^[-•] /, ""));
    }
  }
  return found;
}

/** The emergency numbers in a text, each once, in order. */
export function emergencyNumbers(text) {
  const numbers = text.split("\n").flatMap((line) => pieces(line));
  return [...new Set(numbers.filter(({ kind }) => kind === "emergency").map((piece) => piece.text))];
}
