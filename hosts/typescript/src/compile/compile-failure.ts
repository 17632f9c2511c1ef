/** Says why a module could not be compiled or limited. Loaded when one could not. */

import { WasmError } from "@tenon/wasm";
import { explainRefusal } from "@tenon/wasm/explain";

import { ABI_NAMESPACE } from "../abi.ts";
import type { CompileSettings } from "./compile.ts";
import { PluginError } from "../error.ts";

/** How engines say that nothing may be compiled. */
const FORBIDDEN = /embedder|unsafe-eval|Content Security Policy/i;

/**
 * @param thrown What was thrown.
 * @param module Name of the module.
 * @param settings What was built in.
 * @returns The failure to throw.
 */
export function compileFailure(thrown: unknown, module: string, { memoryPages }: CompileSettings): PluginError {
  const cause = explainRefusal(thrown);
  const why = cause instanceof Error ? cause.message : String(cause);
  if (!(cause instanceof WasmError)) {
    const advice = FORBIDDEN.test(why) ? `; where no bytes may be compiled, pass a module that "tenon prepare --kernel" wrote, with prepared: true, or let the page's policy allow 'wasm-unsafe-eval'` : "";
    return new PluginError("module/invalid", `Cannot compile the module "${module}": ${why}${advice}`, { module, offset: undefined }, { cause });
  }
  const { reason, construct, offset } = cause;
  switch (reason) {
    case "unknown":
    case "unlimitable":
      return new PluginError("module/unlimitable", `Cannot limit the module "${module}": ${why}; a module that you trust runs with limits: "none"`, { module, construct, offset }, { cause });
    case "over-limit":
      return new PluginError("memory/limit", `Cannot load the module "${module}": ${why}; raise limits.memoryPages or limits.tableElements`, { limitPages: memoryPages }, { cause });
    case "mismatch":
      return new PluginError("link/mismatch", `Cannot link the module "${module}": ${why}`, { module, namespace: ABI_NAMESPACE, name: construct }, { cause });
    case "malformed":
    case "too-large":
    case "reserved":
      return new PluginError("module/invalid", `Cannot compile the module "${module}": ${why}`, { module, offset }, { cause });
    default:
      return reason satisfies never;
  }
}
