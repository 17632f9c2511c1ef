import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

test("examples/secret: the key goes to its service alone, and is seen by nobody", { timeout: 180_000 }, () => {
  const program = fileURLToPath(new URL("main.mjs", import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "--json"], { encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const { answers, audit } = JSON.parse(stdout) as { answers: Record<string, { total?: number; failed?: string }>; audit: { kind: string; status?: number; secrets?: string[] }[] };
  expect(answers["allowed"]).toEqual({ total: 50, sent: "prices" });
  expect(answers["redirected"]?.failed).toContain("the service answered 401");
  expect(answers["elsewhere"]?.failed).toContain("no allowed host matches");
  expect(audit.map(({ kind, status: code, secrets }) => [kind, code ?? secrets ?? []])).toEqual([
    ["allowed", ["authorization"]], ["answered", 200],
    ["allowed", ["authorization"]], ["answered", 302], ["allowed", []], ["answered", 401],
    ["refused", []],
  ]);
  expect(stdout).not.toContain("8f2c4e");
});
