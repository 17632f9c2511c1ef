/**
 * Variables: bytes by key that the host keeps between the calls of one plug-in instance.
 *
 * An empty value cannot be told from no value in the ABI, so setting one deletes the variable.
 */
import { native, needHost } from "./native.ts";

/** Reads and writes variables. */
export const vars: {
  /** The bytes of a variable as a copy, or `undefined` when there is none. */
  get(key: string): Uint8Array<ArrayBuffer> | undefined;
  /** The text of a variable (UTF-8), or `undefined` when there is none. */
  getText(key: string): string | undefined;
  /** The value of a variable that was written by `setJson`, or `undefined` when there is none. */
  getJson(key: string): unknown;
  /** Writes text or bytes. The host fails the call when its budget for variables is used up. */
  set(key: string, value: string | Uint8Array): void;
  /** Writes any value that JSON can hold. */
  setJson(key: string, value: unknown): void;
  /** Deletes a variable; one that is not there is no error. */
  delete(key: string): void;
} = {
  get(key) {
    needHost("vars");
    return native.varGet(String(key));
  },
  getText(key) {
    const bytes = vars.get(key);
    return bytes === undefined ? undefined : native.decode(bytes, 0, bytes.length);
  },
  getJson(key) {
    const text = vars.getText(key);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  },
  set(key, value) {
    needHost("vars");
    native.varSet(String(key), typeof value === "string" ? native.encode(value) : value);
  },
  setJson(key, value) {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`Cannot set the variable "${key}": JSON has no form for ${typeof value}`);
    vars.set(key, text);
  },
  delete(key) {
    needHost("vars");
    native.varSet(String(key), undefined);
  },
};
