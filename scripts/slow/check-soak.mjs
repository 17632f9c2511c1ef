/**
 * Forbids that a pool under load answers wrongly, mixes up tenants or keeps anything: the soak of the host's pool, for a
 * minute or as many seconds as `TENON_SOAK_SECONDS` says.
 */
import { check, firstLine, run } from "../check.mjs";

const seconds = process.env.TENON_SOAK_SECONDS ?? "60";

await check((fail) => {
  const { ok, stdout, stderr } = run(process.execPath, ["node_modules/vitest/vitest.mjs", "run", "hosts/typescript/src/pool/soak.test.ts"], {
    env: { TENON_SOAK_SECONDS: seconds },
  });
  const reports = [...stdout.matchAll(/^soak: (.*)$/gm)].map(([, report]) => JSON.parse(report));
  if (!ok || reports.length === 0) {
    fail("soak", firstLine(/AssertionError.*/.exec(stdout + stderr)?.[0] ?? stderr + stdout));
    return undefined;
  }
  return reports
    .map(({ engine, answered, failed, looks }) => {
      const heap = looks.map(({ heapMb }) => heapMb.toFixed(1)).join(", ");
      return `${engine}: ${answered} calls answered and ${failed} hostile ones contained in ${seconds} s, heap after each round ${heap} MB`;
    })
    .join("; ");
});
