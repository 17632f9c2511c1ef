/** Whether this engine has JSPI, JavaScript promise integration; asked where nothing else of it is needed. */

/** What such an engine has. */
export interface Jspi {
  readonly Suspending: new (run: () => unknown) => WebAssembly.ImportValue;
  readonly promising: (run: unknown) => () => Promise<unknown>;
}

/** The same, as far as this engine has it. */
export const jspi: Partial<Jspi> = WebAssembly as unknown as Partial<Jspi>;

/** Whether this engine can suspend a plug-in. */
export const CAN_SUSPEND: boolean = typeof jspi.Suspending === "function" && typeof jspi.promising === "function";
