/** Variables of one plug-in: bytes by name that live until it is reset, within a budget. */

import { PluginError } from "../error.ts";
import { MAX_VARIABLES } from "../limits.ts";

const encoder = new TextEncoder();

/** Variables of one plug-in. Values are copied on the way in and on the way out. */
export class Variables {
  readonly #limitBytes: number;
  readonly #values = new Map<string, Uint8Array<ArrayBuffer>>();
  #usedBytes = 0;

  /** @param limitBytes What all names (as UTF-8) and values may have together; 0 turns variables off. */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /**
   * @param name Name of the variable.
   * @returns A copy of its value, or `undefined` if it is not set.
   */
  get(name: string): Uint8Array<ArrayBuffer> | undefined {
    return this.#values.get(name)?.slice();
  }

  /**
   * Sets a variable; the old value stays if the new one does not fit.
   *
   * @param name Name of the variable.
   * @param value Its value; it is copied, so a view of any memory may be given.
   * @throws {PluginError} `vars/disabled` or `vars/over-budget`.
   */
  set(name: string, value: Uint8Array): void {
    if (this.#limitBytes === 0) {
      throw new PluginError("vars/disabled", `Cannot set the variable "${clip(name)}": variables are off, raise limits.varBytes`, {});
    }
    const old = this.#values.get(name);
    const nameBytes = encoder.encode(name).length;
    const neededBytes = this.#usedBytes - (old === undefined ? 0 : old.length + nameBytes) + value.length + nameBytes;
    if (old === undefined && this.#values.size >= MAX_VARIABLES) {
      throw new PluginError("vars/over-budget", `Cannot set the variable "${clip(name)}": there are ${MAX_VARIABLES} variables already`, {
        limitBytes: this.#limitBytes,
        neededBytes,
      });
    }
    if (neededBytes > this.#limitBytes) {
      throw new PluginError(
        "vars/over-budget",
        `Cannot set the variable "${clip(name)}": all variables together would have ${neededBytes} bytes, allowed are ${this.#limitBytes}`,
        { limitBytes: this.#limitBytes, neededBytes },
      );
    }
    this.#values.set(name, new Uint8Array(value));
    this.#usedBytes = neededBytes;
  }

  /** @param name Name of the variable to remove; unknown names are ignored. */
  delete(name: string): void {
    const old = this.#values.get(name);
    if (old === undefined) return;
    this.#values.delete(name);
    this.#usedBytes -= old.length + encoder.encode(name).length;
  }

  /** Removes all variables. */
  clear(): void {
    this.#values.clear();
    this.#usedBytes = 0;
  }
}

function clip(name: string): string {
  return name.length <= 64 ? name : `${name.slice(0, 64)}…`;
}
