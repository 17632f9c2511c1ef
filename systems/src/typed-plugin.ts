/**
 * A plug-in with the functions of its system: each export a method, its data checked in both directions.
 *
 * What runs it is a {@link Runner}: a plug-in of the host, or a mock.
 */

import { type CallOptions, Output, type Plugin, PluginError } from "@tenon/host";
import { type Crossing, receive, send } from "./checked.ts";
import type { ExportDefinition, ExportDefinitions, ExportSpec, FailurePolicy, PartOf, SystemSpec } from "./definition.ts";
import { emit, type EventListener } from "./events.ts";
import type { Received, Sent } from "./wire.ts";

/** An export as a method. Without an input it may be left out. */
export type ExportMethod<Definition extends ExportDefinition> = undefined extends Sent<PartOf<Definition, "input">>
  ? (input?: Sent<PartOf<Definition, "input">>, options?: CallOptions) => Promise<Received<PartOf<Definition, "output">>>
  : (input: Sent<PartOf<Definition, "input">>, options?: CallOptions) => Promise<Received<PartOf<Definition, "output">>>;

type OptionalNames<Exports extends ExportDefinitions> = { [Name in keyof Exports]: Exports[Name]["optional"] extends true ? Name : never }[keyof Exports];

/** The exports of a system as methods; those that a plug-in may leave out are `undefined` if it does. */
export type ExportMethods<Exports extends ExportDefinitions> = {
  readonly [Name in Exclude<keyof Exports, OptionalNames<Exports>>]: ExportMethod<Exports[Name]>;
} & {
  readonly [Name in OptionalNames<Exports>]?: ExportMethod<Exports[Name]>;
};

/** What a plug-in has beside its exports; no export begins with `$`. */
export interface PluginControls {
  /** Name of the plug-in. */
  readonly $name: string;
  /** The plug-in of the host, for what is not typed; `undefined` for a mock. */
  readonly $plugin: Plugin | undefined;
  /** Ends the plug-in. Closing twice is safe. */
  $close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A plug-in of a system. */
export type SystemPlugin<Exports extends ExportDefinitions> = ExportMethods<Exports> & PluginControls;

/** Runs the functions of one plug-in. */
export interface Runner {
  readonly name: string;
  readonly plugin: Plugin | undefined;
  /** Names of the functions it has. */
  readonly functions: readonly string[];
  call(name: string, input: string | Uint8Array | undefined, options: CallOptions | undefined): Promise<Output>;
  close(): Promise<void>;
}

/** A call that has begun. */
interface Start {
  readonly ms: number;
  /** Whether its input was good and went to the plug-in. */
  isSent: boolean;
}

/** A plug-in whose exports are called by name: what methods and sets are made of. */
export class CheckedPlugin {
  readonly name: string;
  readonly #runner: Runner;
  readonly #spec: SystemSpec;
  readonly #onEvent: EventListener | undefined;
  readonly #crossings: ReadonlyMap<string, { readonly input: Crossing; readonly output: Crossing }>;
  #running = 0;
  #closing: { readonly done: Promise<void>; readonly start: () => void } | undefined;

  /**
   * @param spec The system.
   * @param runner What runs the plug-in.
   * @param onEvent Who is told about calls.
   */
  constructor(spec: SystemSpec, runner: Runner, onEvent: EventListener | undefined) {
    this.name = runner.name;
    this.#runner = runner;
    this.#spec = spec;
    this.#onEvent = onEvent;
    const crossing = (name: string, part: Crossing["part"], from: Crossing["from"]): Crossing => ({ function: name, part, from, plugin: runner.name });
    this.#crossings = new Map([...spec.exports.keys()].filter((name) => runner.functions.includes(name)).map((name) => [name, { input: crossing(name, "input", "host"), output: crossing(name, "output", "plug-in") }]));
  }

  /** The plug-in of the host, if it is one. */
  get plugin(): Plugin | undefined {
    return this.#runner.plugin;
  }

  /** Whether the plug-in has this export. */
  has(name: string): boolean {
    return this.#crossings.has(name);
  }

