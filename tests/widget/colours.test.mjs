import assert from "node:assert/strict";
import { test } from "node:test";
import { accents, contrast, readColour } from "../../rasa_project/web/widget/src/colours.js";

const SURFACES = { light: "#ffffff", dark: "#182221" };

test("black on white is 21 to 1", () => assert.equal(Math.round(contrast("#000000", "#ffffff")), 21));

test("a colour is read in both forms, anything else is none", () => {
  assert.equal(readColour(" #ABC "), "#aabbcc");
  assert.equal(readColour("#0d5f5a"), "#0d5f5a");
  for (const wrong of ["", null, "red", "#12", "#12345g", "url(x)"]) assert.equal(readColour(wrong), null);
});

test("every colour ends readable, on the surface and under its own text", () => {
  for (const theme of ["light", "dark"]) {
    for (let n = 0; n < 4096; n += 37) {
      const { accent, onAccent } = accents(`#${n.toString(16).padStart(3, "0")}`, theme);
      assert.ok(contrast(accent, SURFACES[theme]) >= 4.5, `${n} on ${theme}`);
      assert.ok(contrast(accent, onAccent) >= 4.5, `text on ${n} in ${theme}`);
    }
  }
});

test("a good colour is left as it is, a wrong one gives the usual one", () => {
  assert.equal(accents("#0d5f5a", "light").accent, "#0d5f5a");
  assert.equal(accents("geel", "light").accent, "#0d5f5a");
});
