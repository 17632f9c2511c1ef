/**
 * The cases of `conformance/` on a runtime other than the one that runs this: in a program with Node's modules, or in a
 * browser's page that loads the packages as they are, without a bundler. And what is kept of their results.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { loadHostCases } from "@tenon/conformance/host-cases";
import { startServer } from "@tenon/conformance/server";
import { firstLine } from "../check.mjs";
import { readJson, root } from "../tree.mjs";
import { outcomeOf } from "./browser.mjs";

/** Our host, as the cases see it. */
export const ADAPTER = "hosts/typescript/test/conformance-host.mjs";

/**
 * Runs the cases in a program with Node's modules.
 *
 * @param program Its path.
 * @param args What it needs before a script.
 * @param flags Those of `conformance/run.mjs`.
 * @param adapter Another host than ours.
 * @returns What the runner gives.
 */
export async function runCasesInProgram(program, args, flags, adapter = ADAPTER) {
  const folder = mkdtempSync(join(tmpdir(), "tenon-cases-"));
  try {
    const path = join(folder, "results.json");
    try {
      await promisify(execFile)(program, [...args, "conformance/run.mjs", adapter, ...flags, "--json", path], { cwd: root, timeout: 400_000 });
    } catch (error) {
      // Cases that fail are in the file.
      if (!existsSync(path)) throw new Error(`the runner ended early: ${firstLine(error.stderr || error.message)}`, { cause: error });
    }
    return JSON.parse(readFileSync(path, "utf8"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the cases of our host in a page.
 *
 * @param name A browser.
 * @param query What `conformance/page.mjs` reads of its address.
 * @returns What the runner gives.
 */
export async function runCasesInPage(name, query) {
  const imports = Object.fromEntries(["hosts/typescript", "wasm"].flatMap(entriesOf));
  const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports })}</script><script type="module" src="/conformance/page.mjs"></script>`;
  const pages = { "/": page, ...("host" in query && { "/host-cases.json": JSON.stringify(loadHostCases(), writeBytes) }) };
  const server = await startServer({ folder: root, isServed: (path) => /^(conformance|hosts\/typescript\/(dist|test)|wasm\/dist)\//.test(path), pages });
  try {
    return await outcomeOf(name, `${server.origin}/?${new URLSearchParams({ adapter: `/${ADAPTER}`, ...query })}`);
  } finally {
    server.close();
  }
}

const writeBytes = (key, value) => (key === "wasm" ? Buffer.from(value).toString("base64") : value);

/** What a package exports to pages, by the names that they are imported by. */
function entriesOf(folder) {
  const { name, exports } = readJson(`${folder}/package.json`);
  return Object.entries(exports).map(([key, value]) => [key.replace(/^\./, name), `/${folder}/${(value.default ?? value).slice(2)}`]);
}

/**
 * Reports what failed, and counts.
 *
 * @param where Which host or runtime it was, for the report.
 * @param results What the runner gives for the host cases.
 * @param fail Reports.
 * @returns By topic: how many passed of how many, what is left open and done otherwise, and the reasons for the rest.
 */
export function tallyHostCases(where, results, fail) {
  const topics = {};
  if (results.length === 0) fail(where, "ran no case");
  for (const { topic, outcome, detail, name } of results) {
    if (outcome === "failed") fail(`${where}, ${name}`, firstLine(detail));
    if (topic === undefined) continue;
    const row = (topics[topic] ??= { passed: 0, of: 0, otherwise: {}, open: [] });
    const short = name.replace(/^[^:]*: /, "");
    if (outcome === "open") {
      if (detail !== "as expected") row.open.push(short);
      continue;
    }
    row.of += 1;
    if (outcome === "passed") row.passed += 1;
    else row.otherwise[short] = detail.split(": ")[0];
  }
  return topics;
}
