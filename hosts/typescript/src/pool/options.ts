/** Options of a pool, parsed once into one frozen form, and every limit of a pool with its default. */

import { type Field, failField, readCount, readFields, readString } from "../source/fields.ts";
import type { CallOptions } from "../engine.ts";
import type { PluginOptions } from "../options.ts";
import type { BreakerSettings } from "./breaker.ts";
import type { PoolClock } from "./clock.ts";
import type { PoolEvent } from "./events.ts";

/**
 * What calls may see of each other, variables included:
 *
 * - `"call"`: nothing. Each call sees the plug-in as it is after its start.
 * - `"tenant"`: what earlier calls of the same tenant left behind, sometimes; an instance serves one tenant, until it is
 *   reset for another. Calls without a tenant are a tenant of their own.
 * - `"plugin"`: what any earlier call left behind, sometimes. For plug-ins that you trust with all tenants' data.
 *
 * "Sometimes", because there are several instances and none is kept for ever: a plug-in may cache this way, not store.
 */
export type Isolation = "call" | "tenant" | "plugin";

/** Options of a pool: those of its plug-ins, and these. */
export interface PoolOptions extends PluginOptions {
  /** What calls may see of each other; `"call"` by default: nothing. */
  readonly isolation?: Isolation;
  /** How many instances there may be. */
  readonly instances?: {
    /** Idle instances that are kept; 1 by default. */
    readonly min?: number;
    /** Instances at most, at least 1; 8 by default. On the calling thread more than one helps only if host functions wait. */
    readonly max?: number;
    /** Milliseconds without a call after which an instance beyond `min` is closed; 60,000 by default. */
    readonly idleMs?: number;
  };
  /** How many calls may wait. */
  readonly queue?: {
    /** Calls at most; 1,000 by default, 0 for none. */
    readonly calls?: number;
    /** Bytes of their inputs at most; 64 MiB by default. */
    readonly bytes?: number;
    /** Milliseconds a call may wait; 5,000 by default. A call may say less or more. */
    readonly waitMs?: number;
  };
  /** When a plug-in that keeps failing is left alone, by tenant; `"none"` for never. */
  readonly breaker?:
    | "none"
    | {
        /** Traps and reached limits in a row, at least 1; 5 by default. Errors that the plug-in reports do not count. */
        readonly failures?: number;
        /** Milliseconds until it is tried again; 1,000 by default, doubled each time it fails again. */
        readonly backoffMs?: number;
        /** Milliseconds until it is tried again at most; 60,000 by default. */
        readonly maxBackoffMs?: number;
      };
  /** Told what happens, at once; what it throws is ignored. */
  readonly onEvent?: (event: PoolEvent) => void;
  /** Time, for tests; by default that of the platform. */
  readonly clock?: PoolClock;
}

/** Options of one call through a pool. */
export interface PoolCallOptions extends CallOptions {
  /** Whose call it is: a name that the embedder chose. */
  readonly tenant?: string;
  /**
   * Milliseconds from now until the answer, waiting included; what is left when the call begins to run is its time limit,
   * if that is less than the plug-in's own.
   */
  readonly timeoutMs?: number;
  /** Milliseconds it may wait; by default the pool's `queue.waitMs`. 0 for a call that runs at once or not at all. */
  readonly waitMs?: number;
}

/** Options of a pool in normal form. */
export interface PoolSettings {
  readonly isolation: Isolation;
  readonly min: number;
  readonly max: number;
  readonly idleMs: number;
  readonly maxQueued: number;
  readonly maxQueuedBytes: number;
  readonly waitMs: number;
  readonly breaker: BreakerSettings;
  readonly onEvent: ((event: PoolEvent) => void) | undefined;
}

/** Instances of one pool at most; far beyond what threads or memories allow. */
const MAX_INSTANCES = 10_000;

/**
 * Parses the pool's share of the options.
 *
 * @param options What the embedder passed.
 * @returns Its normal form.
 * @throws {PluginError} `manifest/invalid` with the path of the first option that is unknown or wrong.
 */
export function parsePoolOptions({ isolation, instances, queue, breaker, onEvent }: PoolOptions): PoolSettings {
  const instance = group("options.instances", instances, ["min", "max", "idleMs"]);
  const waiting = group("options.queue", queue, ["calls", "bytes", "waitMs"]);
  const max = instance("max", 8, MAX_INSTANCES, 1);
  if (onEvent !== undefined && typeof onEvent !== "function") failField("options.onEvent", "a function", onEvent);
  return Object.freeze({
    isolation: isolation === undefined ? "call" : readIsolation({ path: "options.isolation", value: isolation }),
    min: instance("min", Math.min(1, max), max),
    max,
    idleMs: instance("idleMs", 60_000),
    maxQueued: waiting("calls", 1000),
    maxQueuedBytes: waiting("bytes", 67_108_864),
    waitMs: waiting("waitMs", 5000),
    breaker: readBreaker(breaker),
    onEvent,
  });
}

/**
 * Checks what a caller passed with one call.
 *
 * @param options The options.
 * @throws {TypeError} If the tenant is no string.
 * @throws {RangeError} If a time is not a number from 0.
 */
export function checkCallOptions({ tenant, timeoutMs, waitMs }: PoolCallOptions): void {
  if (tenant !== undefined && typeof tenant !== "string") throw new TypeError(`Cannot call for the tenant ${String(tenant)}: pass its name as a string`);
  if (timeoutMs !== undefined && !(timeoutMs >= 0)) throw new RangeError(`Cannot call with a timeoutMs of ${timeoutMs}: pass milliseconds from 0`);
  if (waitMs !== undefined && !(waitMs >= 0)) throw new RangeError(`Cannot call with a waitMs of ${waitMs}: pass milliseconds from 0`);
}

function readBreaker(value: PoolOptions["breaker"]): BreakerSettings {
  const read = group("options.breaker", value === "none" ? undefined : value, ["failures", "backoffMs", "maxBackoffMs"]);
  const failures = value === "none" ? Number.POSITIVE_INFINITY : read("failures", 5, Number.MAX_SAFE_INTEGER, 1);
  return Object.freeze({ failures, backoffMs: read("backoffMs", 1000), maxBackoffMs: read("maxBackoffMs", 60_000) });
}

/** Reads the counts of one group of options. */
function group<Name extends string>(path: string, value: unknown, names: readonly Name[]): (name: Name, byDefault: number, ceiling?: number, floor?: number) => number {
  const fields = value === undefined ? new Map<Name, Field>() : readFields(value, path, names);
  return (name, byDefault, ceiling = Number.MAX_SAFE_INTEGER, floor = 0) => {
    const field = fields.get(name);
    const count = field === undefined ? byDefault : readCount(field, ceiling);
    return count >= floor ? count : failField(`${path}.${name}`, `a whole number from ${floor} to ${ceiling}`, count);
  };
}

function readIsolation(field: Field): Isolation {
  const name = readString(field);
  return name === "call" || name === "tenant" || name === "plugin" ? name : failField(field.path, '"call", "tenant" or "plugin"', name);
}
