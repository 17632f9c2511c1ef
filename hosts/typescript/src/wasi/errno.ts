/**
 * The error numbers of WASI preview 1, and how a WASI function gives one back.
 *
 * A function of this folder returns nothing on success and throws a {@link Refusal} otherwise; `createWasi` turns
 * that into the number the guest sees. No `Refusal` leaves this folder.
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno
 */

/** Those error numbers of preview 1 that this layer gives. */
export const Errno = {
  acces: 2,
  badf: 8,
  busy: 10,
  dquot: 19,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nospc: 51,
  nosys: 52,
  notdir: 54,
  notempty: 55,
  notsock: 57,
  notsup: 58,
  overflow: 61,
  perm: 63,
  rofs: 69,
  spipe: 70,
  xdev: 75,
  notcapable: 76,
} as const;

/** One of the numbers in {@link Errno}. */
export type ErrnoCode = (typeof Errno)[keyof typeof Errno];

/**
 * An error number on its way to the guest. Not an `Error`: a guest can cause one with every call it makes, and a
 * stack trace that nobody reads would cost the host more than the call.
 */
export class Refusal {
  readonly errno: ErrnoCode;

  constructor(errno: ErrnoCode) {
    this.errno = errno;
  }
}

/**
 * Ends the running WASI function with an error number.
 *
 * @param name Which number, by its name in the specification.
 * @throws {Refusal} Always.
 */
export function refuse(name: keyof typeof Errno): never {
  // oxlint-disable-next-line typescript/only-throw-error -- see Refusal
  throw new Refusal(Errno[name]);
}
