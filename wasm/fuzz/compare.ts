/**
 * One random module, plain and under every set of limits: does it mean the same?
 *
 * A first instance with little fuel and stack says how far the calls go that end by themselves; only those are made on
 * the plain module, which nothing could stop, and on the others. Then the first call that did not end is made again
 * with nothing but an interrupt. Compared are validity, results, traps, calls of imports, memories, globals and tables,
 * and fuel: between instances, between sets of limits, and with a count before every instruction.
 *
 * What a limit may change is left out: where the engine's stack ends, and what was used of fuel when a call traps.
 */
import {
  ADDED, encodeModule, limitModule, parseModule, Reader, SECTION, signatureOf, walkExpression, WasmError, Writer, type LimitOptions, type Module,
} from "../src/mod.ts";
import { COUNT, meterNaively } from "./naive-meter.ts";
import { createWorld, show, snapshot, UnmakeableError, valueOf } from "./world.ts";

/** What became of a module. */
export interface Comparison {
  /** What differs; empty if nothing does. */
  readonly findings: readonly string[];
  /** Why it was not run, if it was not. */
  readonly skipped: string | undefined;
  /** Calls that were compared. */
  readonly calls: number;
  /** Whether a call did not end by itself. */
  readonly isEndless: boolean;
  /** Whether fuel was compared with the count. */
  readonly isCounted: boolean;
}

const FUEL = 200_000;
const STACK = 300;
const MANY = 1e9;
const COUNTDOWN = 1_000;
const LOOKS = 50;
// Some looks are far apart: the engine needs a good part of a second to fill the greatest array it can make.
const MAX_CALL_MS = 1_000;
const MUTATIONS = 4;
const CAPS = { memoryPages: 10_000, tableElements: 100_000 };
/** The smallest kernel: a memory, a global, a function that uses both. */
const KERNEL = {
  namespace: "kernel",
  imports: ["grow"],
  bytes: encodeModule([
    { id: SECTION.type, parts: [Uint8Array.of(1, 0x60, 0, 1, 0x7f)] },
    { id: SECTION.function, parts: [Uint8Array.of(1, 0)] },
    { id: SECTION.memory, parts: [Uint8Array.of(1, 0, 1)] },
    { id: SECTION.global, parts: [Uint8Array.of(1, 0x7f, 1, 0x41, 1, 0x0b)] },
    { id: SECTION.export, parts: [new Writer().byte(1).string("grow").all(0, 0).view()] },
    { id: SECTION.code, parts: [Uint8Array.of(1, 8, 0, 0x23, 0, 0x24, 0, 0x3f, 0, 0x0b)] },
  ]),
};
const HAS_MEMORIES = WebAssembly.validate(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 5, 2, 0, 0, 0, 0));
/** What says how far a module goes by itself. */
const PROBE: LimitOptions = { fuel: true, stack: true };
const ALL: LimitOptions = { fuel: true, interrupt: true, stack: true, ...CAPS };
const MERGED: LimitOptions = { kernel: KERNEL };
/** Every set of limits that makes the walk over the code do something else. */
const SETS: readonly LimitOptions[] = [
  {},
  CAPS,
  { fuel: true },
  { interrupt: true },
  { stack: true },
  { fuel: true, interrupt: true },
  PROBE,
  { interrupt: true, stack: true },
  ALL,
  ...(HAS_MEMORIES ? [MERGED, { fuel: true, interrupt: true, kernel: KERNEL }] : []),
];

/** What one instance did. */
interface Run {
  /** How each call ended, the instantiation first. */
  readonly outcomes: readonly string[];
  /** Fuel that each used. */
  readonly fuel: readonly number[];
  /** Looks during the last call. */
  readonly looks: number;
  /** Whether a limit of ours ended the last call. */
  readonly isStopped: boolean;
  /** Whether the engine's own stack ended one. */
  readonly isTooDeep: boolean;
  readonly seen: string;
}

interface Budget {
  readonly fuel: number;
  readonly stack: number;
  readonly looks: number;
}

