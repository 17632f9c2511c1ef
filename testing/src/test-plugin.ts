/** A plug-in under test: calls that come back with everything a test may want to look at. */

import type { CallOptions, LogEntry, Output, Plugin } from "@tenon/host";

import type { HostCall } from "./host-calls.ts";
import { checkSize, type SizeOptions, type SizeRecord } from "./size.ts";
import type { World } from "./world.ts";

/** Input of a call: text and bytes as they are, nothing as nothing, any other value as JSON. */
export type TestInput = unknown;

/** What a call did. */
export interface CallRecord {
  /** What it logged. */
  readonly logs: readonly LogEntry[];
  /** Host functions that it called. */
  readonly hostCalls: readonly HostCall[];
  /** Requests that it sent. */
  readonly requests: readonly Request[];
  /** Instructions executed: the same for the same calls of a new plug-in, on any machine. */
  readonly fuel: number;
  /** Bytes of its memories and blocks at the end. */
  readonly memoryBytes: number;
}

/** What a call returned and did. */
export interface TestCall extends CallRecord {
  readonly output: Output;
}

/** What every plug-in under test has, however it is called. It lives until it is closed. */
export abstract class OpenedPlugin implements AsyncDisposable {
  /** The plug-in itself. */
  readonly plugin: Plugin;
  /** What it has done to the world so far, failed calls included. */
  readonly world: World;
  readonly #bytes: Uint8Array;

  /**
   * @param plugin The plug-in.
   * @param world The world it was loaded with.
   * @param bytes Its module.
   */
  constructor(plugin: Plugin, world: World, bytes: Uint8Array) {
    this.plugin = plugin;
    this.world = world;
    this.#bytes = bytes;
  }

  /**
   * Compares the size of the module with the one recorded beside the tests, and records it the first time (not on CI,
   * where `CI` is set: there it fails), or anew when `TENON_UPDATE` is set, as `tenon test --update` does.
   *
   * @param options Where it is recorded and how much it may grow.
   * @returns The size of now.
   * @throws {Error} If the module has grown by more than is allowed.
   */
  async checkSize(options?: SizeOptions): Promise<SizeRecord> {
    return await checkSize(this.#bytes, options);
  }

  /** Forgets the instance and all variables; the next call sees a new plug-in. */
  async reset(): Promise<void> {
    await this.plugin.reset();
  }

  /** Ends the plug-in. Closing twice is safe. */
  async close(): Promise<void> {
    await this.plugin.close();
  }

  /** The same as {@link OpenedPlugin.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.plugin.close();
  }
}

/** A plug-in under test. Made by `openPlugin`. */
export class TestPlugin extends OpenedPlugin {
  /**
   * Calls a function.
   *
   * @param name Name of the function.
   * @param input Its input.
   * @param options Options of the host for this call.
   * @returns Its output, and what it did and cost.
   * @throws {PluginError} As the host does.
   */
  async call(name: string, input?: TestInput, options?: CallOptions): Promise<TestCall> {
    return await recordCall(this, async () => ({ output: await this.plugin.call(name, encode(input), options) }));
  }
}

/**
 * Runs a call, and gathers what it did to the world.
 *
 * @param opened Whose call it is.
 * @param run The call.
 * @returns Its result, and the record.
 */
export async function recordCall<Result extends object>({ plugin, world }: OpenedPlugin, run: () => Promise<Result>): Promise<Result & CallRecord> {
  const { logs, hostCalls, requests } = world;
  const [logsBefore, callsBefore, requestsBefore] = [logs.length, hostCalls.length, requests.length];
  const result = await run();
  const { fuel = 0, memoryBytes = 0 } = plugin.lastCall ?? {};
  return { ...result, logs: logs.slice(logsBefore), hostCalls: hostCalls.slice(callsBefore), requests: requests.slice(requestsBefore), fuel, memoryBytes };
}

function encode(input: unknown): string | Uint8Array | ArrayBuffer | undefined {
  return input === undefined || typeof input === "string" || input instanceof Uint8Array || input instanceof ArrayBuffer ? input : JSON.stringify(input);
}
