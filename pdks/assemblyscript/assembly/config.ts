/**
 * The configuration that the host gave the plug-in.
 */
import * as abi from "./abi";
import { receiveText, shareText } from "./block";

/** The value of a key; `null` when it is missing or empty. */
export function config(key: string): string | null {
  const handle = abi.config_get(shareText(key));
  return handle == 0 ? null : receiveText(handle);
}
