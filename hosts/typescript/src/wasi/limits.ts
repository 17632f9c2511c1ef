/**
 * Every limit of the WASI layer, with its unit, default and origin. Each is checked before anything is allocated,
 * copied or handed to the host.
 */

/** What one instance may use of the host through WASI. All are whole numbers of at least 0. */
export interface WasiLimits {
  /** Vectors in one read or write, and subscriptions in one `poll_oneoff`. POSIX calls it IOV_MAX; Linux has 1,024. */
  readonly maxVectors: number;
  /** Bytes that one read or write moves; the guest sees a short count and goes on. */
  readonly maxTransferBytes: number;
  /** Bytes that one `random_get` fills; more is `EINVAL`. About 20 ms of a host's time. */
  readonly maxRandomBytes: number;
  /** Descriptors open at once, the three standard ones and the mounts included; more is `EMFILE`. */
  readonly maxDescriptors: number;
  /**
   * Bytes by which all files together may grow, holes included, and 4,096 for each file, directory or link that is made;
   * more is `EDQUOT`. Making a file shorter gives back, removing it does not: somebody may have it open.
   */
  readonly maxFileBytes: number;
  /** Entries of directories that are being listed, all of them together; more is `EOVERFLOW`. */
  readonly maxListedEntries: number;
}

/** The limits where the embedder states none. */
const DEFAULT_WASI_LIMITS: WasiLimits = Object.freeze({
  maxVectors: 1024,
  maxTransferBytes: 1024 * 1024,
  maxRandomBytes: 16 * 1024 * 1024,
  maxDescriptors: 256,
  maxFileBytes: 256 * 1024 * 1024,
  maxListedEntries: 65_536,
});

/**
 * Fills in the defaults and checks what was given.
 *
 * @param given The embedder's limits; absent or `undefined` ones take the default.
 * @returns All limits, frozen.
 * @throws {RangeError} If a limit is not a whole number of at least 0.
 */
export function resolveLimits(given: { readonly [K in keyof WasiLimits]?: number | undefined } = {}): WasiLimits {
  const limits: { -readonly [K in keyof WasiLimits]: number } = { ...DEFAULT_WASI_LIMITS };
  for (const name of Object.keys(limits) as (keyof WasiLimits)[]) {
    const value = given[name] ?? limits[name];
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Cannot limit WASI: "${name}" is "${value}"; give a whole number of at least 0`);
    }
    limits[name] = value;
  }
  return Object.freeze(limits);
}
