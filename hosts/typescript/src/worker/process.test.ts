import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { ECHO } from "../../test/wat.ts";

const host = new URL("../../dist/bundled/node.js", import.meta.url).href;
const CASES = [
  { name: "is closed, whose thread is kept", options: "", end: "await plugin.close();" },
  { name: "is open and idle", options: "", end: "" },
  { name: "is one of several, each on a thread of its own", options: "", end: "await Promise.all([1, 2, 3].map(() => open()));" },
  { name: "has no time limit, so that no timer waits for its answer", options: 'limits: "none"', end: "" },
] as const;

test.each(CASES)("a process ends by itself, and not before it has its answer, when a plug-in on a thread $name", ({ options, end }) => {
  const script = `
    import { createPlugin } from ${JSON.stringify(host)};
    const bytes = Uint8Array.from(${JSON.stringify([...ECHO])});
    const open = () => createPlugin(bytes, { engine: "worker", ${options} });
    const plugin = await open();
    console.log(String(await plugin.call("echo", "done")));
    ${end}`;
  const { status, stdout, stderr, error } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" }, timeout: 50_000 });
  expect({ status, stdout, stderr, error }).toEqual({ status: 0, stdout: "done\n", stderr: "", error: undefined });
});
