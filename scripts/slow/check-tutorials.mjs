/**
 * Forbids tutorials that do not work when they are followed to the letter. In a page, `<!-- follow: FILE -->` above a block
 * means that the reader writes it into FILE, and `<!-- follow -->` above a block of `sh` that the reader types it; what it
 * prints must be what the `text` block after it says, if there is one (`…` stands for anything). All happens in a folder
 * below the root, in a clone that is built, as the pages say. Needs `npm run build`.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { check, run } from "../check.mjs";
import { files, read, root } from "../tree.mjs";

const STEP = /^<!-- follow(?:: (?<file>\S+))? -->\n```\w*[^\n]*\n(?<text>[\s\S]*?)^```$(?:\n\n```text\n(?<output>[\s\S]*?)^```$)?/gm;

await check((fail) => {
  let steps = 0;
  const pages = files(/\.md$/).filter((page) => read(page).includes("<!-- follow"));
  for (const page of pages) {
    // A shell keeps its folder from step to step; so does this.
    let folder = join(root, "build/tutorials", page.replaceAll(/[/.]/g, "-"));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { groups, index } of read(page).matchAll(STEP)) {
      const { file, text, output } = groups;
      const place = `${page}:${read(page).slice(0, index).split("\n").length}`;
      steps += 1;
      if (file !== undefined) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        writeFileSync(join(folder, file), text);
        continue;
      }
      const { ok, stdout, stderr } = run("bash", ["-ec", `${text}\necho; echo "folder: $PWD"`], { cwd: folder, timeout: 300_000 });
      const printed = `${stderr}${stdout}`;
      if (!ok) {
        fail(place, `fails: ${printed.trim().split("\n").slice(-8).join(" | ")}`);
        break;
      }
      folder = resolve(/folder: (.*)\n$/.exec(stdout)?.[1] ?? folder);
      const shown = printed.replace(/\nfolder: .*\n$/, "").trim();
      const pattern = (output ?? "…").trim().split("…").map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join(".*");
      if (!new RegExp(`^${pattern}$`, "s").test(shown)) fail(place, `prints ${JSON.stringify(shown)}, not what the page says below it`);
    }
  }
  return `${pages.length} tutorials, ${steps} steps`;
});
