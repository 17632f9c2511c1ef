/**
 * ABI sequences: random plug-ins that call every import with random arguments, against a model that knows no kernel.
 *
 * A plug-in reports what each call gave; the model says what it had to be. Where a block is placed is the kernel's affair, so
 * the model is told and judges it. A call that the host must refuse ends the plug-in's call.
 *
 * Longer than 350 lines because plug-ins and model are two halves of one law, and every file here is a target of `npm run fuzz`.
 */

import fc from "fast-check";

import { PluginError } from "../src/error.ts";
import { createPlugin } from "../src/node.ts";
import { wat } from "../test/wat.ts";

/** Parameter and result types of every import; H stands for an `i64` that may be a handle. */
const IMPORTS = {
  alloc: "N>i64", free: "H>", length: "H>i64", length_unsafe: "H>i64", load_u8: "H>i32", load_u64: "H>i64", store_u8: "HB>", store_u64: "HV>",
  input_length: ">i64", input_offset: ">i64", input_load_u8: "N>i32", input_load_u64: "N>i64", output_set: "HN>", error_set: "H>", error_get: ">i64",
  config_get: "H>i64", var_get: "H>i64", var_set: "HH>", http_request: "HH>i64", http_status_code: ">i32", http_headers: ">i64",
  log_trace: "H>", log_debug: "H>", log_info: "H>", log_warn: "H>", log_error: "H>", get_log_level: ">i32",
} as const;
type Name = keyof typeof IMPORTS;

/** A number: said, or what an earlier step gave, moved a little. */
type Value = { readonly said: bigint } | { readonly step: number; readonly plus: bigint };
interface Step {
  readonly name: Name;
  readonly args: readonly Value[];
}

const EDGES = [0n, 1n, 7n, 8n, 63n, 64n, 511n, 512n, 65_535n, 65_536n, 2n ** 31n, 2n ** 32n - 8n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 8n, 2n ** 64n - 1n];
const said = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt(0n, 300n), fc.bigInt(0n, 2n ** 64n - 1n)).map((value): Value => ({ said: value }));
const small = fc.oneof({ weight: 9, arbitrary: fc.bigInt(0n, 200n) }, { weight: 1, arbitrary: fc.constantFrom(...EDGES) }).map((value): Value => ({ said: value }));
const earlier = fc.record({ step: fc.nat(23), plus: fc.oneof({ weight: 4, arbitrary: fc.constant(0n) }, { weight: 1, arbitrary: fc.constantFrom(1n, 8n, 64n, -1n) }) });
const ARGUMENTS: Record<string, fc.Arbitrary<Value>> = {
  N: small,
  H: fc.oneof({ weight: 8, arbitrary: earlier }, { weight: 1, arbitrary: said }),
  B: fc.bigInt(0n, 2n ** 32n - 1n).map((value): Value => ({ said: value })),
  V: said,
};
const paramsOf = (name: Name): string => IMPORTS[name].split(">")[0] ?? "";
const resultOf = (name: Name): string => IMPORTS[name].split(">")[1] ?? "";
const NAMES = Object.keys(IMPORTS) as Name[];
const step = fc
  .oneof({ weight: 3, arbitrary: fc.constantFrom(...NAMES) }, { weight: 2, arbitrary: fc.constantFrom<Name>("alloc", "store_u8", "store_u64", "load_u64", "free") })
  .chain((name) => fc.tuple(...[...paramsOf(name)].map((kind) => ARGUMENTS[kind] ?? said)).map((args): Step => ({ name, args })));

/** Found: an output outside of every block but inside the kernel's memory was an empty output; the model forgot what var_get gave. */
export const examples: [Step[], Uint8Array<ArrayBuffer>, "inline"][] = [
  [[{ name: "output_set", args: [{ step: 0, plus: 0n }, { said: 1n }] }], new Uint8Array(0), "inline"],
  [[{ name: "var_get", args: [{ said: 0n }] }, { name: "input_offset", args: [] }, { name: "var_set", args: [{ step: 0, plus: 0n }, { step: 1, plus: 0n }] }], new Uint8Array(1), "inline"],
];

/** The law. */
export const property = fc.asyncProperty(
  fc.array(step, { minLength: 1, maxLength: 24 }),
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom("inline" as const, "inline" as const, "inline" as const, "prepared" as const),
  async (steps, input, kind) => {
    const seen: bigint[] = [];
    const logs: string[] = [];
    await using plugin = await createPlugin(assemble(steps), {
      config: { "": "empty", a: "configured" },
      functions: { "extism:host/user": { report: (_context, value) => void seen.push(BigInt.asUintN(64, value as bigint)) } },
      limits: { memoryPages: 64, varBytes: Number(VAR_BYTES) },
      logger: ({ level, text }) => logs.push(`${level} ${text}`),
      logLevel: kind === "inline" ? "info" : "trace",
    });
    let varBytes = 0n;
    for (let turn = 0; turn < 2; turn += 1) {
      seen.length = logs.length = 0;
      const outcome = await plugin.call("run", input).then((output) => ({ output: output.bytes() }), (failure: unknown) => ({ failure }));
      const model = new Model(steps, input, kind === "inline" ? 2 : 0, varBytes);
      model.judge(seen[0] ?? 0n, seen.slice(1), outcome, logs);
      varBytes = model.varBytes;
    }
  },
);

