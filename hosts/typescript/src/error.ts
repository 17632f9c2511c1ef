/**
 * The one error class of the host. Its codes are the contract (see `abi/failures.json`); its messages are not.
 */

import type { Failures } from "./failures.ts";

/** A stable code of a failure. */
export type FailureCode = keyof Failures;

/** Where a failure happened and what led to it; all optional. */
export interface FailureContext {
  /** What was thrown below, kept as it was. */
  readonly cause?: unknown;
  /** Name of the plug-in. */
  readonly plugin?: string | undefined;
  /** Name of the plug-in function that was running. */
  readonly function?: string | undefined;
  /** The plug-in's own stack, innermost frame first, one `name` or `name (file:line:column)` a line. */
  readonly guestStack?: readonly string[] | undefined;
}

/**
 * A failure of a plug-in, of what it was made from, or of what it asked for.
 *
 * A mistake in the embedder's own code (a wrong argument) is a `TypeError` or `RangeError` instead.
 */
export class PluginError<C extends FailureCode = FailureCode> extends Error {
  /** Of the class and of every error, whatever a bundler calls the class. */
  static override readonly name: string = (this.prototype.name = "PluginError");

  // Declared alone, for a page to load less: the constructor sets all of them.
  /** Stable code. */
  declare readonly code: C;
  /** What the code carries; see {@link Failures}. */
  declare readonly details: Readonly<Failures[C]>;
  /** Name of the plug-in, where it is known. */
  declare readonly plugin: string | undefined;
  /** Plug-in function that was running, if one was. */
  declare readonly function: string | undefined;
  /** The plug-in's own stack, innermost frame first; empty if the failure did not come from its code. */
  declare readonly guestStack: readonly string[];

  /**
   * @param code Stable code.
   * @param message What was attempted, a colon, and the state that forbids it.
   * @param details What the code carries.
   * @param context Plug-in, function, cause and guest stack, as far as they are known.
   */
  constructor(code: C, message: string, details: Failures[C], context: FailureContext = {}) {
    super(message, context.cause === undefined ? undefined : context);
    this.code = code;
    this.details = Object.freeze({ ...details });
    this.plugin = context.plugin;
    this.function = context.function;
    this.guestStack = context.guestStack ?? [];
  }

  /**
   * Tells whether a caught value is a failure of this kind, and narrows its `details`.
   *
   * @param value Anything that was caught.
   * @param code The code to ask for; any code if left out.
   * @returns Whether it is.
   */
  static is<C extends FailureCode>(value: unknown, code?: C): value is PluginError<C> {
    return value instanceof PluginError && (code === undefined || value.code === code);
  }
}

const MAX_MESSAGE_CHARACTERS = 2_000;

/**
 * @param text What comes from a plug-in and may have any length.
 * @returns As much of it as a message should quote.
 */
export function clipText(text: string): string {
  return text.length <= MAX_MESSAGE_CHARACTERS ? text : `${text.slice(0, MAX_MESSAGE_CHARACTERS)}…`;
}

const MAX_LISTED = 20;

/**
 * @param names Names, any number of them.
 * @returns The first ones, quoted, and how many more there are.
 */
export function listNames(names: readonly string[]): string {
  const listed = names.slice(0, MAX_LISTED).map((name) => JSON.stringify(name.slice(0, 64)));
  return names.length > MAX_LISTED ? `${listed.join(", ")} and ${names.length - MAX_LISTED} more` : listed.join(", ");
}
