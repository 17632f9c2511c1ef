/**
 * The host's side of the limits that `@tenon/wasm` builds into modules: the look at the clock, and the counters.
 *
 * Counters of one call that returned are good for the next. A call that was stopped leaves them anywhere, but its
 * instance is dropped with them. Only fuel is set anew at each call, because it is given by the call.
 */

import { ADDED } from "@tenon/wasm/reserved";

import { PluginError } from "../error.ts";
import { INTERRUPT_INTERVAL, LIMIT_CEILINGS } from "../limits.ts";
import type { Session } from "../session/session.ts";
import { lateFailure } from "../session/watch.ts";

/** Counters of one instance, as far as its module has them. */
export interface InstanceControls {
  readonly countdown: WebAssembly.Global<"i32"> | undefined;
  readonly fuel: WebAssembly.Global<"i64"> | undefined;
  readonly stack: WebAssembly.Global<"i32"> | undefined;
}

/**
 * Makes the import that a limited module calls when its countdown is used up.
 *
 * @param session Session of the plug-in.
 * @returns 0 to stop the module, else the next countdown.
 */
export function createInterrupt(session: Session): () => number {
  return () => (session.call.isOver || lateFailure(session) ? 0 : INTERRUPT_INTERVAL);
}

/**
 * Finds an instance's counters and sets them for its start.
 *
 * @param exports Exports of the instance.
 * @param session Session of the plug-in.
 * @returns The counters.
 * @throws {PluginError} `module/unlimitable` if a counter is missing for a limit that is on.
 */
export function armInstance(exports: WebAssembly.Exports, session: Session): InstanceControls {
  const controls: InstanceControls = {
    countdown: findGlobal(exports, ADDED.countdown),
    fuel: findGlobal(exports, ADDED.fuel),
    stack: findGlobal(exports, ADDED.stack),
  };
  checkControls(controls, session);
  if (controls.countdown !== undefined) controls.countdown.value = INTERRUPT_INTERVAL;
  if (controls.stack !== undefined) controls.stack.value = Math.min(session.limits.stackDepth, LIMIT_CEILINGS.stackDepth);
  refuel([controls], session.limits.fuel);
  return controls;
}

/**
 * Gives the instances of a plug-in fuel for one call. Linked modules count by themselves, so each gets an even share.
 *
 * @param controls Counters of all instances.
 * @param fuel Instructions.
 */
export function refuel(controls: readonly InstanceControls[], fuel: number): void {
  for (const { countdown, fuel: tank } of controls) {
    if (tank === undefined || countdown === undefined) continue;
    countdown.value = 0;
    tank.value = BigInt(tankful(fuel, controls.length));
  }
}

/**
 * @param controls Counters of all instances.
 * @param fuel What {@link refuel} gave.
 * @returns Instructions used since; `undefined` if none of the instances counts them.
 */
export function usedFuel(controls: readonly InstanceControls[], fuel: number): number | undefined {
  let used: number | undefined;
  for (const { countdown, fuel: tank } of controls) {
    if (tank === undefined || countdown === undefined) continue;
    used = (used ?? 0) + tankful(fuel, controls.length) - Number(tank.value) - countdown.value;
  }
  return used;
}

/**
 * Tells which limit a module passed, when it trapped or, for fuel, when it returned: what a function used after its last
 * look is known only then.
 *
 * @param controls Counters of all instances.
 * @param session Session of the plug-in.
 * @returns The failure, or `undefined` if no limit was passed.
 */
export function limitFailure(controls: readonly InstanceControls[], session: Session): PluginError | undefined {
  const { call, limits } = session;
  for (const { countdown, fuel, stack } of controls) {
    if (fuel !== undefined && countdown !== undefined && fuel.value + BigInt(countdown.value) < 0n) {
      return new PluginError("call/fuel", `${call.action}: its fuel of ${limits.fuel} is used up`, { limit: limits.fuel });
    }
    if (stack !== undefined && stack.value < 0) {
      return new PluginError("call/stack-overflow", `${call.action}: its calls are nested deeper than ${limits.stackDepth}`, { limit: limits.stackDepth });
    }
  }
  return undefined;
}

/** A module that came prepared may lack what a limit needs; no limit is ever dropped without a word. */
function checkControls({ countdown, fuel, stack }: InstanceControls, { limits, plugin }: Session): void {
  const needs = [
    { limit: "timeoutMs", control: countdown },
    { limit: "fuel", control: fuel },
    { limit: "stackDepth", control: stack },
  ] as const;
  const missing = needs.find(({ limit, control }) => control === undefined && limits[limit] !== Number.POSITIVE_INFINITY);
  if (missing === undefined) return;
  const message = `Cannot limit the plug-in "${plugin}": it was prepared without what limits.${missing.limit} needs; prepare it again with that, or say limits.${missing.limit}: "none"`;
  throw new PluginError("module/unlimitable", message, { module: plugin, construct: missing.limit, offset: undefined }, { plugin });
}

/** What a tank can hold: a prepared module counts whether or not its fuel is limited. */
function tankful(fuel: number, instances: number): number {
  return Math.floor(Math.min(fuel, LIMIT_CEILINGS.fuel) / instances);
}

function findGlobal<Type extends WebAssembly.ValueType>(exports: WebAssembly.Exports, name: string): WebAssembly.Global<Type> | undefined {
  const value = exports[name];
  return value instanceof WebAssembly.Global ? (value as WebAssembly.Global<Type>) : undefined;
}