function assemble(steps: readonly Step[]): Uint8Array<ArrayBuffer> {
  const type = (kind: string): string => (kind === "B" ? "i32" : "i64");
  const imports = NAMES.map((name) => {
    const [params, result] = [paramsOf(name), resultOf(name)];
    return `(import "extism:host/env" "${name}" (func $${name} ${[...params].map((kind) => `(param ${type(kind)})`).join("")} ${result === "" ? "" : `(result ${result})`}))`;
  });
  const value = (each: Value, index: number): string =>
    "said" in each ? `(i64.const ${BigInt.asIntN(64, each.said)})` : index === 0 ? "(i64.const 0)" : `(i64.add (local.get $r${each.step % index}) (i64.const ${each.plus}))`;
  const body = steps.map(({ name, args }, index) => {
    const kinds = [...paramsOf(name)];
    const given = args.map((each, place) => (kinds[place] === "B" ? `(i32.wrap_i64 ${value(each, index)})` : value(each, index)));
    const call = `(call $${name} ${given.join(" ")})`;
    const result = resultOf(name);
    const wide = result === "i32" ? `(i64.extend_i32_u ${call})` : call;
    return `${result === "" ? call : `(local.set $r${index} ${wide})`} (call $report (local.get $r${index}))`;
  });
  const locals = steps.map((_, index) => `(local $r${index} i64)`);
  return wat(`(module ${imports.join("\n")} (import "extism:host/user" "report" (func $report (param i64))) (memory (export "memory") 1)
    (func (export "run") (result i32) ${locals.join(" ")} (call $report (call $input_offset)) ${body.join("\n")} (i32.const 0)))`);
}

type Outcome = { readonly output: Uint8Array } | { readonly failure: unknown };
const MAX_LENGTH = 64n * 65_536n;
const VAR_BYTES = 500n;
const mask = (value: bigint): bigint => BigInt.asUintN(64, value);

/** What the plug-in and its caller must see. */
class Model {
  readonly #steps: readonly Step[];
  readonly #input: Uint8Array;
  readonly #level: number;
  readonly #blocks = new Map<bigint, bigint>();
  /** Blocks that var_get made: which variable it was, and so their length and bytes, is not modelled. */
  readonly #found = new Set<bigint>();
  /** Bytes that were stored; what is in the heap and was not, is 0 in a new block, and anything in what is no block. */
  readonly #bytes = new Map<bigint, number>();
  #inputOffset = 0n;
  #output: readonly [bigint, bigint] = [0n, 0n];
  #isOutputSure = true;
  #error = 0n;
  #errorLength = 0n;
  /** A text that is not known is nothing here. */
  readonly #logs: [level: string, text: string | undefined][] = [];

  #varBytes: bigint;

  /** @param varBytes What variables may weigh by now, at most. */
  constructor(steps: readonly Step[], input: Uint8Array, level: number, varBytes: bigint) {
    this.#steps = steps;
    this.#input = input;
    this.#level = level;
    this.#varBytes = varBytes;
  }

  /** What variables may weigh after the call, at most. */
  get varBytes(): bigint {
    return this.#varBytes;
  }

