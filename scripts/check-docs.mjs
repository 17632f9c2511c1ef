/**
 * Forbids pages that mislead: a relative link or anchor that leads nowhere, an npm script or a file in a command that does
 * not exist, and a README whose test command is not the one that `.ci/run` runs.
 */
import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { check } from "./check.mjs";
import { files, read, readJson, root, workspaces } from "./tree.mjs";

const TEST_COMMAND = /^\s*(?:\$ )?(.*\bnpm (?:test|t|run test))\s*$/m;
const BUILT_IN = new Set(["test", "start"]);

await check((fail) => {
  const pages = files(/\.md$/);
  const rootScripts = readJson("package.json").scripts;
  let links = 0;

  for (const page of pages) {
    const text = read(page);
    const prose = text.replaceAll(/^```[\s\S]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "");
    for (const [, target] of prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)) {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
      // Pages of the site that are made when it is built; `slow/check-site.mjs` follows these links.
      if (page.startsWith("docs/") && target.startsWith("/reference/")) continue;
      links += 1;
      const [path, anchor] = target.split("#");
      const file = path === "" ? page : posix.join(posix.dirname(page), decodeURIComponent(path));
      if (!existsSync(join(root, file))) fail(page, `links to "${target}", which does not exist; correct the link`);
      else if (anchor && file.endsWith(".md") && statSync(join(root, file)).isFile() && !anchorsOf(read(file)).has(anchor)) {
        fail(page, `links to "${target}", but ${file} has no such heading; correct the anchor`);
      }
    }

    const own = workspaces().find(({ folder }) => page.startsWith(`${folder}/`))?.manifest.scripts ?? {};
    for (const [, block] of text.matchAll(/^```(?:sh|bash|console|shell)?\n([\s\S]*?)^```/gm)) {
      for (const [, name] of block.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)) {
        const isScript = BUILT_IN.has(name) || block.includes(`npm run ${name}`);
        if (isScript && !rootScripts[name] && !own[name]) fail(page, `tells to run the npm script "${name}", which package.json does not have; add it or correct the page`);
      }
      for (const [, path] of block.matchAll(/\bnode ([\w./-]+\.m?js)\b/g)) {
        if (!path.includes("dist/") && !existsSync(join(root, path)) && !existsSync(join(root, posix.dirname(page), path))) {
          fail(page, `tells to run "${path}", which does not exist; correct the command`);
        }
      }
    }
  }

  const command = existsSync(join(root, "README.md")) ? TEST_COMMAND.exec(read("README.md"))?.[1] : undefined;
  if (command === undefined) fail("README.md", 'has no line that ends in "npm test"; give the one command that passes the tests');
  else if (!read(".ci/run").includes(`"${command}"`)) fail(".ci/run", `does not run "${command}", the test command of README.md; make them the same`);
  return `${pages.length} pages, ${links} links`;
});

/** The anchors a page's headings get where Markdown is shown. */
function anchorsOf(text) {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, "").matchAll(/^#{1,6} (.+)$/gm);
  return new Set([...headings].map(([, heading]) => heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").trim().replaceAll(" ", "-")));
}
