/**
 * The npm package `@extism/extism` as a host of the conformance cases: what the rival does, and where it departs from the ABI.
 */
import { createPlugin } from "@extism/extism";

import { knownOf } from "./known.mjs";

/** It says why a call failed, but not with which return code. */
export const omits = ["returnCode"];

/** What is known to fail, measured with version 2.0.0-rc13 on Node 20. */
export const deviations = [
  ...knownOf("extism"),
  { match: /range: /, reason: "the output is the whole block, not the range" },
  { match: /input_past_end: /, reason: "reading past the end throws" },
  { match: /fail_code: a return code/, reason: "a return code without a text is a success" },
  { match: /fail_cleared: |error_peek: /, reason: "clearing the error sets another one" },
  { match: /eat_blocks: |fifty thousand blocks/, reason: "throws where alloc should give 0, and after 32,767 blocks" },
  { match: /eat_memory: /, reason: "the limit does not bind the plug-in's own memory: 4 GiB are taken", skip: true },
  { match: /grow_memory: /, reason: "the limit does not bind the plug-in's own memory" },
  { match: /config_get: names that JavaScript/, reason: "keys reach the prototype of the configuration" },
  { match: /wild_handles: /, reason: "an unknown handle throws" },
  { match: /^host\/blocks: what is freed is used again/, reason: "every block is counted again at each alloc, which takes minutes", skip: true },
  { match: /wasi_exit: 0/, reason: "every exit is a failure" },
  { match: /: host functions: one that throws/, reason: "a host function that throws in its worker leaves the next call without an answer", skip: true },
];

/** Opens a plug-in; a limit of time and HTTP take its worker, all else runs inline. */
export async function open({ wasm, modules = [{ wasm }], config, limits, allowedHosts, functions, log }) {
  const logger = Object.fromEntries(["trace", "debug", "info", "warn", "error"].map((level) => [level, (text) => log(level, text)]));
  const plugin = await createPlugin(
    {
      wasm: modules.map(({ name, wasm: data, hash }) => ({ data, ...(name && { name }), ...(hash && { hash }) })),
      memory: { maxPages: limits.memoryPages, maxVarBytes: limits.varBytes, maxHttpResponseBytes: limits.httpResponseBytes },
    },
    {
      useWasi: true,
      config,
      allowedHosts,
      logger,
      logLevel: "trace",
      allowHttpResponseHeaders: true,
      // Its limit includes the start of its worker, which takes longer than a case allows on a busy machine.
      timeoutMs: limits.timeoutMs && Math.max(limits.timeoutMs, 3000),
      runInWorker: limits.timeoutMs !== undefined || modules.some((module) => doesRequests(module.wasm)),
      functions: { "extism:host/user": Object.fromEntries(Object.entries(functions).map(([name, entry]) => [name, bind(entry)])) },
    },
  );
  return {
    call: async (name, input) => {
      try {
        return { output: (await plugin.call(name, input))?.bytes() ?? new Uint8Array() };
      } catch (error) {
        return { failure: describe(error) };
      }
    },
    reset: () => plugin.reset(),
    close: () => plugin.close(),
  };
}

/** What is no module is refused elsewhere. */
function doesRequests(wasm) {
  return WebAssembly.validate(wasm) && WebAssembly.Module.imports(new WebAssembly.Module(wasm)).some(({ name }) => name === "http_request");
}

function bind({ params, results, call }) {
  return (context, ...values) => {
    const result = call(...values.map((value, index) => (params[index] === "handle" ? context.read(value).bytes() : value)));
    return results[0] === "handle" ? context.store(result) : result;
  };
}

function describe(error) {
  const message = String(error?.message ?? error?.toString());
  const returned = /^Plugin-originated error: ([\s\S]*)$/.exec(message);
  return { text: returned?.[1], reason: message };
}
