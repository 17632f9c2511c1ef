import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { QuickJS } from "quickjs-wasi";
import { describe, expect, test } from "vitest";
import { ADDED, I64, limitModule, parseModule, signatureOf, type LimitOptions } from "@tenon/wasm";
import { kernelBytes } from "./kernel-bytes.ts";

const CAPS = { memoryPages: 4_096, tableElements: 100_000 };
const SETS: readonly { readonly name: string; readonly options: LimitOptions }[] = [
  { name: "nothing", options: {} },
  { name: "caps", options: CAPS },
  { name: "interrupt", options: { interrupt: true } },
  { name: "fuel", options: { fuel: true } },
  { name: "stack", options: { stack: true } },
  { name: "all", options: { ...CAPS, interrupt: true, fuel: true, stack: true } },
];

/** Gives a limited instance much of everything. */
function endow({ exports }: WebAssembly.Instance): void {
  for (const [name, value] of [[ADDED.countdown, 1_000], [ADDED.fuel, 10n ** 15n], [ADDED.stack, 10_000]] as const) {
    const global = exports[name] as WebAssembly.Global | undefined;
    if (global !== undefined) global.value = value;
  }
}

describe("QuickJS (wasi-sdk)", () => {
  const bytes = readFileSync(fileURLToPath(import.meta.resolve("quickjs-wasi/quickjs.wasm")));
  const SCRIPTS = [
    `const f = (n) => (n < 2 ? n : f(n - 1) + f(n - 2)); f(15)`,
    `JSON.stringify(Array.from({ length: 300 }, (_, i) => ({ i, s: String(i).padStart(5, "x"), r: i ** 0.5 })).sort((a, b) => (a.s < b.s ? 1 : -1)))`,
    `"the quick brown fox".replace(/(\\w+)/g, (w) => [...w].reverse().join("")) + new Map([[1, 2]]).get(1) + (2n ** 200n)`,
    `(function g(n) { return n === 0 ? 0 : 1 + g(n - 1); })(200)`,
    `try { undefined.x } catch (error) { error.message }`,
    `let t = ""; for (const k of (function* () { for (let i = 0; i < 50; i++) yield i * 7 % 13; })()) t += k; t`,
  ];

  /** What the scripts give, one after the other in one instance. */
  async function outputs(module: Uint8Array): Promise<{ readonly values: readonly string[]; readonly looks: number; readonly instance: WebAssembly.Instance }> {
    const instantiate = WebAssembly.instantiate.bind(WebAssembly) as (compiled: WebAssembly.Module, imports: WebAssembly.Imports) => Promise<WebAssembly.Instance>;
    const original = WebAssembly.instantiate;
    const values: string[] = [];
    let looks = 0;
    let found: WebAssembly.Instance | undefined;
    const interrupt = (): number => (looks++, 1_000);
    WebAssembly.instantiate = (async (compiled: WebAssembly.Module, imports: WebAssembly.Imports) => {
      found = await instantiate(compiled, { ...imports, [ADDED.namespace]: { [ADDED.interrupt]: interrupt } });
      endow(found);
      return found;
    }) as unknown as typeof WebAssembly.instantiate;
    try {
      const vm = await QuickJS.create(new WebAssembly.Module(module as BufferSource));
      values.push(...SCRIPTS.map((script) => String(vm.dump(vm.evalCode(script)))));
    } finally {
      WebAssembly.instantiate = original;
    }
    if (found === undefined) throw new Error("QuickJS was not instantiated by WebAssembly.instantiate()");
    return { values, looks, instance: found };
  }

  test.each(SETS)("gives the same under $name", async ({ options }) => {
    const plain = await outputs(bytes);
    const limited = await outputs(limitModule(bytes, options).bytes);
    expect(plain.values[0]).toBe("610");
    expect(limited.values).toEqual(plain.values);
    if (options.interrupt) expect(limited.looks).toBeGreaterThan(1_000);
    if (options.fuel) expect((limited.instance.exports[ADDED.fuel] as WebAssembly.Global).value).toBeLessThan(10n ** 15n - 1_000_000n);
  });
});

describe("plug-ins of every toolchain at hand", () => {
  const folder = new URL("../../../conformance/plugins/wasm/", import.meta.url);
  const PLUGINS = readdirSync(folder)
    // Go's runtime needs a whole WASI to start; the conformance suite runs it under the default limits.
    .filter((file) => file.startsWith("kitchen-sink.") && !file.includes(".go-"))
    .map((file) => ({ file, bytes: readFileSync(new URL(file, folder)) }));
  const CALLS = [
    ["echo", "hello, you"],
    ["upper", "Grüße, 世界!"],
    ["count_vowels", "Hello, World!"],
    ["before_checkout", `{"is_new_customer":true,"cart_total_in_cents":10000}`],
    ["output_twice", "the first and longer one"],
  ] as const;

  test.each(PLUGINS)("$file gives the same under every set of limits", ({ bytes }) => {
    const plain = answers(bytes);
    expect(plain[0]).toBe("0 hello, you");
    for (const { name, options } of SETS) expect([name, ...answers(limitModule(bytes, options).bytes)]).toEqual([name, ...plain]);
  });

  /** What a plug-in answers to each call: its result and its output. */
  function answers(bytes: Uint8Array): string[] {
    const kernel = new WebAssembly.Instance(new WebAssembly.Module(kernelBytes())).exports as Record<string, (...args: readonly bigint[]) => bigint> & { readonly memory: WebAssembly.Memory };
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = { [ADDED.namespace]: { [ADDED.interrupt]: () => 1_000 } };
    // What the kernel has is the kernel's; what else plug-ins import gives 0, for the calls above need nothing of it.
    const parsed = parseModule(bytes);
    for (const { module, name, kind, index } of parsed.imports) {
      if (kind !== "function" || module === ADDED.namespace) continue;
      const zero = signatureOf(parsed, index)?.results[0] === I64 ? 0n : 0;
      (imports[module] ??= {})[name] = (module === "extism:host/env" ? kernel[name] : undefined) ?? (() => zero);
    }
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports);
    const { exports } = instance;
    const run = (name: string): unknown => {
      endow(instance);
      return (exports[name] as (() => unknown) | undefined)?.();
    };
    run(ADDED.start);
    run("_initialize");
    return CALLS.map(([name, input]) => {
      const text = new TextEncoder().encode(input);
      kernel["reset"]?.();
      const handle = kernel["alloc"]?.(BigInt(text.length)) ?? 0n;
      new Uint8Array(kernel.memory.buffer, Number(handle)).set(text);
      kernel["input_set"]?.(handle, BigInt(text.length));
      const result = run(name);
      const output = new Uint8Array(kernel.memory.buffer, Number(kernel["output_offset"]?.()), Number(kernel["output_length"]?.()));
      return `${String(result)} ${new TextDecoder().decode(output)}`;
    });
  }
});
