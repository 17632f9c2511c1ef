/**
 * The most that engines accept of each thing. A module beyond them would not compile anywhere, so it is refused before
 * anything is allocated for it.
 * Source: https://webassembly.github.io/spec/js-api/#limits
 */

export const TYPES = 1_000_000;
export const FUNCTIONS = 1_000_000;
export const IMPORTS = 1_000_000;
export const EXPORTS = 1_000_000;
export const GLOBALS = 1_000_000;
export const TAGS = 1_000_000;
export const TABLES = 100_000;
export const MEMORIES = 100;
export const ELEMENT_SEGMENTS = 10_000_000;
/** Also the most elements of one segment. */
export const TABLE_ELEMENTS = 10_000_000;
export const DATA_SEGMENTS = 100_000;
export const PARAMETERS = 1_000;
export const RESULTS = 1_000;
export const FIELDS = 10_000;
/** Locals of one function, parameters included. */
export const LOCALS = 50_000;
/** Bytes of one function body. */
export const BODY_BYTES = 7_654_321;
/** Pages of a memory addressed with `i32`. */
export const MEMORY_PAGES = 65_536;
/** Custom sections; engines have no such limit, but each costs far more memory than the three bytes it may have. Ours. */
export const CUSTOM_SECTIONS = 1_000;
