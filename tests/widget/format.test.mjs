import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks, emergencyNumbers, pieces, telephone } from "../../rasa_project/web/widget/src/format.js";

const kinds = (line, phone) => pieces(line, phone).map(({ kind, text }) => `${kind}:${text}`);

test("numbers that stand alone become links", () => {
  assert.deepEqual(kinds("Bel 112 of 113."), ["text:Bel ", "emergency:112", "text: of ", "emergency:113", "text:."]);
  assert.deepEqual(kinds("Bel 010 - 123 45 67.", "010 - 123 45 67"), ["text:Bel ", "own:010 - 123 45 67", "text:."]);
});

test("numbers inside something else stay text", () => {
  for (const line of ["113.nl", "1-12-1813", "€ 112", "112%", "1112", "kamer112", "112-45"]) {
    assert.deepEqual(kinds(line), [`text:${line}`]);
  }
});

test("only https addresses become links, without the full stop behind them", () => {
  assert.deepEqual(kinds("Zie https://www.thuisarts.nl/rug."), ["text:Zie ", "web:https://www.thuisarts.nl/rug", "text:."]);
  for (const line of ["javascript:alert(1)", "http://x.nl", "data:text/html,x", "<a href=x>"]) {
    assert.deepEqual(kinds(line), [`text:${line}`]);
  }
});

test("bold is read, lone stars are not", () => {
  assert.deepEqual(kinds("een **vet** woord"), ["text:een ", "bold:vet", "text: woord"]);
  assert.deepEqual(kinds("2 * 3 ** 4"), ["text:2 * 3 ** 4"]);
});

test("a text falls apart in paragraphs, lists and sources", () => {
  assert.deepEqual(blocks("Eerste\nregel\n\n- een\n- twee\nna\n\nBronnen: NHG (2022)."), [
    { kind: "p", lines: ["Eerste", "regel"] },
    { kind: "ul", lines: ["een", "twee"] },
    { kind: "p", lines: ["na"] },
    { kind: "sources", lines: ["NHG (2022)."] },
  ]);
});

test("each emergency number is named once", () => {
  assert.deepEqual(emergencyNumbers("Bel 112.\nBel 112 of 0800-0113"), ["112", "0800-0113"]);
  assert.equal(telephone("+31 (0)10 123"), "tel:+3110123");
});
