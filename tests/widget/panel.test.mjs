import assert from "node:assert/strict";
import { test } from "node:test";
import { leftText } from "../../rasa_project/web/widget/src/panel.js";
import { readFrame } from "../../rasa_project/web/widget/src/transport.js";

test("who leaves says who goes on", () => {
  const said = ["bot", undefined, "waiting", "therapist", "closed"].map((to) => leftText({ to }));
  assert.equal(said[0], said[1]);
  assert.match(said[0], /Je praat weer met het computerprogramma/);
  for (const text of said.slice(2)) assert.doesNotMatch(text, /Je praat weer/);
  assert.equal(new Set(said).size, 4);
});

test("a frame is read, a comment is none", () => {
  assert.deepEqual(readFrame('id: 3\nevent: typing\ndata: {"on":true}'), { event: "typing", data: { on: true } });
  assert.deepEqual(readFrame('data: {"id":3}'), { event: "message", data: { id: 3 } });
  assert.equal(readFrame(": ping"), null);
});
