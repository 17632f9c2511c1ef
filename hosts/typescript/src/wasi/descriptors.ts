/**
 * The table of open descriptors of one instance: numbers that the guest holds, and what the host means by them.
 * 0, 1 and 2 are standard input, output and error.
 */

import { refuse } from "./errno.ts";
import { Right } from "./rights.ts";

/** Standard input (always at its end), output or error. */
export interface Stream {
  readonly kind: "stream";
  /** Where writes go; standard input has none. */
  readonly output: "stdout" | "stderr" | undefined;
  flags: number;
  rights: number;
}

/** What an open number stands for. */
export type Descriptor = Stream;

/** The open descriptors of one instance. */
export class DescriptorTable {
  readonly #open = new Map<number, Descriptor>();

  constructor() {
    const common = Right.poll | Right.fdstatSetFlags | Right.filestatGet | Right.sync;
    const reads = common | Right.read;
    const writes = common | Right.write;
    this.#open.set(0, { kind: "stream", output: undefined, flags: 0, rights: reads });
    this.#open.set(1, { kind: "stream", output: "stdout", flags: 0, rights: writes });
    this.#open.set(2, { kind: "stream", output: "stderr", flags: 0, rights: writes });
  }

  /**
   * Finds a descriptor.
   *
   * @param fd The number, as Wasm handed it over.
   * @param right What the caller is about to do with it; 0 for what needs no right.
   * @returns The descriptor.
   * @throws {Refusal} `EBADF` if nothing is open there, `ENOTCAPABLE` if it may not do that.
   */
  get(fd: number, right: number): Descriptor {
    const descriptor = this.#open.get(fd >>> 0);
    if (descriptor === undefined) refuse("badf");
    if ((descriptor.rights & right) !== right) refuse("notcapable");
    return descriptor;
  }

  /** Closes one, or throws `EBADF`. */
  close(fd: number): void {
    if (!this.#open.delete(fd >>> 0)) refuse("badf");
  }

  /**
   * Moves a descriptor to another number, closing what was there. Both must be open, so that a guest cannot spread
   * its numbers over all of 32 bits.
   */
  renumber(from: number, to: number): void {
    const descriptor = this.get(from, 0);
    this.get(to, 0);
    if (from === to) return;
    this.#open.set(to >>> 0, descriptor);
    this.#open.delete(from >>> 0);
  }

  /** Closes all. */
  clear(): void {
    this.#open.clear();
  }
}
