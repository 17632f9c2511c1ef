/**
 * Forbids a host that does not start where nothing may be compiled: in workerd, the runtime of Cloudflare's edge, from npm. A
 * plug-in is prepared with the kernel in it, imported as a module, called, pooled, and stopped by its fuel: the clock there stands
 * still while code runs, so that no time limit could hold. Another one works on a folder in memory,
 * and bytes are refused with what to do instead.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import loadWabt from "wabt";
import { check } from "../check.mjs";
import { install } from "../runtimes/runtimes.mjs";
import { shouter } from "../runtimes/shouter.mjs";
import { root } from "../tree.mjs";

const WORKERD = { name: "@cloudflare/workerd-linux-64", version: "1.20261117.1", program: "bin/workerd" };

/** Makes a file in its folder. */
const LISTER = `(module
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1) (data (i32.const 8) "made")
  (func (export "run") (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 4) (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0))))`;

const EXPECTED = { text: "HELLO", code: "call/fuel", again: "AGAIN", sync: "SYNC", pooled: "A,B", paths: "kept,made", isAdvised: true };

const WORKER = `
import { createPlugin, createPool, hostFunction, PluginError } from "@tenon/host";
import { memoryFolder } from "@tenon/host/files";
import lister from "./lister.wasm";
import module from "./plugin.wasm";

export default {
  async fetch(request) {
    const functions = { "extism:host/user": { shout: hostFunction({ params: ["text"], result: "text" }, (_context, text) => text.toUpperCase()) } };
    try {
      const plugin = await createPlugin(module, { prepared: true, functions, limits: { fuel: 1_000_000 } });
      const text = (await plugin.call("run", await request.text())).text();
      const code = await plugin.call("loop").then(() => "no failure", (error) => (PluginError.is(error) ? error.code : String(error)));
      const again = (await plugin.call("run", "again")).text();
      const sync = plugin.callSync("run", "sync").text();
      await plugin.close();
      const pool = await createPool(module, { prepared: true, functions, limits: { fuel: 1_000_000 } });
      const pooled = (await Promise.all(["a", "b"].map((input) => pool.call("run", input)))).join();
      await pool.close();
      const folder = memoryFolder({ kept: "" });
      const seen = await createPlugin(lister, { prepared: true, allow: { paths: [{ folder, guest: "/", access: "read-write" }] }, limits: { fuel: 1_000_000 } });
      await seen.call("run");
      await seen.close();
      const isAdvised = await createPlugin(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])).then(() => false, (error) => error.message.includes("tenon prepare --kernel"));
      return Response.json({ text, code, again, sync, pooled, paths: folder.paths().join(), isAdvised });
    } catch (error) {
      return Response.json({ error: String(error.stack) });
    }
  },
};
`;

await check(async (fail) => {
  const folder = mkdtempSync(join(tmpdir(), "tenon-workerd-"));
  let server;
  try {
    const { prepareModule } = await import(pathToFileURL(join(root, "hosts/typescript/dist/bundled/prepare.js")).href);
    writeFileSync(join(folder, "plugin.wasm"), prepareModule(await shouter(), { fuel: true, kernel: true }));
    writeFileSync(join(folder, "lister.wasm"), prepareModule(Buffer.from((await loadWabt()).parseWat("lister.wat", LISTER).toBinary({}).buffer), { fuel: true, kernel: true }));
    const { outputFiles } = await build({ stdin: { contents: WORKER, resolveDir: join(root, "cli") }, bundle: true, write: false, format: "esm", platform: "browser", target: "es2022", external: ["*.wasm"], logLevel: "silent" });
    writeFileSync(join(folder, "worker.js"), outputFiles[0].text);
    writeFileSync(
      join(folder, "config.capnp"),
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.js", esModule = embed "worker.js"), (name = "plugin.wasm", wasm = embed "plugin.wasm"), (name = "lister.wasm", wasm = embed "lister.wasm")],
    compatibilityDate = "2026-01-01"))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
`,
    );
    server = spawn(install(folder, WORKERD), ["serve", join(folder, "config.capnp"), "--control-fd=3"], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    const port = await portOf(server);
    const answer = await (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "hello" })).json();
    if (answer.error !== undefined) fail("workerd", answer.error);
    for (const [name, value] of Object.entries(EXPECTED)) if (answer.error === undefined && answer[name] !== value) fail("workerd", `"${name}" is ${JSON.stringify(answer[name])}, expected "${value}"`);
    return `workerd ${WORKERD.version}: a prepared plug-in answers, is stopped, answers again, in a pool too, and works on a folder in memory`;
  } finally {
    server?.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The port that workerd chose, which it tells its third file. */
async function portOf(server) {
  let said = "";
  server.stderr.on("data", (chunk) => (said += chunk));
  const gone = new Promise((resolve, reject) => server.on("exit", () => reject(new Error(`workerd ends: ${said}`))));
  const told = (async () => {
    for await (const chunk of server.stdio[3]) {
      const event = /"port"\s*:\s*(\d+)/.exec(String(chunk));
      if (event !== null) return Number(event[1]);
    }
    throw new Error(`workerd names no port: ${said}`);
  })();
  return await Promise.race([told, gone]);
}
