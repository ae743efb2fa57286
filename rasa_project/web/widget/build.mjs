// Makes ../ruggesteun.js (and .css for browsers without constructable stylesheets), or
// both in the folder that is named.
// The first line carries a hash of the sources, so that a test can tell a stale build.
import { createHash } from "node:crypto";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const src = new URL("src/", import.meta.url);
const out = process.argv[2] ? pathToFileURL(`${process.argv[2]}/`) : new URL("../", import.meta.url);

const hash = createHash("sha256");
for (const name of (await readdir(src)).sort()) hash.update(await readFile(new URL(name, src)));
const banner = `/* Ruggesteun, GPL-3.0-or-later. Made by \`make widget\` from ${hash.digest("hex").slice(0, 16)} */`;

const settings = { minify: true, write: false, target: ["chrome91", "firefox91", "safari15"], charset: "utf8" };
const css = await build({ ...settings, entryPoints: [new URL("style.css", src).pathname] });
const style = css.outputFiles[0].text.trim();
const js = await build({
  ...settings,
  entryPoints: [new URL("index.js", src).pathname],
  bundle: true,
  format: "iife",
  loader: { ".css": "text" },
  plugins: [
    {
      name: "minified-style",
      setup: ({ onLoad }) => onLoad({ filter: /style\.css$/ }, () => ({ contents: style, loader: "text" })),
    },
  ],
});
await writeFile(new URL("ruggesteun.js", out), `${banner}\n${js.outputFiles[0].text}`);
await writeFile(new URL("ruggesteun.css", out), `${banner}\n${style}\n`);
