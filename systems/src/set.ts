/**
 * Several plug-ins of one system, asked together, and exchanged while they are in use.
 *
 *   pipeline   a → b → c     each gets what the one before returned
 *   first      a, b, c       the first answer that is not `undefined` or `null`
 *   all        a b c         every answer, with the name of who gave it
 *
 * They are asked in the order in which they were added, one after the other. A plug-in whose export failed is dealt with
 * as the export's policy says: `"throw"` ends the whole call, `{ use }` takes that value for its answer, `"next"` leaves it out.
 *
 * A plug-in that is exchanged finishes the calls it has; calls that begin later go to the new one. The one before is kept
 * until the next exchange, so that `restore` needs no loading.
 */

import { type CallOptions, PluginError, type PluginSource } from "@tenon/host";
import type { ExportDefinition, ExportDefinitions, ExportSpec, ImportDefinitions, PartOf, SystemSpec } from "./definition.ts";
import { emit, type SystemEvent } from "./events.ts";
import type { LoadOptions } from "./load.ts";
import { type CheckedPlugin, fallback, isPluginFailure } from "./typed-plugin.ts";
import type { Received, Sent } from "./wire.ts";

/** Options that every plug-in of a set is loaded with; each can have its own beside them. */
export type SetOptions<Imports extends ImportDefinitions = ImportDefinitions> = Omit<LoadOptions<Imports>, "name">;

/** An answer and who gave it. */
export interface Answer<Value> {
  /** Name of the plug-in in the set. */
  readonly plugin: string;
  readonly value: Value;
}

type Ask<Definition extends ExportDefinition, Result> = undefined extends Sent<PartOf<Definition, "input">>
  ? (input?: Sent<PartOf<Definition, "input">>, options?: CallOptions) => Promise<Result>
  : (input: Sent<PartOf<Definition, "input">>, options?: CallOptions) => Promise<Result>;

/** Exports whose output can be the input of the next plug-in. */
type PipelineNames<Exports extends ExportDefinitions> = { [Name in keyof Exports]: Received<PartOf<Exports[Name], "output">> extends Sent<PartOf<Exports[Name], "input">> ? Name : never }[keyof Exports];

/** Asks the plug-ins of a set one after the other, each with what the one before returned. */
export type Pipeline<Exports extends ExportDefinitions> = { readonly [Name in PipelineNames<Exports>]: Ask<Exports[Name], Sent<PartOf<Exports[Name], "input">>> };

/** Asks the plug-ins of a set until one has an answer; `undefined` if none has. */
export type First<Exports extends ExportDefinitions> = { readonly [Name in keyof Exports]: Ask<Exports[Name], NonNullable<Received<PartOf<Exports[Name], "output">>> | undefined> };

/** Asks all plug-ins of a set. */
export type All<Exports extends ExportDefinitions> = { readonly [Name in keyof Exports]: Ask<Exports[Name], readonly Answer<Received<PartOf<Exports[Name], "output">>>[]> };

interface Entry {
  current: CheckedPlugin;
  previous: CheckedPlugin | undefined;
}

/** Plug-ins of one system for one extension point, or one tenant. Made by `System.set`; it lives until it is closed. */
export class PluginSet<Exports extends ExportDefinitions, Imports extends ImportDefinitions> {
  /** Hands the input through all plug-ins; the input itself if there is none. */
  readonly pipeline: Pipeline<Exports>;
  /** Takes the first answer. */
  readonly first: First<Exports>;
  /** Takes every answer. */
  readonly all: All<Exports>;
  readonly #spec: SystemSpec;
  readonly #options: SetOptions<Imports>;
  readonly #load: (source: PluginSource, options: LoadOptions) => Promise<CheckedPlugin>;
  readonly #entries = new Map<string, Entry>();
  #isClosed = false;

