/**
 * What a random module lives in: imports that fit its types, arguments for its exports, and what can be seen of it
 * afterwards, as text. Everything follows from the seed and from the order of calls, so that two instances that do the
 * same see the same. Used by the fuzzer alone.
 */
import { createHash } from "node:crypto";
import { formatValueType, signatureOf, type FunctionType, type Limits, type Module, type ValueType } from "../src/mod.ts";

/** Imports, and what was done with them. */
export interface World {
  readonly imports: WebAssembly.Imports;
  /** Each call of an imported function, in order. */
  readonly trace: readonly string[];
}

/** A type of which JavaScript can make no value; such a module cannot be run here. */
export class UnmakeableError extends Error {}

/** What `@types/node` does not know yet. */
const { Tag } = WebAssembly as unknown as { Tag: new (type: { parameters: readonly string[] }) => WebAssembly.ImportValue };

/** The types of which JavaScript can make a global or a tag. */
const GLOBALS: ReadonlySet<string> = new Set(["i32", "i64", "f32", "f64", "externref", "funcref"]);
const NOTHING: FunctionType = { params: [], results: [] };
const NO_LIMITS: Limits = { min: 0, max: undefined, shared: false, is64: false };
const MAX_TRACE = 5_000;
/** Every so many calls of imported functions one throws. */
const THROWS_EVERY = 7;

/**
 * Makes fresh imports for a module.
 *
 * @throws {UnmakeableError} If JavaScript cannot make one of them.
 */
export function createWorld(module: Module, seed: number): World {
  const trace: string[] = [];
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  let calls = seed;
  for (const { module: from, name, kind, index } of module.imports) {
    const own = (imports[from] ??= {});
    if (name in own) throw new UnmakeableError("Two imports have one name");
    if (kind === "function") {
      const { params, results } = signatureOf(module, index) ?? NOTHING;
      own[name] = (...args: readonly unknown[]): unknown => {
        calls++;
        if (trace.length < MAX_TRACE) trace.push(`${from}.${name}(${params.map((_, at) => show(args[at])).join()})`);
        if (calls % THROWS_EVERY === 0) throw new Error("thrown by the host");
        const values = results.map((type) => valueOf(type, calls));
        return results.length === 1 ? values[0] : values;
      };
    } else if (kind === "memory") own[name] = new WebAssembly.Memory(descriptor(module.memories[index] ?? NO_LIMITS));
    else if (kind === "table") {
      const table = module.tables[index];
      const element = formatValueType(table?.element ?? 0);
      if (element !== "funcref" && element !== "externref") throw new UnmakeableError(element);
      own[name] = new WebAssembly.Table({ ...descriptor(table ?? NO_LIMITS), element: element === "funcref" ? "anyfunc" : element });
    } else if (kind === "global") {
      const { type, mutable } = module.globals[index] ?? { type: 0, mutable: false };
      const value = formatValueType(type);
      if (!GLOBALS.has(value)) throw new UnmakeableError(value);
      own[name] = new WebAssembly.Global({ value: (value === "funcref" ? "anyfunc" : value) as WebAssembly.ValueType, mutable }, valueOf(type, seed));
    } else {
      const parameters = (module.types[module.tags[index] ?? -1]?.signature?.params ?? []).map(formatValueType);
      if (!parameters.every((type) => GLOBALS.has(type))) throw new UnmakeableError("tag");
      own[name] = new Tag({ parameters: parameters.map((type) => (type === "funcref" ? "anyfunc" : type)) });
    }
  }
  return { imports, trace };
}

function descriptor({ min, max, is64 }: Limits): WebAssembly.MemoryDescriptor {
  if (!is64) return { initial: min, ...(max === undefined ? {} : { maximum: max }) };
  // `@types/node` knows neither addresses nor that sizes are bigint then.
  return { address: "i64", initial: BigInt(min), ...(max === undefined ? {} : { maximum: BigInt(max) }) } as unknown as WebAssembly.MemoryDescriptor;
}

/** Interesting values first, then any. */
const NUMBERS = [0, 1, -1, 2, 7, 64, 0x7fff_ffff, -0x8000_0000, 65_535, 65_536];

/** A value of a type that follows from a number. */
export function valueOf(type: ValueType, seed: number): unknown {
  const number = NUMBERS[seed % 13] ?? Math.imul(seed, 0x9e37_79b1);
  switch (formatValueType(type)) {
    case "i32": return number;
    case "i64": return seed % 3 === 0 ? BigInt(number) * 0x1_0000_0001n : BigInt(number);
    case "f32": case "f64": return seed % 17 === 0 ? Number.NaN : number / 3;
    case "externref": return seed % 2 === 0 ? undefined : "a string of the host";
    case "i31ref": return seed & 0xff;
    default: return null; // oxlint-disable-line unicorn/no-null -- how JavaScript writes a null reference
  }
}

/** A value as text, so that equal text means equal values as far as JavaScript can see. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join()}]`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "string") return JSON.stringify(value);
  return value === null ? "null" : typeof value;
}

/** What can be seen of an instance, by name of export; names the rewriting added are left out. */
export function snapshot(exports: WebAssembly.Exports): readonly string[] {
  const seen: string[] = [];
  for (const [name, value] of Object.entries(exports)) {
    if (name.startsWith("tenon:")) continue;
    if (value instanceof WebAssembly.Memory) {
      const bytes = new Uint8Array(value.buffer);
      seen.push(`${name}: ${bytes.length} bytes ${createHash("sha1").update(bytes).digest("hex")}`);
    } else if (value instanceof WebAssembly.Global) seen.push(`${name}: ${globalText(value)}`);
    else if (value instanceof WebAssembly.Table) seen.push(`${name}: ${tableText(value)}`);
  }
  return seen;
}

function globalText(global: WebAssembly.Global): string {
  try {
    return show(global.value);
  } catch (error) {
    return (error as Error).name; // v128 and exnref have no value in JavaScript
  }
}

function tableText(table: WebAssembly.Table): string {
  const { length } = table;
  try {
    return `${length} of ${Array.from({ length }, (_, index) => show(table.get(index))).join()}`;
  } catch (error) {
    return `${length} of ${(error as Error).name}`;
  }
}
