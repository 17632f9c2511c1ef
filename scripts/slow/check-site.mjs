/**
 * Forbids documentation that does not become a site: installs what `docs/` needs, builds it (VitePress fails on links that
 * lead nowhere), and looks for a page behind every entry of the navigation. Needs `npm run build`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { check, firstLine, run } from "../check.mjs";
import { files, read, root } from "../tree.mjs";

await check((fail) => {
  const installed = run("npm", ["ci", "--prefix", "docs", "--no-fund", "--no-audit"]);
  if (!installed.ok) {
    fail("docs", `cannot be installed: ${firstLine(installed.stderr)}`);
    return undefined;
  }
  const built = run(process.execPath, ["docs/build.mjs"]);
  if (!built.ok) {
    const lines = `${built.stdout}\n${built.stderr}`.split("\n").filter((line) => /dead link|Error|error/.test(line));
    fail("docs", `cannot be built: ${lines.slice(0, 5).join(" | ") || firstLine(built.stderr)}`);
    return undefined;
  }
  const site = (link) => join(root, "docs/build/site", link.endsWith("/") ? `${link}index.html` : `${link}.html`);
  const links = [...read("docs/.vitepress/config.ts").matchAll(/link: "(\/[^"]*)"/g)].map(([, link]) => link);
  for (const link of links) if (!existsSync(site(link))) fail("docs/.vitepress/config.ts", `leads to "${link}", which is no page; write it or take the entry out`);
  const pages = files(/^docs\/.*\.md$/).map((page) => `/${page.slice("docs/".length, -".md".length)}`);
  for (const page of pages) if (page !== "/index" && !links.includes(page)) fail(`docs${page}.md`, "is in no navigation; add it to docs/.vitepress/config.ts");
  return `${pages.length} pages written, ${links.length} entries of the navigation`;
});