  /** Replays the steps, told where the input lies and what each step gave. */
  judge(inputOffset: bigint, seen: readonly bigint[], outcome: Outcome, logs: readonly string[]): void {
    this.#placeInput(inputOffset);
    let refused: string | undefined;
    for (const [index, each] of this.#steps.entries()) {
      const args = each.args.map((value) => mask("said" in value ? value.said : index === 0 ? 0n : (seen[value.step % index] ?? 0n) + value.plus));
      const given = seen[index];
      refused = this.#step(each.name, args, given, `step ${index}, ${each.name}(${args.join(", ")})`);
      if (refused !== undefined) break;
      if (given === undefined) throw new Error(`step ${index}, ${each.name}(${args.join(", ")}), ended the call: ${tell(outcome)}`);
    }
    if (refused !== undefined) return require("failure" in outcome && PluginError.is(outcome.failure), `${refused} must fail the call: ${tell(outcome)}`);
    const isSame = logs.length === this.#logs.length && this.#logs.every(([level, text], index) => (text === undefined ? logs[index]?.startsWith(`${level} `) : logs[index] === `${level} ${text}`));
    require(isSame, `logs are ${JSON.stringify(logs)}, expected ${JSON.stringify(this.#logs)}`);
    if (this.#error !== 0n) {
      const { failure } = outcome as { failure?: unknown };
      // It is read when the call ends; what was freed meanwhile may be anything.
      const bytes = Array.from({ length: Number(this.#errorLength) }, (_, place) => this.#byte(this.#error + BigInt(place)));
      const expected = bytes.includes(undefined) ? undefined : new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes as number[]));
      require(PluginError.is(failure, "call/failed") && (expected === undefined || failure.details.text === expected), `the error is "${expected}": ${tell(outcome)}`);
      return;
    }
    const [offset, length] = this.#output;
    if ("failure" in outcome) return require(PluginError.is(outcome.failure, "memory/out-of-bounds") && !this.#isOutputSure, `the call succeeds: ${tell(outcome)}`);
    require(BigInt(outcome.output.length) === length, `${length} bytes of output: ${tell(outcome)}`);
    for (let place = 0n; place < length; place += 1n) {
      const byte = this.#byte(offset + place);
      require(byte === undefined || byte === outcome.output[Number(place)], `byte ${place} of the output is ${byte}: ${tell(outcome)}`);
    }
  }

  /** @returns Why the call must end here, or nothing. */
  #step(name: Name, args: readonly bigint[], given: bigint | undefined, what: string): string | undefined {
    const [a = 0n, b = 0n] = args;
    const gives = (expected: bigint | undefined): undefined => {
      if (expected !== undefined && given !== undefined) require(given === expected, `${what} gives ${expected}, not ${given}`);
    };
    switch (name) {
      case "alloc":
        this.#alloc(a, given ?? 0n, what);
        return undefined;
      case "free":
        this.#free(a);
        return undefined;
      case "length":
      case "length_unsafe":
        return gives(this.#found.has(a) ? undefined : (this.#blocks.get(a) ?? 0n));
      case "load_u8":
        return gives(this.#load(a, 1n));
      case "load_u64":
        return gives(this.#load(a, 8n));
      case "store_u8":
      case "store_u64":
        this.#store(a, name === "store_u8" ? 1n : 8n, b);
        return undefined;
      case "input_length":
        return gives(BigInt(this.#input.length));
      case "input_offset":
        return gives(this.#inputOffset);
      case "input_load_u8":
      case "input_load_u64":
        return gives(this.#loadInput(a, name === "input_load_u8" ? 1n : 8n));
      case "output_set":
        this.#output = [a, b];
        // Whether it lies in the blocks is judged when it is set.
        this.#isOutputSure = this.#isSurelyInside(a, b);
        return undefined;
      case "error_set":
        this.#error = a;
        this.#errorLength = this.#found.has(a) ? 1n : (this.#blocks.get(a) ?? 0n);
        return undefined;
      case "error_get":
        return gives(this.#error);
      case "config_get":
      case "var_get":
        return this.#lookUp(name, a, given, what);
      case "var_set":
        return this.#setVar(a, b, given, what);
      case "http_request":
        return `${what}, a request that nobody allowed,`;
      case "http_status_code":
      case "http_headers":
        return gives(0n);
      case "get_log_level":
        return gives(BigInt(this.#level));
      default:
        return this.#log(name, a, what);
    }
  }

  #alloc(length: bigint, handle: bigint, what: string): void {
    if (length === 0n || length > MAX_LENGTH) return require(handle === 0n, `${what} gives 0, not ${handle}`);
    if (handle === 0n) return require(length > MAX_LENGTH / 2n || [...this.#blocks.values()].some((each) => each > 100_000n), `${what} has room, and gives 0`);
    this.#occupy(handle, length, what);
    for (let place = 0n; place < length && place < 400n; place += 1n) this.#bytes.set(handle + place, 0);
  }

  #occupy(handle: bigint, length: bigint, what: string): void {
    for (const [start, size] of this.#blocks) require(handle + length <= start || start + size <= handle, `${what} gives ${handle}, inside the block at ${start}`);
    this.#blocks.set(handle, length);
    this.#found.delete(handle);
  }

  #placeInput(offset: bigint): void {
    require((offset === 0n) === (this.#input.length === 0), `the input of ${this.#input.length} bytes lies at ${offset}`);
    this.#inputOffset = offset;
    if (offset === 0n) return;
    this.#blocks.set(offset, BigInt(this.#input.length));
    for (const [place, byte] of this.#input.entries()) this.#bytes.set(offset + BigInt(place), byte);
  }

  #isBlock(handle: bigint): boolean {
    return handle === 0n || this.#blocks.has(handle) || this.#found.has(handle);
  }

  #free(handle: bigint): void {
    this.#found.delete(handle);
    const length = this.#blocks.get(handle);
    if (length === undefined) return;
    this.#blocks.delete(handle);
    for (let place = 0n; place < length && place < 400n; place += 1n) this.#bytes.delete(handle + place);
  }

  #load(offset: bigint, count: bigint): bigint | undefined {
    let value = 0n;
    for (let place = 0n; place < count; place += 1n) {
      const byte = this.#byte(offset + place);
      if (byte === undefined) return this.#isSurelyOutside(offset, count) ? 0n : undefined;
      value |= BigInt(byte) << (8n * place);
    }
    return value;
  }

  #loadInput(offset: bigint, count: bigint): bigint | undefined {
    if (offset + count > BigInt(this.#input.length)) return 0n;
    return this.#load(this.#inputOffset + offset, count);
  }

  #store(offset: bigint, count: bigint, value: bigint): void {
    const places = Array.from({ length: Number(count) }, (_, place) => offset + BigInt(place));
    // Where a part of them is no block it is all stored or nothing, which is the kernel's affair.
    const isSure = places.every((place) => this.#bytes.has(place));
    for (const [index, place] of places.entries()) {
      if (isSure) this.#bytes.set(place, Number((value >> BigInt(8 * index)) & 0xffn));
      else this.#bytes.delete(place);
    }
  }

  #byte(offset: bigint): number | undefined {
    return this.#bytes.get(offset);
  }

  #isSurelyOutside(offset: bigint, length: bigint): boolean {
    return offset < 512n || offset + length > MAX_LENGTH + 65_536n;
  }

  #isSurelyInside(offset: bigint, length: bigint): boolean {
    return length === 0n || [...this.#blocks].some(([start, size]) => start <= offset && offset + length <= start + size);
  }

  #text(handle: bigint): string | undefined {
    if (handle === 0n) return "";
    const length = this.#blocks.get(handle);
    if (length === undefined || length > 400n) return undefined;
    const bytes = Array.from({ length: Number(length) }, (_, place) => this.#byte(handle + BigInt(place)));
    return bytes.includes(undefined) ? undefined : new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes as number[]));
  }

  /** Takes a key; what it finds is a new block. */
  #lookUp(name: Name, key: bigint, given: bigint | undefined, what: string): string | undefined {
    if (!this.#isBlock(key)) return `${what}, a key that is no block,`;
    const text = this.#text(key);
    this.#free(key);
    if (given === undefined || given === 0n) {
      if (given === 0n && name === "config_get") require(text !== "" && text !== "a", `${what} finds "${text}"`);
      return undefined;
    }
    if (name === "config_get") {
      require(text === "" || text === "a" || text === undefined, `${what} finds nothing for "${text}"`);
      const value = new TextEncoder().encode(text === "a" ? "configured" : "empty");
      this.#occupy(given, BigInt(value.length), what);
      for (const [place, byte] of value.entries()) this.#bytes.set(given + BigInt(place), byte);
    } else {
      this.#blocks.delete(given);
      this.#found.add(given);
    }
    return undefined;
  }

  #setVar(key: bigint, value: bigint, given: bigint | undefined, what: string): string | undefined {
    if (!this.#isBlock(key)) return `${what}, a key that is no block,`;
    if (value !== 0n && (!this.#isBlock(value) || value === key)) return `${what}, a value that is no block,`;
    const weigh = (handle: bigint): bigint => this.#blocks.get(handle) ?? 0n;
    const bytes = weigh(key) + weigh(value);
    // Of what var_get made it is only known that it was a variable.
    if (value !== 0n) this.#varBytes += [key, value].reduce((sum, each) => sum + (this.#found.has(each) ? VAR_BYTES : weigh(each)), 0n);
    this.#free(key);
    if (value !== 0n && bytes > VAR_BYTES) return `${what}, more than variables may have,`;
    if (given === undefined && this.#varBytes > VAR_BYTES) return `${what}, perhaps more than variables may have,`;
    this.#free(value);
    return undefined;
  }

  #log(name: Name, handle: bigint, what: string): string | undefined {
    if (!this.#isBlock(handle)) return `${what}, a text that is no block,`;
    const level = name.replace("log_", "");
    const text = this.#text(handle);
    this.#free(handle);
    if (["trace", "debug", "info", "warn", "error"].indexOf(level) >= this.#level) this.#logs.push([level, text]);
    return undefined;
  }
}

function tell(outcome: Outcome): string {
  return "failure" in outcome ? String(outcome.failure) : `output ${JSON.stringify([...outcome.output])}`;
}

function require(isTrue: boolean, law: string): void {
  if (!isTrue) throw new Error(law);
}
