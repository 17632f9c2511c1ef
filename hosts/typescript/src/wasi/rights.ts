/**
 * What a descriptor may do, as the bit set of preview 1. All bits in use fit into 30, so a set is a plain number.
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#rights
 */

/** Every bit that preview 1 defines but those of sockets, which would be of no use here. */
export const Right = {
  fdDatasync: 0x1,
  fdRead: 0x2,
  fdSeek: 0x4,
  fdFdstatSetFlags: 0x8,
  fdSync: 0x10,
  fdTell: 0x20,
  fdWrite: 0x40,
  fdAdvise: 0x80,
  fdAllocate: 0x100,
  pathCreateDirectory: 0x200,
  pathCreateFile: 0x400,
  pathLinkSource: 0x800,
  pathLinkTarget: 0x1000,
  pathOpen: 0x2000,
  fdReaddir: 0x4000,
  pathReadlink: 0x8000,
  pathRenameSource: 0x1_0000,
  pathRenameTarget: 0x2_0000,
  pathFilestatGet: 0x4_0000,
  pathFilestatSetSize: 0x8_0000,
  pathFilestatSetTimes: 0x10_0000,
  fdFilestatGet: 0x20_0000,
  fdFilestatSetSize: 0x40_0000,
  fdFilestatSetTimes: 0x80_0000,
  pathSymlink: 0x100_0000,
  pathRemoveDirectory: 0x200_0000,
  pathUnlinkFile: 0x400_0000,
  pollFdReadwrite: 0x800_0000,
} as const;

/** What a regular file can do at most. */
export const FILE_RIGHTS = 0x8e0_01ff;

/** What a directory can do at most. */
export const DIRECTORY_RIGHTS = 0x7bf_fe19;

/** What may be asked for when something below a mount is opened. */
export const INHERITED_RIGHTS = 0xfff_ffff;

/**
 * Reads a set as the guest hands it over.
 *
 * @param bits The guest's 64 bits.
 * @returns The bits that preview 1 defines; toolchains also set others, which mean nothing.
 */
export function toRights(bits: bigint): number {
  return Number(BigInt.asUintN(30, bits));
}