  /**
   * @param spec The system.
   * @param options Options that every plug-in is loaded with.
   * @param load Loads a plug-in.
   */
  constructor(spec: SystemSpec, options: SetOptions<Imports>, load: (source: PluginSource, options: LoadOptions) => Promise<CheckedPlugin>) {
    this.#spec = spec;
    this.#options = options;
    this.#load = load;
    const methods = (run: (each: ExportSpec, input: unknown, options?: CallOptions) => Promise<unknown>): object =>
      Object.freeze(Object.assign(Object.create(null) as object, Object.fromEntries([...spec.exports.values()].map((each) => [each.name, (input: unknown, callOptions?: CallOptions) => run(each, input, callOptions)]))));
    this.pipeline = methods((each, input, callOptions) => this.#askInTurn(each, input, callOptions)) as Pipeline<Exports>;
    this.first = methods((each, input, callOptions) => this.#askUntilAnswered(each, input, callOptions)) as First<Exports>;
    this.all = methods((each, input, callOptions) => this.#askAll(each, input, callOptions)) as All<Exports>;
  }

  /** Names of the plug-ins, in the order in which they are asked. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Loads a plug-in and puts it at the end.
   *
   * @param name Its name in the set.
   * @param source What `System.load` takes.
   * @param options Options of this plug-in, over those of the set.
   * @throws {PluginError} As `System.load`; the set is as before.
   * @throws {TypeError} If the name is taken, or the set is closed.
   */
  async add(name: string, source: PluginSource, options: Partial<SetOptions<Imports>> = {}): Promise<void> {
    this.#checkFree(name);
    const current = await this.#loadNamed(name, source, options);
    try {
      // Somebody may have been faster while this one was loading.
      this.#checkFree(name);
    } catch (error) {
      await current.close();
      throw error;
    }
    this.#entries.set(name, { current, previous: undefined });
    this.#tell("added", name);
  }

  /**
   * Loads a plug-in in the place of another. Calls that run are finished by the old one, which is kept for {@link restore}.
   *
   * @param name Name of the one to exchange; it keeps its place.
   * @throws {PluginError} As `System.load`; the old plug-in stays in use.
   * @throws {TypeError} If there is none of this name.
   */
  async replace(name: string, source: PluginSource, options: Partial<SetOptions<Imports>> = {}): Promise<void> {
    this.#entry(name);
    const current = await this.#loadNamed(name, source, options);
    const entry = this.#entries.get(name);
    if (entry === undefined || this.#isClosed) {
      await current.close();
      throw new TypeError(`Cannot replace "${name}": it was removed meanwhile`);
    }
    const dropped = entry.previous;
    entry.previous = entry.current;
    entry.current = current;
    this.#tell("replaced", name);
    await dropped?.close();
  }

  /**
   * Goes back to the plug-in before the last {@link replace}. Calls that run are finished by the one they began on.
   *
   * @throws {TypeError} If there is none.
   */
  async restore(name: string): Promise<void> {
    const entry = this.#entry(name);
    const { previous, current } = entry;
    if (previous === undefined) throw new TypeError(`Cannot restore "${name}": it was not replaced`);
    entry.current = previous;
    entry.previous = undefined;
    this.#tell("restored", name);
    await current.close();
  }

  /**
   * Takes a plug-in out and closes it once its running calls are over.
   *
   * @throws {TypeError} If there is none of this name.
   */
  async remove(name: string): Promise<void> {
    const entry = this.#entry(name);
    this.#entries.delete(name);
    this.#tell("removed", name);
    await closeEntry(entry);
  }

  /** Closes all plug-ins once their running calls are over. Closing twice is safe. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all(entries.map(closeEntry));
  }

  /** The same as {@link PluginSet.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #askInTurn(spec: ExportSpec, input: unknown, options?: CallOptions): Promise<unknown> {
    let value = input;
    for (const { plugin } of this.#able(spec)) {
      const answer = await ask(plugin, spec, value, options);
      if (!(answer instanceof Left)) value = answer;
    }
    return value;
  }

  async #askUntilAnswered(spec: ExportSpec, input: unknown, options?: CallOptions): Promise<unknown> {
    let left: Left | undefined;
    for (const { plugin } of this.#able(spec)) {
      const answer = await ask(plugin, spec, input, options);
      if (answer instanceof Left) left ??= answer;
      else if (answer !== undefined && answer !== null) return answer;
    }
    // Nobody answered: that somebody failed must not look like "no answer".
    if (left !== undefined) throw left.error;
    return undefined;
  }

  async #askAll(spec: ExportSpec, input: unknown, options?: CallOptions): Promise<readonly Answer<unknown>[]> {
    const answers: Answer<unknown>[] = [];
    for (const { name, plugin } of this.#able(spec)) {
      const value = await ask(plugin, spec, input, options);
      if (!(value instanceof Left)) answers.push({ plugin: name, value });
    }
    return answers;
  }

  /**
   * The plug-ins that have an export, of those that are in the set when a call begins.
   *
   * @throws {PluginError} `plugin/closed` once the set is closed: what a pipeline lets through then, nobody has looked at.
   */
  *#able({ name: wanted }: ExportSpec): Generator<{ readonly name: string; readonly plugin: CheckedPlugin }> {
    this.#checkOpen(wanted);
    for (const name of [...this.#entries.keys()]) {
      this.#checkOpen(wanted);
      // Looked up when it is this plug-in's turn, so that one that was exchanged or removed meanwhile is not called.
      const plugin = this.#entries.get(name)?.current;
      if (plugin?.has(wanted)) yield { name, plugin };
    }
  }

  async #loadNamed(name: string, source: PluginSource, options: Partial<SetOptions<Imports>>): Promise<CheckedPlugin> {
    return await this.#load(source, { ...this.#options, ...options, name } as unknown as LoadOptions);
  }

  #checkOpen(wanted: string): void {
    if (this.#isClosed) throw new PluginError("plugin/closed", `Cannot call "${wanted}": the set is closed`, {}, { function: wanted });
  }

  #checkFree(name: string): void {
    if (this.#isClosed) throw new TypeError(`Cannot add "${name}": the set is closed`);
    if (this.#entries.has(name)) throw new TypeError(`Cannot add "${name}": there is a plug-in of this name; replace it, or choose another name`);
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new TypeError(`Cannot find the plug-in "${name}": the set has "${this.names.join('", "')}"`);
    return entry;
  }

  #tell(type: Exclude<SystemEvent["type"], "call">, plugin: string): void {
    emit(this.#options.onEvent, { type, system: this.#spec.name, plugin });
  }
}

/** The mark of a plug-in that failed and is left out. */
class Left {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

async function ask(plugin: CheckedPlugin, spec: ExportSpec, input: unknown, options: CallOptions | undefined): Promise<unknown> {
  try {
    return await plugin.invoke(spec, input, options);
  } catch (error) {
    if (spec.onFailure === "next" && isPluginFailure(error)) return new Left(error);
    return fallback(spec.onFailure, error);
  }
}

async function closeEntry({ current, previous }: Entry): Promise<void> {
  await Promise.all([current.close(), previous?.close()]);
}
