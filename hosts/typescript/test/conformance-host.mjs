/**
 * This host as the conformance cases see it: the adapter of `conformance/run.mjs`.
 */
import { PluginError, createPlugin, hostFunction } from "@tenon/host";

/** It reports every field of a failure. */
export const omits = [];

/** Nothing is known to fail. */
export const deviations = [];

/** Opens a plug-in. */
export async function open({ wasm, config, limits, allowedHosts, functions, log }) {
  const plugin = await createPlugin(wasm, {
    config,
    limits,
    allow: { hosts: allowedHosts },
    http: { privateHosts: allowedHosts, allowResponseHeaders: true },
    logger: ({ level, text, source }) => source === "log" && log(level, text),
    logLevel: "trace",
    functions: { "extism:host/user": Object.fromEntries(Object.entries(functions).map(([name, entry]) => [name, bind(entry)])) },
  });
  return {
    call: async (name, input) => {
      try {
        return { output: (await plugin.call(name, input)).bytes() };
      } catch (error) {
        if (!PluginError.is(error)) throw error;
        return { failure: { ...error.details, reason: [error.message, error.cause?.message ?? ""].join(": ") } };
      }
    },
    close: () => plugin.close(),
  };
}

const typeOf = (type) => (type === "handle" ? "bytes" : type);

function bind({ params, results, call }) {
  return hostFunction({ params: params.map(typeOf), result: results[0] ? typeOf(results[0]) : "none" }, (context, ...values) => call(...values));
}
