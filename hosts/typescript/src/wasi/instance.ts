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
  readonly quota: FileQuota;
  /** Takes what goes to standard output and error. */
  readonly write: (stream: "stdout" | "stderr", bytes: Uint8Array<ArrayBuffer>) => void;
}

/** What the making of a file, directory or link costs: about what a disk takes for it. */
export const ENTRY_BYTES = 4096;

/** What files have grown by. It outlives instances: one that traps must not begin anew. */
export interface FileLedger {
  fileBytes: number;
}

/** How much files may still grow. */
export class FileQuota {
  readonly #limitBytes: number;
  readonly #ledger: FileLedger;

  /**
   * @param limitBytes The most that files may grow by.
   * @param ledger What they have grown by.
   */
  constructor(limitBytes: number, ledger: FileLedger) {
    this.#limitBytes = limitBytes;
    this.#ledger = ledger;
  }

  /**
   * Does what makes a file grow, if there is room for that; unless it fails, it is written down.
   *
   * @param bytes By how many; less than 0 if it gets shorter.
   * @param work What makes it grow.
   * @returns What `work` returns.
   * @throws {Refusal} `EDQUOT` if there is no room, and what `work` throws.
   */
  grow<T>(bytes: number, work: () => T): T {
    const ledger = this.#ledger;
    if (bytes > 0 && ledger.fileBytes + bytes > this.#limitBytes) refuse("dquot");
    const result = work();
    ledger.fileBytes = Math.max(0, ledger.fileBytes + bytes);
    return result;
  }
}
