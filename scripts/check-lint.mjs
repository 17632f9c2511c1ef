/**
 * Forbids what `.oxlintrc.json` forbids: `any`, promises nobody waits for, default exports, `null`, import cycles, unused
 * names, Node's names in the host's core, and more. The types that those rules need come from `tsc -b`.
 */
import { check, firstLine, tool } from "./check.mjs";

await check((fail) => {
  const { ok, stdout, stderr } = tool("oxlint", [
    "--type-aware",
    "--deny-warnings",
    "--report-unused-disable-directives",
    "--format=json",
  ]);
  if (!stdout.trimStart().startsWith("{")) {
    fail("oxlint", `${firstLine(stderr + stdout)}; correct .oxlintrc.json`);
    return undefined;
  }
  const report = JSON.parse(stdout);
  for (const { filename, labels, message, help, code } of report.diagnostics) {
    const line = labels?.[0]?.span?.line;
    const what = [message.replace(/\.$/, ""), help?.replace(/\.$/, "")].filter(Boolean).join("; ");
    fail(line === undefined ? filename : `${filename}:${line}`, code === undefined ? what : `${what} (${code})`);
  }
  if (!ok && report.diagnostics.length === 0) fail("oxlint", `${firstLine(stderr)}; run npx oxlint by hand`);
  return `${report.number_of_files} files, ${report.number_of_rules} rules`;
});
