/** Loads a plug-in into the rival's host, npm `@extism/extism`: what runs there is a plug-in by anyone's measure. */
import createRival, { type CallContext } from "@extism/extism";
import { compile, type CompileOptions, type Compiled } from "../src/mod.ts";

type HostFunctions = Record<string, Record<string, (context: CallContext, ...values: never[]) => unknown>>;

export type Loaded = Compiled & {
  /** Calls an export and reads its output as text. */
  call(name: string, input?: string | Uint8Array): Promise<string>;
  /** Calls an export and reads its output as bytes. */
  bytes(name: string, input?: string | Uint8Array): Promise<Uint8Array>;
  /** The error text of a call that must fail. */
  fail(name: string, input?: string | Uint8Array): Promise<string>;
  /** Size of the plug-in's memory in bytes. */
  memoryBytes(): Promise<number>;
  close(): Promise<void>;
};

/** Compiles files (a lone text is `plugin.ts`) and loads the result; WASI is given only if the plug-in imports it. */
export async function load(source: string | Record<string, string>, options: CompileOptions = {}, functions: HostFunctions = {}, config: Record<string, string> = {}): Promise<Loaded> {
  const compiled = await compile(typeof source === "string" ? { "plugin.ts": source } : source, { check: false, ...options });
  return { ...compiled, ...(await instantiate(compiled.wasm, functions, config)) };
}

export async function instantiate(wasm: Uint8Array, functions: HostFunctions = {}, config: Record<string, string> = {}, logger: Partial<Console> = {}): Promise<Pick<Loaded, "call" | "bytes" | "fail" | "memoryBytes" | "close">> {
  const silent = { ...Object.fromEntries(["trace", "debug", "info", "warn", "error", "log"].map((level) => [level, () => undefined])), ...logger } as Console;
  const plugin = await createRival({ wasm: [{ data: wasm }] }, { useWasi: needsWasi(wasm), functions, config, logger: silent, logLevel: "trace" } as never);
  const bytes = async (name: string, input: string | Uint8Array = ""): Promise<Uint8Array> => (await plugin.call(name, input))?.bytes() ?? new Uint8Array();
  return {
    bytes,
    call: async (name, input) => new TextDecoder().decode(await bytes(name, input)),
    async fail(name, input = "") {
      let output: Awaited<ReturnType<typeof plugin.call>>;
      try {
        output = await plugin.call(name, input);
      } catch (error) {
        return (error as Error).message.replace(/^Plugin-originated error: /, "");
      }
      throw new Error(`Expected "${name}" to fail, and it returned "${output?.text()}"`);
    },
    memoryBytes: async () => ((await plugin.getInstance()).exports["memory"] as WebAssembly.Memory).buffer.byteLength,
    close: () => plugin.close(),
  };
}

/** Whether a plug-in imports anything of WASI. */
export function needsWasi(wasm: Uint8Array): boolean {
  return importsOf(wasm).some((name) => name.startsWith("wasi_"));
}

/** What a plug-in imports, as `module name`. */
export function importsOf(wasm: Uint8Array): string[] {
  return WebAssembly.Module.imports(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>)).map(({ module, name }) => `${module} ${name}`);
}
