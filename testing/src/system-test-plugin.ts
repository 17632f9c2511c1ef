/** A plug-in of a system under test: calls are typed and checked as in the application, and come back with what they did. */

import { type CallOptions, type Plugin, PluginError } from "@tenon/host";
import type { ExportDefinitions, PartOf, Received, Sent, SystemPlugin } from "@tenon/system";

import { type CallRecord, OpenedPlugin, recordCall } from "./test-plugin.ts";
import type { World } from "./world.ts";

/** What a call of an export returned and did. */
export interface SystemTestCall<Value> extends CallRecord {
  /** Its output, checked by the system. */
  readonly value: Value;
}

/** Input and options of a call; an input that may be `undefined` may be left out. */
type CallArguments<Input> = undefined extends Input ? readonly [input?: Input, options?: CallOptions] : readonly [input: Input, options?: CallOptions];

/** The failures of one plug-in, which its exports' `onFailure` would hide. */
export interface FailureRecord {
  /** What failed last. */
  last: { readonly error: unknown } | undefined;
}

/** A plug-in of a system under test. Made by `openPlugin` with the option `system`. */
export class SystemTestPlugin<Exports extends ExportDefinitions> extends OpenedPlugin {
  /** The plug-in as the application has it, its failure policies in force; nothing is gathered of its calls but by `world`. */
  readonly typed: SystemPlugin<Exports>;
  readonly #failures: FailureRecord;

  /**
   * @param typed The plug-in as the system has loaded it.
   * @param world The world it was loaded with.
   * @param bytes Its module.
   * @param failures Filled by the system's events.
   */
  constructor(typed: SystemPlugin<Exports>, world: World, bytes: Uint8Array, failures: FailureRecord) {
    super(typed.$plugin as Plugin, world, bytes);
    this.typed = typed;
    this.#failures = failures;
  }

  /**
   * Calls an export of the system.
   *
   * @param name Name of the export.
   * @param input Its input.
   * @param options Options of the host for this call.
   * @returns Its output, and what it did and cost.
   * @throws {PluginError} Whatever fails, also where the export's `onFailure` would hide it from the application:
   *   `system/invalid-input`, `system/invalid-output`, `function/not-found` for an optional export that the plug-in
   *   leaves out, and as the host does.
   */
  async call<Name extends keyof Exports & string>(name: Name, ...[input, options]: CallArguments<Sent<PartOf<Exports[Name], "input">>>): Promise<SystemTestCall<Received<PartOf<Exports[Name], "output">>>> {
    const exports = Object.keys(this.typed).filter((each) => !each.startsWith("$"));
    if (!exports.includes(name)) throw new PluginError("function/not-found", `Cannot call "${name}": of its system, the plug-in exports "${exports.join('", "')}"`, { name, exports }, { plugin: this.typed.$name, function: name });
    const method = this.typed[name] as unknown as (input: unknown, options?: CallOptions) => Promise<Received<PartOf<Exports[Name], "output">>>;
    return await recordCall(this, async () => {
      this.#failures.last = undefined;
      const value = await method(input, options);
      const failure = this.#failures.last as FailureRecord["last"];
      if (failure !== undefined) throw failure.error;
      return { value };
    });
  }
}
