/**
 * Builds the site: copies the pages of this folder, makes those that derive from the project (`generate.mjs`), and hands
 * all to VitePress, which fails on a link that leads nowhere. The result is `build/site`; `--serve` shows it on loopback.
 *
 *   npm run site             compiles the packages, since the reference is made from them, and installs what this folder needs
 */
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
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
await generatePages(pages);
await build(here);
if (process.argv.includes("--serve")) await serve({ root: here, port: 4173 });
