/**
 * What a descriptor may do, as the bit set of preview 1. All bits in use fit into 30, so a set is a plain number.
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#rights
 */

/** The bits that functions of this layer ask for. */
export const Right = {
  read: 0x2,
  fdstatSetFlags: 0x8,
  sync: 0x10,
  write: 0x40,
  filestatGet: 0x200000,
  poll: 0x8000000,
} as const;

/**
 * Reads a set as the guest hands it over.
 *
 * @param bits The guest's 64 bits.
 * @returns The bits that preview 1 defines; toolchains also set others, which mean nothing.
 */
export function toRights(bits: bigint): number {
  return Number(BigInt.asUintN(30, bits));
}
