/** What this runtime can do, as `@extism/extism` asks for it. */

import { CAN_SUSPEND } from "../imports/jspi.ts";
import { defaultPlatform } from "../platform.ts";

/** What this runtime can do. */
export interface Capabilities {
  /** Whether host functions may return promises on the calling thread. Elsewhere this host takes another thread by itself. */
  supportsJSPromiseInterface: boolean;
  /** Always `false`: outputs never lie in shared memory. */
  allowSharedBufferCodec: boolean;
  /** Whether a manifest may name files. */
  manifestSupportsPaths: boolean;
  /** Whether requests of plug-ins are subject to the browser's cross-origin checks. */
  crossOriginChecksEnforced: boolean;
  /** Whether there are files. */
  fsAccess: boolean;
  /** Whether plug-ins can run on another thread. */
  hasWorkerCapability: boolean;
  /** Always `true`. */
  supportsWasiPreview1: boolean;
  /** Always `true`. */
  supportsTimeouts: boolean;
  /** Whether the environment variable `EXTISM_ENABLE_WASI_OUTPUT` is set. */
  extismStdoutEnvVarSet: boolean;
}

const { readFile, startWorker } = defaultPlatform();
const { process } = globalThis as { readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> } };

/** What this runtime can do. */
export const CAPABILITIES: Capabilities = {
  supportsJSPromiseInterface: CAN_SUSPEND,
  allowSharedBufferCodec: false,
  manifestSupportsPaths: readFile !== undefined,
  crossOriginChecksEnforced: readFile === undefined,
  fsAccess: readFile !== undefined,
  hasWorkerCapability: startWorker !== undefined,
  supportsWasiPreview1: true,
  supportsTimeouts: true,
  extismStdoutEnvVarSet: Boolean(process?.env?.["EXTISM_ENABLE_WASI_OUTPUT"]),
};
