/**
 * Lets a Node that cannot strip types, or cannot read `using`, run tests written in TypeScript. Preloaded by
 * `test-runner.ts` with `--import`; the same file is the hook, on the thread where Node runs hooks.
 * Source: https://nodejs.org/docs/latest-v20.x/api/module.html#customization-hooks
 */

import { readFile } from "node:fs/promises";
import { register, type LoadHook } from "node:module";
import { fileURLToPath } from "node:url";

// Node loads this file a second time as the hook itself, which must not register again.
if (!new URL(import.meta.url).searchParams.has("hook")) register(`${import.meta.url}?hook`, import.meta.url);

/** Node's hook: reads TypeScript as the JavaScript it is without its types. */
export const load: LoadHook = async (url, context, next) => {
  if (!/^file:.*\.[cm]?ts$/.test(url) || url.includes("/node_modules/")) return await next(url, context);
  const { transform } = await import("esbuild");
  const path = fileURLToPath(url);
  const { code } = await transform(await readFile(path, "utf8"), { loader: "ts", format: "esm", target: "node20", sourcemap: "inline", sourcefile: path });
  return { format: "module", source: code, shortCircuit: true };
};