  /**
   * Calls an export.
   *
   * @param input Its input, not checked yet.
   * @returns Its output, checked.
   * @throws {PluginError} `system/invalid-input`, `system/invalid-output`, or what a call of the host throws.
   */
  async invoke(spec: ExportSpec, input: unknown, options?: CallOptions): Promise<unknown> {
    const start = { ms: this.#onEvent === undefined ? 0 : performance.now(), isSent: false };
    this.#running += 1;
    try {
      const result = await this.#run(spec, input, options, start);
      if (this.#onEvent !== undefined) this.#tell(spec, start, {});
      return result;
    } catch (thrown) {
      const error = ownFailure(thrown);
      if (this.#onEvent !== undefined) this.#tell(spec, start, { error });
      throw error;
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#closing?.start();
    }
  }

  /** Ends the plug-in once its running calls are over. */
  close(): Promise<void> {
    if (this.#closing === undefined) {
      let start: () => void = () => {};
      const done = new Promise<void>((resolve) => (start = resolve)).then(() => this.#runner.close());
      this.#closing = { done, start };
      if (this.#running === 0) start();
    }
    return this.#closing.done;
  }

  async #run(spec: ExportSpec, input: unknown, options: CallOptions | undefined, start: Start): Promise<unknown> {
    if (this.#closing !== undefined) throw new PluginError("plugin/closed", `Cannot call "${spec.name}": the plug-in "${this.name}" is closed`, {}, { plugin: this.name, function: spec.name });
    const crossings = this.#crossings.get(spec.name);
    if (crossings === undefined) throw new PluginError("function/not-found", `Cannot call "${spec.name}": the plug-in "${this.name}" does not export it`, { name: spec.name, exports: this.#runner.functions }, { plugin: this.name, function: spec.name });
    const sent = spec.input === undefined ? undefined : send(spec.input, input, crossings.input);
    const encoded = sent instanceof Promise ? await sent : sent;
    start.isSent = true;
    const output = await this.#runner.call(spec.name, encoded, options);
    return spec.output === undefined ? undefined : receive(spec.output, output, crossings.output);
  }

  #tell({ name, onFailure }: ExportSpec, start: Start, failure: { readonly error?: unknown }): void {
    const stats = this.#runner.plugin?.lastCall;
    const isFailed = "error" in failure;
    emit(this.#onEvent, {
      type: "call",
      system: this.#spec.name,
      plugin: this.name,
      function: name,
      durationMs: performance.now() - start.ms,
      outcome: isFailed ? "failed" : "ok",
      // What the application did itself is passed on whatever the export says.
      policy: isFailed && !isPluginFailure(failure.error) ? "throw" : typeof onFailure === "object" ? "use" : onFailure,
      ...failure,
      // A call that never reached the plug-in leaves the figures of the one before.
      ...(stats?.function === name && start.isSent && { stats }),
    });
  }
}

/**
 * Makes the methods of a plug-in.
 *
 * @param spec The system.
 * @param checked The plug-in.
 */
export function typedPlugin<Exports extends ExportDefinitions>(spec: SystemSpec, checked: CheckedPlugin): SystemPlugin<Exports> {
  const methods: Record<string | symbol, unknown> = Object.create(null) as Record<string | symbol, unknown>;
  for (const each of spec.exports.values()) {
    if (!checked.has(each.name)) continue;
    methods[each.name] = async (input: unknown, options?: CallOptions) => {
      try {
        return await checked.invoke(each, input, options);
      } catch (error) {
        return fallback(each.onFailure, error);
      }
    };
  }
  methods["$name"] = checked.name;
  methods["$plugin"] = checked.plugin;
  methods["$close"] = () => checked.close();
  methods[Symbol.asyncDispose] = () => checked.close();
  return Object.freeze(methods) as unknown as SystemPlugin<Exports>;
}

/**
 * What stands in for a failed call.
 *
 * @returns A copy of the policy's value.
 * @throws The error, if the policy has no value or the failure is not the plug-in's.
 */
export function fallback(policy: FailurePolicy, error: unknown): unknown {
  if (typeof policy === "object" && isPluginFailure(error)) return structuredClone(policy.use);
  throw error;
}

/** Codes of failures that the application caused itself; no policy hides them. */
const OWN_FAILURES: ReadonlySet<string> = new Set(["call/aborted", "call/reentrant", "call/over", "plugin/closed"]);

/** Whether a failure is the plug-in's (or that of a function it called), so that the failure policy decides. */
export function isPluginFailure(error: unknown): boolean {
  if (!PluginError.is(error) || OWN_FAILURES.has(error.code)) return false;
  const isData = PluginError.is(error, "system/invalid-input") || PluginError.is(error, "system/invalid-output");
  return !isData || error.details.from === "plug-in";
}

/** A value that an import refused arrives wrapped in a failure of the host function; what was refused says more. */
function ownFailure(error: unknown): unknown {
  if (!PluginError.is(error, "call/host-function")) return error;
  return PluginError.is(error.cause, "system/invalid-input") || PluginError.is(error.cause, "system/invalid-output") ? error.cause : error;
}
