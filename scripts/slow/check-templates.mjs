/**
 * Forbids templates that do not work at a user's: for every language, `tenon new` in an empty folder, `npm install` of the
 * packages as they would be published, and `tenon test`, as its README says. A language whose tools are not on this machine
 * is named with what to install. Names of languages (`rust`, `cpp`) try these alone. Needs `dist`.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, firstLine, run } from "../check.mjs";
import { root, workspaces } from "../tree.mjs";

const wanted = process.argv.slice(2);
/** A user's first run is on a machine of theirs, where the size is recorded. */
const AT_HOME = { CI: undefined };

await check((fail) => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-templates-"));
  try {
    const packs = join(folder, "packs");
    mkdirSync(packs);
    for (const { folder: source, manifest } of workspaces()) {
      if (manifest.private) continue;
      const { ok, stderr } = run("npm", ["pack", "--ignore-scripts", "--pack-destination", packs], { cwd: join(root, source) });
      if (!ok) throw new Error(`npm pack of ${manifest.name}: ${firstLine(stderr)}`);
    }
    const tarballs = readdirSync(packs).map((name) => join(packs, name));
    const home = join(folder, "home");
    mkdirSync(home);
    npm(home, ["install", ...tarballs]);
    const program = join(home, "node_modules/tenon/tenon.mjs");
    const done = [];
    const missing = [];
    for (const language of readdirSync(join(root, "cli/templates"))) {
      if (wanted.length > 0 && !wanted.includes(language)) continue;
      const place = join(folder, language);
      const made = run(process.execPath, [program, "new", place, "--lang", language, "--json"]);
      if (!made.ok) {
        fail(language, `tenon new: ${firstLine(made.stderr)}`);
        continue;
      }
      const [tool] = JSON.parse(made.stdout).missing;
      if (tool !== undefined) {
        missing.push(`${language} (${tool.install})`);
        continue;
      }
      npm(place, ["install", "--save-dev", ...tarballs]);
      const test = run(process.execPath, [join(place, "node_modules/tenon/tenon.mjs"), "test"], { cwd: place, timeout: 300_000, env: AT_HOME });
      if (test.ok && /pass [1-9]/.test(test.stdout)) done.push(language);
      else fail(`cli/templates/${language}`, `tenon test: ${(test.stderr + test.stdout).trim().slice(0, 600)}`);
    }
    if (done.length === 0) fail("cli/templates", "none was tried");
    return `${done.join(", ")} build and pass from nothing${missing.length > 0 ? `; not tried: ${missing.join("; ")}` : ""}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function npm(folder, args) {
  const { ok, stderr } = run("npm", [...args, "--no-audit", "--no-fund", "--prefer-offline"], { cwd: folder });
  if (!ok) throw new Error(`npm ${args[0]} in ${folder}: ${firstLine(stderr)}`);
}
