/** Our own host, inline: on engines without JSPI it cannot wait for HTTP, which is said here as a deviation. */
import { createPlugin, PluginError } from "@tenon/host";

const canWait = "Suspending" in WebAssembly;

/** Nothing is left out of a failure. */
export const omits = [];

/** What is known to fail. */
export const deviations = canWait ? [] : [{ match: /: http: (?!nothing is allowed)/, reason: "this engine has no JSPI, and the inline engine cannot wait" }];

/** Opens a plug-in. */
export async function open({ wasm, config, limits, allowedHosts, functions, log }) {
  const plugin = await createPlugin(wasm, {
    config,
    limits,
    allow: { hosts: allowedHosts },
    http: { allowResponseHeaders: true },
    logger: ({ level, text }) => log(level, text),
    logLevel: "trace",
    functions: { "extism:host/user": Object.fromEntries(Object.entries(functions).map(([name, entry]) => [name, bind(entry)])) },
  });
  return {
    call: async (name, input) => {
      try {
        return { output: (await plugin.call(name, input)).bytes() };
      } catch (error) {
        return { failure: describe(error) };
      }
    },
    close: () => plugin.close(),
  };
}

function bind({ params, results, call }) {
  return (context, ...values) => {
    const result = call(...values.map((value, index) => (params[index] === "handle" ? context.bytes(value) : value)));
    return results[0] === "handle" ? context.store(result) : result;
  };
}

function describe(error) {
  const isReported = PluginError.is(error, "call/failed");
  return { ...(isReported ? error.details : {}), reason: [error, error.cause].filter(Boolean).map(String).join("; ") };
}
