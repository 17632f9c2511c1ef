/**
 * This host as the conformance cases see it: the adapter of `conformance/cases.mjs`.
 */
import { PluginError, createPlugin, createPool, hostFunction } from "@tenon/host";

/** It reports every field of a failure. */
export const omits = [];

/** What cannot be: to wait for an answer, a plug-in is suspended by JavaScript, or runs on a thread that shares memory. */
const waitless = "Suspending" in WebAssembly ? [] : ["inline", ...(typeof SharedArrayBuffer === "undefined" ? ["pool", undefined] : [])];
const isPage = "document" in globalThis;
export const deviations = [
  ...waitless.flatMap((engine) =>
    [/: http: (?!nothing)/, /^host\/http: (?!a redirect (to|without)|a host|nothing|files|a request that|an answer beyond|a limit of 0)/].map((match) => ({ engine, match, reason: "HTTP needs JSPI or shared memory" })),
  ),
  ...(isPage ? [{ match: /^host\/http: a redirect within/, reason: "a page is not told where a redirect leads" }] : []),
];

/** Opens a plug-in. `engine` is `"inline"`, `"worker"`, `"pool"` (one instance, kept), or nothing: then the host chooses. */
export async function open({ wasm, modules, engine, config, limits, allowedHosts, functions, log }) {
  const options = {
    config,
    limits,
    allow: { hosts: allowedHosts },
    http: { privateHosts: allowedHosts, allowResponseHeaders: true },
    logger: ({ level, text, source }) => source === "log" && log(level, text),
    logLevel: "trace",
    functions: { "extism:host/user": Object.fromEntries(Object.entries(functions).map(([name, entry]) => [name, bind(entry)])) },
  };
  const source = modules ? { wasm: modules.map(({ name, wasm: data, hash }) => ({ name, data, hash })) } : wasm;
  const plugin = await (engine === "pool" ? createPool(source, { ...options, isolation: "plugin", instances: { max: 1 } }) : createPlugin(source, { ...options, engine }));
  return {
    call: async (name, input) => {
      try {
        return { output: (await plugin.call(name, input)).bytes() };
      } catch (error) {
        if (!PluginError.is(error)) throw error;
        return { failure: { ...error.details, reason: [error.message, error.cause?.message ?? ""].join(": ") } };
      }
    },
    // A pool that keeps its instances has nothing to reset.
    reset: plugin.reset && (() => plugin.reset()),
    close: () => plugin.close(),
  };
}

const typeOf = (type) => (type === "handle" ? "bytes" : type);

function bind({ params, results, call }) {
  return hostFunction({ params: params.map(typeOf), result: results[0] ? typeOf(results[0]) : "none" }, (context, ...values) => call(...values));
}
