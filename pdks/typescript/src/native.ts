/**
 * What the bridge gives to JavaScript: one native function per operation, and nothing more.
 *
 * The names are those of compiler/src/operations.ts. Outside a plug-in (a unit test of an
 * author's code on Node, say) there is no bridge, and each function throws.
 */

/** Milliseconds since 1970, or since some moment before the plug-in started. */
export type Clock = 0 | 1;

/** The operations, by name. */
export type Native = {
  inputText(): string;
  inputBytes(): Uint8Array<ArrayBuffer>;
  inputJson(): unknown;
  outputText(text: string): void;
  outputBytes(bytes: Uint8Array): void;
  fail(text: string): void;
  config(key: string): string | undefined;
  varGet(key: string): Uint8Array<ArrayBuffer> | undefined;
  varSet(key: string, value: Uint8Array | undefined): void;
  httpRequest(request: string, body: Uint8Array | undefined): Uint8Array<ArrayBuffer>;
  httpStatus(): number;
  httpHeaders(): string | undefined;
  log(level: number, text: string): void;
  logLevel(): number;
  host(index: number, resultKind: number, ...kindsAndValues: unknown[]): unknown;
  encode(text: string): Uint8Array<ArrayBuffer>;
  decode(bytes: Uint8Array, start: number, end: number): string;
  random(): number;
  randomFill(bytes: Uint8Array): number;
  clock(id: Clock): number;
};

const scope = globalThis as { __tenon?: Native; __tenonHandler?: Handler };

/** The bridge. */
export const native: Native = scope.__tenon ?? new Proxy({} as Native, { get: () => outside });
delete scope.__tenon;

/** What the bridge calls: an export's number, or a negative request of `Ask`, with two values for some. */
export type Handler = (what: number, first: unknown, second: unknown) => number;

/**
 * Gives the bridge the function it calls.
 *
 * @param handler Answers 0 when all is done, 1 when the call failed, 2 when more is to be done.
 */
export function attach(handler: Handler): void {
  scope.__tenonHandler = handler;
}

let isBuilding = true;

/** Ends the build: from now on the plug-in may use the host. The compiler calls it right before the snapshot. */
export function endBuild(): void {
  isBuilding = false;
}

/** Whether the plug-in's top level is being run by the compiler rather than by a host. */
export function isBeingBuilt(): boolean {
  return isBuilding;
}

/**
 * Guards what needs the running host.
 *
 * @param what The call as the author wrote it.
 * @throws {Error} While the plug-in is being built.
 */
export function needHost(what: string): void {
  if (isBuilding) throw new Error(`Cannot use ${what}: the plug-in is being built, and top-level code runs then; use it inside an exported function`);
}

function outside(): never {
  throw new Error("Cannot reach the host: this code does not run inside a plug-in");
}
