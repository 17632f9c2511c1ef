/**
 * Forbids type errors: in the packages (`tsc -b`, which also writes the `dist` that later checks read) and in their tests
 * (`tsconfig.test.json`).
 */
import { check, tool } from "./check.mjs";

await check((fail) => {
  const seen = new Set();
  for (const args of [["-b"], ["-p", "tsconfig.test.json"]]) {
    const { ok, stdout, stderr } = tool("tsc", [...args, "--pretty", "false"]);
    const errors = (stdout + stderr).split("\n").filter((line) => /error TS\d+/.test(line));
    for (const line of errors) {
      if (seen.has(line)) continue;
      seen.add(line);
      const [, where, what] = /^(?:(.*?): )?error (TS\d+: .*)$/.exec(line) ?? [undefined, undefined, line];
      fail(where ?? `tsc ${args.join(" ")}`, what);
    }
    if (!ok && errors.length === 0) fail(`tsc ${args.join(" ")}`, `failed without saying why; run it by hand`);
  }
  return "packages and tests have no type error";
});
