/**
 * Builds the site: copies the pages of this folder, makes those that derive from the project (`generate.mjs`), and hands
 * all to VitePress, which fails on a link that leads nowhere. The result is `build/site`; `--serve` shows it on loopback.
 *
 *   npm run site             compiles the packages, since the reference is made from them, and installs what this folder needs
 */
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { build, serve } from "vitepress";

import { generatePages } from "./generate.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const pages = join(here, "build/pages");
/** Folders and files here that are no pages. */
const OTHERS = new Set([".vitepress", "build", "node_modules", "package.json", "package-lock.json", "build.mjs", "generate.mjs", "figures.mjs"]);

rmSync(join(here, "build"), { recursive: true, force: true });
mkdirSync(pages, { recursive: true });
for (const name of readdirSync(here)) if (!OTHERS.has(name)) cpSync(join(here, name), join(pages, name), { recursive: true });
for (const entry of readdirSync(pages, { recursive: true })) if (entry.endsWith(".md")) keepInside(entry);
await generatePages(pages);
for (const name of readdirSync(join(pages, "measured"))) widen(join(pages, "measured", name));
await build(here);
if (process.argv.includes("--serve")) await serve({ root: here, port: 4173 });

/** Tables of figures take the room of the outline, and a figure such as "7 of 8" stays on its line. */
function widen(file) {
  writeFileSync(file, `---\naside: false\n---\n${readFileSync(file, "utf8").replaceAll(/(?<=\d) of (?=\d)/g, "\u00a0of\u00a0")}`);
}

/** Links that lead out of this folder work where the sources are shown; on the site the ABI has its page, and others are text. */
function keepInside(page) {
  const file = join(pages, page);
  const inside = readFileSync(file, "utf8").replaceAll(/\[([^\]]+)\]\((\.[^)]+)\)/g, (link, text, target) => {
    const path = posix.normalize(posix.join("docs", posix.dirname(page.replaceAll("\\", "/")), target));
    if (path.startsWith("docs/")) return link;
    return path.startsWith("abi/abi.md") ? `[${text}](/reference/abi)` : `${text} (\`${path}\`)`;
  });
  writeFileSync(file, inside);
}
