/** Which engine runs a plug-in: what the embedder says, or what the plug-in needs and the runtime has. */

import { ABI_NAMESPACE, USER_NAMESPACE } from "./abi.ts";
import { PluginError } from "./error.ts";
import { type HostFunctions, isDeclaredAsync } from "./functions.ts";
import type { Grant } from "./source/grant.ts";
import type { NamedModule } from "./inline/link.ts";
import { CAN_SUSPEND } from "./imports/jspi.ts";
import type { ParsedOptions } from "./options.ts";
import type { StartWorker } from "./platform.ts";

/**
 * Tells whether the modules may end up on another thread, where the kernel cannot be part of them.
 *
 * @param options What the embedder says.
 * @param hosts Hosts that the plug-in may reach.
 */
export function mayUseWorker({ engine, functions, platform }: ParsedOptions, hosts: readonly string[]): boolean {
  if (engine !== "auto") return engine === "worker";
  if (CAN_SUSPEND || platform.startWorker === undefined) return false;
  return hosts.length > 0 || Object.values(functions).some((space) => Object.values(space).some(isDeclaredAsync));
}

/**
 * Chooses the engine.
 *
 * @param options What the embedder says.
 * @param modules The plug-in's modules.
 * @param grant Hosts that it was granted.
 * @returns What starts threads for the worker engine, or `undefined` for the inline engine.
 * @throws {PluginError} `engine/unavailable` if the worker engine was asked for and is not to be had.
 */
export function chooseEngine({ engine, functions, platform }: ParsedOptions, modules: readonly NamedModule[], { hosts }: Grant): StartWorker | undefined {
  const { startWorker } = platform;
  if (engine === "inline") return undefined;
  if (engine === "auto") return !CAN_SUSPEND && ((hosts.length > 0 && importsHttp(modules)) || importsAsync(modules, functions)) && canShare(modules) ? startWorker : undefined;
  if (startWorker === undefined) throw unavailable(`the platform "${platform.name}" has no threads, or no shared memory (a page must be cross-origin isolated for it)`);
  if (!canShare(modules)) throw unavailable("a module came prepared with the kernel in it, which cannot be shared between threads");
  return startWorker;
}

function canShare(modules: readonly NamedModule[]): boolean {
  return modules.every((module) => !module.hasKernel);
}

function importsHttp(modules: readonly NamedModule[]): boolean {
  return modules.some(({ imports }) => imports.some(({ namespace, name }) => namespace === ABI_NAMESPACE && name === "http_request"));
}

function importsAsync(modules: readonly NamedModule[], functions: HostFunctions): boolean {
  return modules.some(({ imports }) =>
    imports.some(({ namespace, name }) => {
      if (namespace === ABI_NAMESPACE) return false;
      const places = namespace === "env" ? [namespace, USER_NAMESPACE] : [namespace];
      return places.some((place) => {
        const host = functions[place]?.[name];
        return host !== undefined && isDeclaredAsync(host);
      });
    }),
  );
}

function unavailable(why: string): PluginError {
  return new PluginError("engine/unavailable", `Cannot use the worker engine: ${why}; use engine: "inline", where host functions may return promises if the engine has JSPI`, { engine: "worker" });
}
