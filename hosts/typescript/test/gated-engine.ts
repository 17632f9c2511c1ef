/**
 * The inline engine behind a gate: a call runs for real, but only when the test opens the gate. It stands in the pool's
 * tests for whatever makes calls last: another thread, or a host function that waits.
 */

import type { CallOptions, CallStats, Engine } from "../src/engine.ts";
import { PluginError } from "../src/mod.ts";
import type { Output } from "../src/mod.ts";
import { turn } from "./hand-clock.ts";

/** A call at the gate. */
export interface GatedCall {
  readonly name: string;
  readonly input: string;
  /** Lets it run. */
  readonly open: () => void;
}

/** Gates of all engines of one test. */
export class Gates {
  /** Calls at the gate, in the order in which they came. */
  readonly calls: GatedCall[] = [];
  /** Whether calls pass without stopping. */
  isOpen = false;

  /** Opens the gate for the first call and waits until it has run. */
  async openNext(): Promise<string> {
    const call = this.calls.shift();
    if (call === undefined) throw new Error("No call is at the gate");
    call.open();
    await turn();
    return call.input;
  }
}

/** An engine behind a gate. */
export class GatedEngine implements Engine {
  readonly #engine: Engine;
  readonly #gates: Gates;
  readonly #cuts = new Set<() => void>();

  constructor(engine: Engine, gates: Gates) {
    this.#engine = engine;
    this.#gates = gates;
  }

  get functions(): readonly string[] {
    return this.#engine.functions;
  }

  get lastCall(): CallStats | undefined {
    return this.#engine.lastCall;
  }

  async call(name: string, input: Uint8Array, options: CallOptions): Promise<Output> {
    const copy = input.slice();
    if (!this.#gates.isOpen) {
      await new Promise<void>((open, reject) => {
        const cut = (): void => reject(new PluginError("plugin/closed", `Cannot finish "${name}": the plug-in was closed`, {}));
        this.#cuts.add(cut);
        this.#gates.calls.push({ name, input: new TextDecoder().decode(copy), open });
      });
    }
    return await this.#engine.call(name, copy, options);
  }

  callSync(name: string, input: Uint8Array, options: CallOptions): Output {
    return this.#engine.callSync(name, input, options);
  }

  reset(): Promise<void> {
    return this.#engine.reset();
  }

  async warm(): Promise<void> {
    await this.#engine.warm?.();
  }

  async close(): Promise<void> {
    for (const cut of this.#cuts) cut();
    await this.#engine.close();
  }
}
