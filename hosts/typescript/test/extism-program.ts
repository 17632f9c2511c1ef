/**
 * A program that uses every member that `@extism/extism` declares. `src/extism/declarations.test.ts` compiles it against that
 * library and against `@tenon/host/extism`; it is not run.
 */

import load, { CAPABILITIES, createPlugin, newPlugin } from "@extism/extism";
import type {
  CallContext,
  Capabilities,
  CurrentPlugin,
  ExtismPluginOptions,
  LogLevel,
  Manifest,
  ManifestLike,
  ManifestWasm,
  ManifestWasmData,
  ManifestWasmModule,
  ManifestWasmPath,
  ManifestWasmResponse,
  ManifestWasmUrl,
  MemoryOptions,
  Plugin,
  PluginConfig,
  PluginConfigLike,
  PluginOutput,
} from "@extism/extism";

/** Every way to read an output; and writing, which is declared and refused. */
export function read(output: PluginOutput): unknown[] {
  output.setInt8(0, 1);
  output.setInt16(0, 1, true);
  output.setInt32(0, 1, true);
  output.setUint8(0, 1);
  output.setUint16(0, 1, true);
  output.setUint32(0, 1, true);
  output.setFloat32(0, 1, true);
  output.setFloat64(0, 1, true);
  output.setBigInt64(0, 1n, true);
  output.setBigUint64(0, 1n, true);
  const buffer: ArrayBufferLike = output.arrayBuffer();
  const bytes: Uint8Array = output.bytes();
  const text: string = output.text() + output.string();
  return [buffer, bytes, text, output.json().field];
}

/** Every member of a call's context. */
export function ask(context: CallContext, address: bigint, ...more: unknown[]): bigint {
  const same: CurrentPlugin = context;
  const { user } = same.hostContext<{ user: string }>();
  const anything: unknown = same.hostContext().anything;
  const level: LogLevel = context.logLevel;
  context.logLevel = level === "silent" ? "trace" : level;
  const found: PluginOutput | null = context.getVariable(user);
  context.setVariable("text", "value");
  context.setVariable("bytes", found?.bytes() ?? new Uint8Array(1));
  context.deleteVariable("text");
  if (more.length > 0 || anything === undefined) context.setError(new Error("with a reason"));
  context.setError("text");
  context.setError(null);
  context.setError();
  const block: PluginOutput | null = context.read(context.alloc(8));
  const length: bigint = context.length(context.alloc(8n));
  return length === 8n && block !== null ? context.store(block.text()) : context.store(context.read(Number(address))?.bytes() ?? "");
}

const data: ManifestWasmData = { data: new Uint8Array() };
const url: ManifestWasmUrl = { url: new URL("https://plugins.example/a.wasm") };
const path: ManifestWasmPath = { path: "a.wasm" };
const response: ManifestWasmResponse = { response: new Response() };
const modules: ManifestWasm[] = [data, url, path, response, { url: "https://plugins.example/b.wasm", name: "main", hash: "00" }];
const memory: MemoryOptions = { maxPages: 4, maxHttpResponseBytes: undefined, maxVarBytes: 100 };
const config: PluginConfig = { key: "value" };
const configLike: PluginConfigLike = config;

const options: ExtismPluginOptions = {
  useWasi: true,
  runInWorker: CAPABILITIES.hasWorkerCapability,
  logger: console,
  logLevel: "info",
  functions: { "extism:host/user": { ask, later: async (context, a: bigint, b: number) => ask(context, a, b), none: () => {} } },
  allowedPaths: { "/mnt": "/tmp" },
  allowedHosts: ["*.example.com"],
  memory,
  timeoutMs: 100,
  enableWasiOutput: false,
  config: configLike,
  fetch,
  sharedArrayBufferSize: 65_536,
  allowHttpResponseHeaders: true,
  nodeWorkerArgs: { name: "mine", execArgv: [], argv: [], env: {}, resourceLimits: { maxOldGenerationSizeMb: 1, maxYoungGenerationSizeMb: 1, codeRangeSizeMb: 1, stackSizeMb: 1 }, stdout: true },
};
const manifest: Manifest = {
  wasm: modules,
  allowedPaths: options.allowedPaths,
  allowed_paths: options.allowedPaths,
  allowedHosts: options.allowedHosts,
  allowed_hosts: undefined,
  memory,
  config,
  timeoutMs: null,
  timeout_ms: 100,
};

/** Every member of a plug-in. */
export async function use(module: WebAssembly.Module): Promise<unknown> {
  const compiled: ManifestWasmModule = { module };
  const sources: ManifestLike[] = [manifest, response.response, module, new ArrayBuffer(1), "a.wasm", new URL("https://plugins.example/"), { wasm: [compiled] }];
  const plugins: Plugin[] = [await load(Promise.resolve(manifest), options), await createPlugin("a.wasm"), await newPlugin(sources[0] ?? manifest, { timeoutMs: null })];
  for (const plugin of plugins) {
    if (plugin.isActive() || !(await plugin.reset()) || !(await plugin.functionExists("run"))) continue;
    const exports: WebAssembly.ModuleExportDescriptor[] = await plugin.getExports();
    const imports: WebAssembly.ModuleImportDescriptor[] = await plugin.getImports();
    const instance: WebAssembly.Instance = await plugin.getInstance();
    const output: PluginOutput | null = await plugin.call("run", "text");
    if (output !== null) return [exports, imports, instance, read(output)];
    await plugin.call<{ user: string }>("run", new Uint8Array(2), { user: "me" });
    await plugin.call("run", 7);
    await plugin.close();
  }
  const capabilities: Capabilities = CAPABILITIES;
  return [
    capabilities.supportsJSPromiseInterface,
    capabilities.allowSharedBufferCodec,
    capabilities.manifestSupportsPaths,
    capabilities.crossOriginChecksEnforced,
    capabilities.fsAccess,
    capabilities.hasWorkerCapability,
    capabilities.supportsWasiPreview1,
    capabilities.supportsTimeouts,
    capabilities.extismStdoutEnvVarSet,
  ];
}
