/** The configuration that the host gives to this plug-in: text by key, read-only. */
import { native, needHost } from "./native.ts";

/** Reads the plug-in's configuration. */
export const config: {
  /**
   * Reads one value.
   *
   * @param key The key, as the host's manifest spells it.
   * @returns The value, or `undefined` when the host sets none (or an empty one).
   */
  get(key: string): string | undefined;
  /**
   * Reads one value that the plug-in cannot do without.
   *
   * @param key The key, as the host's manifest spells it.
   * @throws {Error} When the host sets none.
   */
  require(key: string): string;
} = {
  get(key) {
    needHost("config");
    return native.config(String(key));
  },
  require(key) {
    const value = config.get(key);
    if (value === undefined) throw new Error(`Cannot read the configuration: the host sets no value for "${key}"`);
    return value;
  },
};
