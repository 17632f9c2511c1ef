/**
 * The kernel's state: one record at address 0 of its own memory, and where the heap begins behind it.
 * A fresh memory is all zeros, and all zeros is the empty state; so there is no init call, no global and no data.
 *
 *     0  output_offset    u32   a range that always lies inside the heap, or 0, 0
 *     4  output_length    u32
 *     8  refused_offset   u64   what the last `output_set` asked for when that was no such range; u64 max from `reset` to
 *                               the first `output_set` that is refused
 *    16  refused_length   u64   0: it was not refused
 *    24  error            u64   as given to `error_set`; 0: no error
 *    32  error_offset     u32   the error's block when it was set, always inside the heap; 0, 0: handle was not live
 *    36  error_length     u32
 *    40  input_offset     u32
 *    44  input_length     u32
 *    48  reach            u32   bytes from HEAP on that load and store accept; only grows within a call
 *    52  reach_words      u32   how many offsets have eight of those bytes behind them
 *    56  input_words      u32   how many offsets have eight bytes of input behind them
 *    60  top              u32   bytes from HEAP to the end of the last live block
 *    64  dirty            u32   bytes from HEAP on that may not be zero: the highest `reach` of any call
 *    68  cut              u32   pages that the limit takes away from 65,536
 *    72  (unused)         u64
 *    80  classes          u64 × 2   bit c, below 104: the list of free blocks of size class c is not empty
 *    95  busy             u8    the last byte of these: 1 while the heap's notes are changed; if that was cut off, until `reset`
 *    96  heads            u32 × 100 address of the first free block of each class
 *   496  (unused)
 *   512  HEAP             the first block
 *
 * The host may read the fields up to `reach` without a call (`abi.json`, "kernelRecord"); the addresses are contract.
 */

export const OUTPUT_OFFSET: usize = 0;
export const OUTPUT_LENGTH: usize = 4;
export const REFUSED_OFFSET: usize = 8;
export const REFUSED_LENGTH: usize = 16;
export const ERROR: usize = 24;
export const ERROR_OFFSET: usize = 32;
export const ERROR_LENGTH: usize = 36;
export const INPUT_OFFSET: usize = 40;
export const INPUT_LENGTH: usize = 44;
export const REACH: usize = 48;
export const REACH_WORDS: usize = 52;
export const INPUT_WORDS: usize = 56;
export const TOP: usize = 60;
export const DIRTY: usize = 64;
export const CUT: usize = 68;
export const CLASSES: usize = 80;
export const BUSY: usize = 95;
export const HEADS: usize = 96;
export const HEAP: usize = 512;

/** Pages that a 32-bit memory can have. */
export const MAX_PAGES: u32 = 65536;