/** Compares one module. */
export function compare(bytes: Uint8Array, seed: number): Comparison {
  const findings: string[] = [];
  const done = (skipped?: string, calls = 0, isEndless = false, isCounted = false): Comparison => ({ findings, skipped, calls, isEndless, isCounted });
  if (!WebAssembly.validate(bytes as BufferSource)) return done("the engine does not validate it");
  const module = parseModule(bytes);
  compareMutations(bytes, seed, findings);
  if (module.constantAllocation !== undefined) return done("it may fill the engine's heap before anything is counted");
  const limited = new Map<LimitOptions, Uint8Array>();
  for (const options of SETS) {
    try {
      const written = limitModule(bytes, options).bytes;
      if (WebAssembly.validate(written as BufferSource)) limited.set(options, written);
      else findings.push(`invalid under ${describe(options)}`);
    } catch (error) {
      if (!(error instanceof WasmError && error.reason === "unlimitable")) findings.push(`under ${describe(options)}: ${String(error)}`);
    }
  }
  if (findings.length > 0) return done();
  const probeBytes = limited.get(PROBE);
  if (probeBytes === undefined) return done("it cannot be limited");
  const little: Budget = { fuel: FUEL, stack: STACK, looks: Infinity };
  const much: Budget = { fuel: MANY, stack: STACK * 2, looks: Infinity };
  try {
    const probe = run(module, probeBytes, seed, Infinity, little);
    const again = run(module, probeBytes, seed, Infinity, little);
    if (probe.isTooDeep || again.isTooDeep) return done("the engine's stack ended");
    differ(findings, "two instances", [probe.outcomes, probe.fuel, probe.seen], [again.outcomes, again.fuel, again.seen]);
    const calls = probe.outcomes.length - (probe.isStopped ? 1 : 0);
    if (probe.isStopped) stopAgain(module, limited, seed, probe.outcomes.length, findings);
    if (calls === 0) return done(undefined, 0, true);
    const plain = run(module, bytes, seed, calls, much);
    for (const [options, written] of limited) {
      const other = run(module, written, seed, calls, much);
      if (plain.isTooDeep || other.isTooDeep) findings.push(`the engine's stack ended under ${describe(options)}`);
      differ(findings, `plain and ${describe(options)}`, [plain.outcomes, plain.seen], [other.outcomes, other.seen]);
      if (options.fuel) differ(findings, `fuel under ${describe(options)}`, returned(probe, calls), returned(other, calls));
    }
    const isCounted = !hasSizes(module);
    if (isCounted) {
      const counted = run(module, meterNaively(bytes), seed, calls, much);
      differ(findings, "fuel and the count", returned(probe, calls), returned(counted, calls));
    }
    return done(undefined, calls, probe.isStopped, isCounted);
  } catch (error) {
    if (error instanceof UnmakeableError) return done("JavaScript cannot make what it imports");
    throw error;
  }
}

/** The call that did not end ends when nothing is limited but time. */
function stopAgain(module: Module, limited: ReadonlyMap<LimitOptions, Uint8Array>, seed: number, calls: number, findings: string[]): void {
  for (const [options, written] of limited) {
    if (!options.interrupt) continue;
    const stopped = run(module, written, seed, calls, { fuel: MANY, stack: STACK, looks: LOOKS });
    if (stopped.looks > LOOKS) findings.push(`${stopped.looks} looks and no stop under ${describe(options)}`);
  }
}

/** Bytes that are wrong stay wrong, those that are right stay right. */
function compareMutations(bytes: Uint8Array, seed: number, findings: string[]): void {
  for (let round = 0; round < MUTATIONS; round++) {
    const mutated = Uint8Array.from(bytes);
    let state = Math.imul(seed + round, 0x85eb_ca6b) >>> 0;
    for (let edit = 0; edit <= round % 2; edit++) {
      state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) >>> 0;
      mutated[state % bytes.length] = state >>> 24;
    }
    const isValid = WebAssembly.validate(mutated);
    for (const options of [ALL, {}, ...(HAS_MEMORIES ? [MERGED] : [])]) {
      try {
        const written = limitModule(mutated, options).bytes;
        if (WebAssembly.validate(written as BufferSource) !== isValid) findings.push(`mutation ${round} is ${isValid ? "valid" : "invalid"}, and not so under ${describe(options)}`);
      } catch (error) {
        if (!(error instanceof WasmError)) findings.push(`mutation ${round} under ${describe(options)}: ${String(error)}`);
        else if (isValid && error.reason !== "unlimitable") findings.push(`mutation ${round} is valid, and under ${describe(options)}: ${error.message}`);
      }
    }
  }
}

/**
 * Instantiates and calls every exported function, in order.
 *
 * @param calls How many to make, the instantiation included.
 */
