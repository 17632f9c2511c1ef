/**
 * Arguments and environment: two lists of strings that the embedder states. Nothing of the host's process is here.
 *
 * Both pairs of functions use one layout, a table of pointers and the text they point to:
 *
 *   table  [ p0 | p1 | … ]        text  [ a r g 0 \0 a r g 1 \0 … ]
 *            |    `---------------------------^
 *            `-----------------------^
 *
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#args_get
 */

import type { GuestMemory } from "./guest-memory.ts";

/** A list of strings as the guest reads it. */
export interface StringList {
  /** How many, and their bytes with the zeros that end them. */
  readonly sizes: (countPointer: number, bytesPointer: number) => void;
  /** The table of pointers, and the text. */
  readonly get: (tablePointer: number, textPointer: number) => void;
}

/**
 * Encodes arguments.
 *
 * @param memory Where the guest reads them.
 * @param args The arguments; the first is the program's name by custom.
 * @returns The two functions.
 * @throws {TypeError} If an argument has a zero character in it, which would end it early.
 */
export function createArguments(memory: GuestMemory, args: readonly string[]): StringList {
  return createList(memory, args, "argument");
}

/**
 * Encodes an environment.
 *
 * @param memory Where the guest reads it.
 * @param env Names and values.
 * @returns The two functions.
 * @throws {TypeError} If a name is empty or has `=` in it, or anything has a zero character in it.
 */
export function createEnvironment(memory: GuestMemory, env: Readonly<Record<string, string>>): StringList {
  const entries = Object.entries(env).map(([name, value]) => {
    if (name === "" || name.includes("=")) {
      throw new TypeError(`Cannot set the environment: the name "${name}" is empty or has a "=" in it`);
    }
    return `${name}=${value}`;
  });
  return createList(memory, entries, "environment variable");
}

function createList(memory: GuestMemory, strings: readonly string[], what: string): StringList {
  const encoder = new TextEncoder();
  const encoded = strings.map((string) => {
    if (string.includes("\0")) throw new TypeError(`Cannot set the ${what} "${string}": it has a zero character in it`);
    return encoder.encode(`${string}\0`);
  });
  const bytes = encoded.reduce((sum, { length }) => sum + length, 0);
  return {
    sizes(countPointer, bytesPointer) {
      memory.check(bytesPointer, 4);
      memory.setU32(countPointer, encoded.length);
      memory.setU32(bytesPointer, bytes);
    },
    get(tablePointer, textPointer) {
      let entry = memory.check(tablePointer, encoded.length * 4);
      let text = memory.check(textPointer, bytes);
      for (const string of encoded) {
        memory.setU32(entry, text);
        memory.write(text, string);
        entry += 4;
        text += string.length;
      }
    },
  };
}
