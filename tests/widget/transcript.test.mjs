import assert from "node:assert/strict";
import { test } from "node:test";
import { leftText, transcript } from "../../rasa_project/web/widget/src/transcript.js";
import { readFrame } from "../../rasa_project/web/widget/src/transport.js";

test("everybody in the conversation has a name in the file", () => {
  const text = transcript(
    [
      { author: "patient", kind: "message", text: "Mag ik fietsen?" },
      { author: "assistant", kind: "message", parts: [{ text: "Ja, **rustig**." }, { text: "" }] },
      { author: "therapist", kind: "joined", name: "Anna" },
      { author: "therapist", kind: "message", name: "Anna", text: "Dag", parts: [] },
      { author: "therapist", kind: "left", name: "Anna" },
    ],
    "De Brug",
    new Date(2026, 10, 23, 9, 5),
  );
  for (const part of ["De Brug", "23-11-2026 om 09:05", "Jij: Mag ik fietsen?", "Ruggesteun: Ja, rustig.", "Anna doet mee", "Anna: Dag", "Anna is weg"]) {
    assert.ok(text.includes(part), part);
  }
});

test("who leaves says who goes on", () => {
  const said = ["bot", undefined, "waiting", "therapist", "closed"].map((to) => leftText({ to }));
  assert.equal(said[0], said[1]);
  assert.match(said[0], /Je praat weer met het computerprogramma/);
  for (const text of said.slice(2)) assert.doesNotMatch(text, /Je praat weer/);
  assert.equal(new Set(said).size, 4);
  const text = transcript([{ author: "therapist", kind: "left", name: "Anna", to: "waiting" }], "De Brug");
  assert.ok(text.includes("Anna is weg uit het gesprek. Je staat weer in de rij."));
});

test("a frame is read, a comment is none", () => {
  assert.deepEqual(readFrame('id: 3\nevent: typing\ndata: {"on":true}'), { event: "typing", data: { on: true } });
  assert.deepEqual(readFrame('data: {"id":3}'), { event: "message", data: { id: 3 } });
  assert.equal(readFrame(": ping"), null);
});