function run(module: Module, bytes: Uint8Array, seed: number, calls: number, budget: Budget): Run {
  const { imports, trace } = createWorld(module, seed);
  const outcomes: string[] = [];
  const fuel: number[] = [];
  let looks = 0;
  let isStopped = false;
  let isTooDeep = false;
  const until = performance.now() + MAX_CALL_MS;
  const interrupt = (): number => (++looks >= budget.looks || (budget.looks !== Infinity && performance.now() > until) ? 0 : COUNTDOWN);
  let exports: WebAssembly.Exports = {};
  const global = (name: string): WebAssembly.Global | undefined => exports[name] as WebAssembly.Global | undefined;
  const attempt = (action: () => unknown): void => {
    const countdown = global(ADDED.countdown);
    const reserve = global(ADDED.fuel);
    const depth = global(ADDED.stack);
    const count = global(COUNT);
    looks = 0;
    if (countdown !== undefined) countdown.value = COUNTDOWN;
    if (reserve !== undefined) reserve.value = BigInt(budget.fuel - COUNTDOWN);
    if (depth !== undefined) depth.value = budget.stack;
    if (typeof count?.value === "bigint" && outcomes.length > 0) count.value = 0n; // the start function ran already
    let outcome: string;
    try {
      outcome = `returned ${show(action())}`;
    } catch (error) {
      outcome = ended(error);
      isTooDeep ||= error instanceof RangeError;
    }
    let used = 0;
    if (reserve !== undefined && countdown !== undefined) used = budget.fuel - Number((reserve.value as bigint) + BigInt(countdown.value as number));
    else if (typeof count?.value === "bigint") used = Number(count.value);
    isStopped = (reserve !== undefined && used > budget.fuel) || (depth !== undefined && (depth.value as number) < 0) || looks >= budget.looks;
    outcomes.push(outcome);
    fuel.push(used);
  };
  try {
    const compiled = new WebAssembly.Module(bytes as BufferSource);
    const instance = new WebAssembly.Instance(compiled, { ...imports, [ADDED.namespace]: { [ADDED.interrupt]: interrupt } });
    exports = instance.exports;
  } catch (error) {
    return { outcomes: [ended(error)], fuel: [0], looks, isStopped: false, isTooDeep: error instanceof RangeError, seen: trace.join(";") };
  }
  attempt(() => (exports[ADDED.start] as (() => void) | undefined)?.());
  if (!(outcomes[0] ?? "").startsWith("returned")) return { outcomes, fuel, looks, isStopped, isTooDeep, seen: trace.join(";") };
  for (const { name, kind, index } of module.exports) {
    if (isStopped || outcomes.length >= calls) break;
    if (kind !== "function") continue;
    const { params } = signatureOf(module, index) ?? { params: [] };
    const args = params.map((type, at) => valueOf(type, seed + index + at));
    attempt(() => (exports[name] as (...args: readonly unknown[]) => unknown)(...args));
  }
  return { outcomes, fuel, looks, isStopped, isTooDeep, seen: [...snapshot(exports).filter((line) => !line.startsWith(`${COUNT}: `)), ...trace].join("; ") };
}

/** How a call ended that did not return: traps by their message, what JavaScript throws by its kind. */
function ended(error: unknown): string {
  if (error instanceof WebAssembly.RuntimeError) return `trapped: ${error.message}`;
  return `threw ${error instanceof Error ? error.name : typeof error}`;
}

/** Fuel of the calls that returned. */
function returned({ outcomes, fuel }: Run, calls: number): readonly string[] {
  return outcomes.slice(0, calls).map((outcome, index) => (outcome.startsWith("returned") ? String(fuel[index]) : "-"));
}

/** Whether it has instructions whose cost depends on an operand, which the count before each instruction does not know. */
function hasSizes(module: Module): boolean {
  let found = module.exports.some(({ name }) => name === COUNT);
  for (const { start, end } of module.code) {
    const reader = new Reader(module.bytes, start, end);
    reader.typeLimit = module.types.length;
    for (let groups = reader.u32(); groups > 0; groups--) {
      reader.u32();
      reader.valueType();
    }
    walkExpression(reader, {
      opcode: (opcode) => {
        const number = opcode & 0xffff;
        if (opcode >>> 16 === 0xfc && number >= 8) found = true;
        if (opcode >>> 16 === 0xfb && number >= 6 && number <= 19) found = true;
      },
    });
  }
  return found;
}

function differ(findings: string[], what: string, expected: readonly unknown[], actual: readonly unknown[]): void {
  const [one, other] = [JSON.stringify(expected), JSON.stringify(actual)];
  if (one === other) return;
  let at = 0;
  while (one[at] === other[at]) at++;
  const from = Math.max(0, at - 60);
  findings.push(`${what} differ: …${one.slice(from, at + 80)}… and …${other.slice(from, at + 80)}…`);
}

function describe(options: LimitOptions): string {
  return Object.keys(options).join(" + ") || "no limit";
}
