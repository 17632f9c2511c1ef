/**
 * Variables: small things that the host keeps for the plug-in from call to call.
 */
import * as abi from "./abi";
import { receive, receiveText, share, shareText } from "./block";

export namespace vars {
  /** A copy of a variable; `null` when there is none. */
  export function get(key: string): Uint8Array | null {
    const handle = abi.var_get(shareText(key));
    return handle == 0 ? null : receive(handle);
  }

  /** The same as text. */
  export function getText(key: string): string | null {
    const handle = abi.var_get(shareText(key));
    return handle == 0 ? null : receiveText(handle);
  }

  /** Sets a variable; no bytes delete it. Past the host's budget the call fails. */
  export function set(key: string, value: Uint8Array): void {
    abi.var_set(shareText(key), share(value));
  }

  /** The same with text. */
  export function setText(key: string, value: string): void {
    abi.var_set(shareText(key), shareText(value));
  }

  /** Deletes a variable, if there is one. */
  export function remove(key: string): void {
    abi.var_set(shareText(key), 0);
  }
}
