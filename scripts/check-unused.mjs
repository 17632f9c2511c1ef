/**
 * Forbids what nobody uses: files, exports, dependencies; and dependencies that are used and not declared. `knip.json`
 * says where the use begins.
 */
import { check, firstLine, tool } from "./check.mjs";

const WHAT = {
  files: "nobody uses this file; delete it",
  dependencies: "is a dependency nobody uses; npm uninstall it",
  devDependencies: "is a development dependency nobody uses; npm uninstall it",
  optionalPeerDependencies: "is used and only an optional peer dependency; declare it",
  unlisted: "is used and not declared; add it to this package.json",
  binaries: "is a program used and not declared; add its package to this package.json",
  unresolved: "cannot be resolved; correct the import",
  exports: "is exported and nobody imports it; delete the export",
  types: "is an exported type nobody imports; delete the export",
  nsExports: "is exported and nobody uses it; delete the export",
  nsTypes: "is an exported type nobody uses; delete the export",
  namespaceMembers: "is a member nobody uses; delete it",
  enumMembers: "is a member nobody uses; delete it",
  duplicates: "is exported under two names; keep one",
};

await check((fail) => {
  const { ok, stdout, stderr } = tool("knip", ["--no-progress", "--reporter=json", "--treat-config-hints-as-errors"]);
  if (!stdout.trimStart().startsWith("{")) {
    fail("knip", `${firstLine(stderr + stdout)}; correct knip.json`);
    return undefined;
  }
  let found = 0;
  for (const { file, ...kinds } of JSON.parse(stdout).issues) {
    for (const [kind, entries] of Object.entries(kinds)) {
      for (const entry of entries) {
        found += 1;
        const name = Array.isArray(entry) ? entry.map((one) => one.name).join(", ") : entry.name;
        fail(entry.line ? `${file}:${entry.line}` : file, kind === "files" ? WHAT.files : `"${name}" ${WHAT[kind] ?? `(${kind}) is not used; delete it`}`);
      }
    }
  }
  if (!ok && found === 0) {
    for (const line of stderr.split("\n").filter((text) => text.trim() !== "")) fail("knip.json", line.trim());
  }
  return "no unused file, export or dependency";
});
