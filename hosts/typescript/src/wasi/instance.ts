/** What the functions of one instance share. Built by `createWasi`; nothing in it is shared between instances. */

import type { Clocks } from "./clock.ts";
import type { DescriptorTable } from "./descriptors.ts";
import { refuse } from "./errno.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { WasiLimits } from "./limits.ts";

/** The state of one instance. */
export interface Instance {
  readonly memory: GuestMemory;
  readonly clocks: Clocks;
  readonly descriptors: DescriptorTable;
  readonly limits: WasiLimits;
  readonly quota: WriteQuota;
  /** Takes what goes to standard output and error. */
  readonly write: (stream: "stdout" | "stderr", bytes: Uint8Array<ArrayBuffer>) => void;
}

/** What the making of a file, directory or link costs: about what a disk takes for it. */
export const ENTRY_BYTES = 4096;

/** How much an instance may still write to its files. */
export class WriteQuota {
  #leftBytes: number;

  constructor(bytes: number) {
    this.#leftBytes = bytes;
  }

  /**
   * Does what writes so many bytes, if they are left; they are taken off unless it fails.
   *
   * @param bytes How many; what is less than 0 counts as 0.
   * @param work What writes them.
   * @returns What `work` returns.
   * @throws {Refusal} `EDQUOT` if so many are not left, and what `work` throws.
   */
  spend<T>(bytes: number, work: () => T): T {
    if (bytes > this.#leftBytes) refuse("dquot");
    const result = work();
    this.#leftBytes -= Math.max(0, bytes);
    return result;
  }
}
