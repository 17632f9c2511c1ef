/**
 * How a guest that calls `proc_exit` leaves: as a value thrown through its frames, which the host turns into a
 * result. Not a failure by itself; exit code 0 is a success.
 */

/**
 * Thrown by `proc_exit`. It reaches the host unless the guest catches it with a Wasm `catch_all`, in which case the
 * guest has decided to go on.
 */
export class WasiExit extends Error {
  /** What the guest gave, as the unsigned 32-bit number that preview 1 says it is. */
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`The module ended itself with exit code ${exitCode}`);
    this.name = "WasiExit";
    this.exitCode = exitCode;
  }
}
