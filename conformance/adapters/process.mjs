/**
 * A host in a process of its own: one JSON object a line each way. What it gets is `{ open: { modules, manifest } }`,
 * `{ call, input }` or `{ close }`; it answers with `{}`, `{ output }` or `{ failure }`, and the `notes` and `logs` of that call.
 * Bytes are base64. A process that ends or hangs fails the case it is at, and the next case gets a new one.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const HANG_MS = 20_000;

/**
 * @param {string} command What to run.
 * @param {string[]} args Its arguments.
 * @param {object} options As `spawn` takes them.
 * @returns What an adapter exports: `open`, and `end` for when all is over.
 */
export function hostInProcess(command, args, options) {
  let child;
  const start = () => {
    const process = spawn(command, args, { ...options, stdio: ["pipe", "pipe", "ignore"] });
    const lines = createInterface({ input: process.stdout });
    const waiting = [];
    let reason;
    const lose = (why) => {
      reason ??= why;
      if (child?.process === process) child = undefined;
      process.kill("SIGKILL");
      for (const { reject } of waiting.splice(0)) reject(new Error(why));
    };
    lines.on("line", (line) => waiting.shift()?.resolve(JSON.parse(line)));
    process.on("error", (error) => lose(`it cannot be started: ${error.message}`));
    process.on("exit", (code, signal) => lose(`its process ended with ${code ?? signal}`));
    process.stdin.on("error", () => undefined);
    const ask = (message) =>
      new Promise((resolve, reject) => {
        if (reason !== undefined) return reject(new Error(reason));
        const timer = setTimeout(() => lose(`no answer within ${HANG_MS / 1000} s`), HANG_MS);
        const settle = (finish) => (value) => {
          clearTimeout(timer);
          finish(value);
        };
        waiting.push({ resolve: settle(resolve), reject: settle(reject) });
        process.stdin.write(`${JSON.stringify(message)}\n`);
      });
    return { process, ask };
  };
  return {
    open: async ({ wasm, modules = [{ wasm }], config, limits, allowedHosts, notes, log }) => {
      child ??= start();
      const { ask } = child;
      const { memoryPages, varBytes, httpResponseBytes, timeoutMs } = limits;
      const memory = { max_pages: memoryPages, max_var_bytes: varBytes, max_http_response_bytes: httpResponseBytes };
      const manifest = { memory, config, allowed_hosts: allowedHosts, timeout_ms: timeoutMs };
      const sent = modules.map(({ name, hash, wasm: bytes }) => ({ name, hash, data: Buffer.from(bytes).toString("base64") }));
      const opened = await ask({ open: { modules: sent, manifest } });
      if (opened.failure) throw new Error(opened.failure.reason);
      return {
        async call(name, input) {
          // A process that is lost has not answered, which no case expects.
          const { output, failure, notes: noted = [], logs = [] } = await ask({ call: name, input: Buffer.from(input).toString("base64") });
          notes.push(...noted);
          for (const [level, text] of logs) log(level, text);
          return failure ? { failure } : { output: Buffer.from(output ?? "", "base64") };
        },
        close: () => ask({ close: true }).catch(() => undefined),
      };
    },
    end: () => child?.process.kill(),
  };
}
