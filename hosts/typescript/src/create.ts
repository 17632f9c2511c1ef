/** From whatever the embedder names to a running plug-in: the stations of a plug-in's way, in order. */

import { compileModule, describeModule } from "./compile.ts";
import type { Engine } from "./engine.ts";
import { grantManifest } from "./grant.ts";
import { InlineEngine } from "./inline.ts";
import { type Blueprint, WASI_NAMESPACE, type WasiImports } from "./link.ts";
import { loadModules } from "./load.ts";
import type { Manifest } from "./manifest.ts";
import { type PluginOptions, parseOptions } from "./options.ts";
import { Plugin } from "./plugin.ts";
import { Session } from "./session.ts";
import { type PluginSource, readSource } from "./source.ts";

/**
 * Loads a plug-in.
 *
 * @param source Bytes, a path, a URL, a `Response`, a `WebAssembly.Module`, one module as `{ path }` and the like, a
 *   manifest, or a manifest's JSON text.
 * @param options What the embedder offers, grants and limits.
 * @returns The plug-in, instantiated and started.
 * @throws {PluginError} `source/…`, `manifest/…`, `module/…`, `link/…`, `memory/limit` or `start/…`.
 */
export async function createPlugin(source: PluginSource, options: PluginOptions = {}): Promise<Plugin> {
  const parsed = parseOptions(options);
  const { platform } = parsed;
  const { manifest, author } = await readSource(source, platform);
  const grant = grantManifest(manifest, author, parsed);
  const name = parsed.name ?? nameOf(manifest, source);
  const loaded = await loadModules(manifest, platform);
  const modules = await Promise.all(
    loaded.modules.map(async ({ name: moduleName, content }) => {
      const compiled = content instanceof WebAssembly.Module ? describeModule(content) : await compileModule(content, moduleName, platform);
      return { ...compiled, name: moduleName };
    }),
  );
  const needsWasi = modules.some((module) => module.imports.some((each) => each.namespace === WASI_NAMESPACE));
  const blueprint: Blueprint = {
    modules,
    main: loaded.main,
    functions: parsed.functions,
    createWasi: needsWasi ? await loadWasi() : undefined,
    controls: () => ({}),
  };
  const session = new Session({ plugin: name, platform, limits: grant.limits, config: grant.config, logger: parsed.logger, logLevel: parsed.logLevel });
  const engine: Engine = new InlineEngine(blueprint, session, parsed.isMeasured);
  return new Plugin(name, engine);
}

/** The seed's face of {@link createPlugin}: `ExtismPlugin.new(wasm)`. */
export const ExtismPlugin: { readonly new: typeof createPlugin } = Object.freeze({ new: createPlugin });

async function loadWasi(): Promise<(session: Session) => WasiImports> {
  const { createSessionWasi } = await import("./session-wasi.ts");
  return createSessionWasi;
}

/** The file's name without its ending, where there is one. */
function nameOf(manifest: Manifest, source: PluginSource): string {
  const origin = manifest.entries.at(-1)?.origin;
  const isPlace = typeof source === "string" && !source.trimStart().startsWith("{");
  const place = isPlace ? source : source instanceof URL ? source.pathname : origin?.kind === "path" ? origin.path : origin?.kind === "url" ? origin.url.pathname : "";
  const file = place.split(/[/\\]/).at(-1) ?? "";
  return file.replace(/\.[a-z]+$/i, "") || "plug-in";
}
