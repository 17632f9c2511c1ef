import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

import { ECHO } from "../../test/wat.ts";

const host = new URL("../../dist/bundled/node.js", import.meta.url).href;
const CASES = [
  { name: "is closed, whose thread is kept", end: "await plugin.close();" },
  { name: "is open and idle", end: "" },
  { name: "is one of several, each on a thread of its own", end: "await Promise.all([1, 2, 3].map(() => open()));" },
] as const;

test.each(CASES)("a process ends by itself when a plug-in on a thread $name", ({ end }) => {
  const script = `
    import { createPlugin } from ${JSON.stringify(host)};
    const bytes = Uint8Array.from(${JSON.stringify([...ECHO])});
    const open = () => createPlugin(bytes, { engine: "worker" });
    const plugin = await open();
    console.log(String(await plugin.call("echo", "done")));
    ${end}`;
  const { status, stdout, stderr, error } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { cwd: fileURLToPath(new URL(".", import.meta.url)), encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" }, timeout: 50_000 });
  expect({ status, stdout, stderr, error }).toEqual({ status: 0, stdout: "done\n", stderr: "", error: undefined });
});
