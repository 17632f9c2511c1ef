/** From a program's manifest and options, under the names of `@extism/extism`, to a running plug-in. */

import { CAPABILITIES } from "./capabilities.ts";
import { translateStartFailure } from "./failure.ts";
import { type ManifestLike, readManifest } from "./manifest.ts";
import { type ExtismPluginOptions, translateOptions } from "./options.ts";
import { createFace, type Plugin } from "./plugin.ts";
import { prepareManifest } from "../create.ts";
import { WASI_NAMESPACE } from "../inline/link.ts";
import { parseOptions } from "../options.ts";
import { defaultPlatform } from "../platform.ts";

/**
 * Loads a plug-in.
 *
 * @param manifest Bytes, a path, a URL, a response, a compiled module, a manifest or its JSON text, or a promise of one.
 * @param opts Options; they go before what the manifest says.
 * @returns The plug-in.
 * @throws {Error} If it cannot be loaded; this host's own failure, with its code, is the `cause`.
 */
export async function createPlugin(manifest: ManifestLike | PromiseLike<ManifestLike>, opts: ExtismPluginOptions = {}): Promise<Plugin> {
  if (opts.runInWorker && !CAPABILITIES.hasWorkerCapability) {
    throw new Error("Cannot enable off-thread wasm; current context is not `crossOriginIsolated` (see https://mdn.io/crossOriginIsolated)");
  }
  try {
    const platform = opts.fetch ? { ...defaultPlatform(), fetch: opts.fetch } : defaultPlatform();
    const authored = await readManifest(await manifest, platform);
    const translated = translateOptions(opts, authored.manifest);
    const prepared = await prepareManifest({ ...authored, manifest: translated.manifest }, "main", parseOptions(translated.options));
    const wantsWasi = prepared.modules.some(({ imports }) => imports.some(({ namespace }) => namespace === WASI_NAMESPACE));
    if (wantsWasi && !opts.useWasi) throw new Error('WASI is not enabled; see the "useWasi" plugin option');
    return createFace(prepared, await prepared.start());
  } catch (thrown) {
    throw translateStartFailure(thrown);
  }
}
