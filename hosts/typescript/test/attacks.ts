/** What hostile plug-ins do to a host that has them on its own thread: each must end in one failure. */

import { encodeModule, Writer } from "@tenon/wasm";

import { plugin, wat } from "./wat.ts";

/** A module whose `run` (or whose start) attacks, and the codes it may end with. */
export interface Attack {
  readonly name: string;
  readonly bytes: () => Uint8Array<ArrayBuffer>;
  readonly codes: readonly string[];
  /** Whether loading it is the attack. */
  readonly isAtStart?: boolean;
}

const FINE = `(func (export "fine") (result i32) (i32.const 0))`;
const TIME = ["call/timeout"];
const DEPTH = ["call/stack-overflow"];

const repeat = (count: number, text: (index: number) => string): string => Array.from({ length: count }, (_, index) => text(index)).join("");

/**
 * What time an attack gets: little if that is what stops it, else so much that a slow machine's clock is not what does.
 *
 * @param shortMs Milliseconds for one that goes on until its time is up.
 */
export function timeFor({ codes }: Pick<Attack, "codes">, shortMs: number): number {
  return codes.includes("call/timeout") ? shortMs : 20_000;
}

/** The table. */
export const ATTACKS: readonly Attack[] = [
  { name: "endless loop", codes: TIME, bytes: () => plugin(`(func (export "run") (loop $l (br $l))) ${FINE}`) },
  { name: "loop of br_table", codes: TIME, bytes: () => plugin(`(func (export "run") (loop $a (loop $b (br_table $a $b $a (i32.const 1))))) ${FINE}`) },
  { name: "loop of conditions", codes: TIME, bytes: () => plugin(`(func (export "run") (loop $l (br_if $l (i32.const 1)))) ${FINE}`) },
  { name: "loop that calls", codes: TIME, bytes: () => plugin(`(func $f) (func (export "run") (loop $l (call $f) (br $l))) ${FINE}`) },
  { name: "calls that double 60 times", codes: TIME, bytes: () => plugin(`(func $f0) ${repeat(60, (i) => `(func $f${i + 1} (call $f${i}) (call $f${i}))`)} (func (export "run") (call $f60)) ${FINE}`) },
  { name: "tail calls to itself", codes: TIME, bytes: () => plugin(`(func $f (return_call $f)) (func (export "run") (call $f)) ${FINE}`) },
  { name: "tail calls through a table", codes: TIME, bytes: () => plugin(`(table funcref (elem $f)) (func $f (return_call_indirect (i32.const 0))) (func (export "run") (call $f)) ${FINE}`) },
  { name: "exceptions thrown and caught", codes: TIME, bytes: () => plugin(`(tag $t) (func (export "run") (loop $l (try (do (throw $t)) (catch $t)) (br $l))) ${FINE}`) },
  { name: "loop inside catch_all that catches all", codes: TIME, bytes: () => plugin(`(func (export "run") (loop $again (try (do (loop $l (br $l))) (catch_all)) (br $again))) ${FINE}`) },
  { name: "exceptions thrown through calls", codes: TIME, bytes: () => plugin(`(tag $t) (func $throw (throw $t)) (func (export "run") (loop $l (try (do (call $throw)) (catch_all)) (br $l))) ${FINE}`) },
  { name: "endless recursion", codes: DEPTH, bytes: () => plugin(`(func $f (call $f) (call $f)) (func (export "run") (call $f)) ${FINE}`) },
  { name: "endless recursion with 1,000 locals", codes: DEPTH, bytes: () => plugin(`(func $f (local ${"i64 ".repeat(1000)}) (call $f) (drop (local.get 999))) (func (export "run") (call $f)) ${FINE}`) },
  { name: "mutual recursion through a table", codes: DEPTH, bytes: () => plugin(`(table funcref (elem $f $g)) (func $f (call_indirect (i32.const 1))) (func $g (call_indirect (i32.const 0))) (func (export "run") (call $f)) ${FINE}`) },
  { name: "recursion that catches its own overflow", codes: [...DEPTH, ...TIME], bytes: () => plugin(`(func $f (try (do (call $f)) (catch_all (call $f)))) (func (export "run") (call $f)) ${FINE}`) },
  { name: "bulk copies in a loop", codes: TIME, bytes: () => plugin(`(func (export "run") (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (memory.copy (i32.const 0) (i32.const 8) (i32.const 65528)) (br $l))) ${FINE}`) },
  { name: "a host function called for ever", codes: TIME, bytes: () => plugin(`(func (export "run") (loop $l (call $nothing) (br $l))) ${FINE}`, `(import "extism:host/user" "nothing" (func $nothing))`) },
  { name: "kernel functions called for ever", codes: TIME, bytes: () => plugin(`(func (export "run") (loop $l (call $free (call $alloc (i64.const 100000))) (br $l))) ${FINE}`) },
  { name: "log lines without end", codes: TIME, bytes: () => plugin(`(func (export "run") (local $h i64) (loop $l (local.set $h (call $alloc (i64.const 1000))) (call $log_info (local.get $h)) (br $l))) ${FINE}`) },
  { name: "memory grown for ever", codes: TIME, bytes: () => plugin(`(func (export "run") (loop $l (drop (memory.grow (i32.const 1))) (br $l))) ${FINE}`) },
  { name: "table grown for ever", codes: TIME, bytes: () => plugin(`(table $t 0 funcref) (func (export "run") (loop $l (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $l))) ${FINE}`) },
  { name: "blocks until there are none", codes: ["call/trap"], bytes: () => plugin(`(func (export "run") (loop $l (br_if $l (i32.wrap_i64 (call $alloc (i64.const 1048576))))) unreachable) ${FINE}`) },
  { name: "100,000 blocks, each written", codes: ["call/trap"], bytes: () => plugin(`(func (export "run") (local $i i32) (loop $l (call $store_u64 (call $alloc (i64.const 16)) (i64.const -1)) (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $l (i32.lt_u (local.get $i) (i32.const 100000)))) unreachable) ${FINE}`) },
  { name: "stores at every kind of address", codes: ["call/trap"], bytes: () => plugin(`(func (export "run") (local $i i64) (loop $l (call $store_u64 (local.get $i) (i64.const -1)) (call $store_u64 (i64.sub (i64.const 0) (local.get $i)) (i64.const -1)) (call $free (local.get $i)) (local.set $i (i64.add (local.get $i) (i64.const 1))) (br_if $l (i64.lt_u (local.get $i) (i64.const 10000)))) unreachable) ${FINE}`) },
  { name: "loop in the start function", codes: TIME, isAtStart: true, bytes: () => wat(`(module (func $s (loop $l (br $l))) (start $s))`) },
  { name: "loop in a constructor", codes: TIME, isAtStart: true, bytes: () => wat(`(module (func (export "__wasm_call_ctors") (loop $l (br $l))))`) },
  { name: "recursion in the start function", codes: DEPTH, isAtStart: true, bytes: () => wat(`(module (func $s (call $s)) (start $s))`) },
  { name: "more memory than allowed from the start", codes: ["memory/limit"], isAtStart: true, bytes: () => wat(`(module (memory 4097))`) },
  { name: "more table than allowed from the start", codes: ["memory/limit"], isAtStart: true, bytes: () => wat(`(module (table 2000000 funcref))`) },
  { name: "an export in the host's name space", codes: ["module/invalid"], isAtStart: true, bytes: () => wat(`(module (global (export "tenon:countdown") (mut i32) (i32.const 0)))`) },
  { name: "an import of the host's name space", codes: ["module/invalid"], isAtStart: true, bytes: () => wat(`(module (import "tenon:host" "interrupt" (func (result i32))))`) },
  { name: "a kernel function imported with another type", codes: ["link/mismatch"], isAtStart: true, bytes: () => wat(`(module (import "extism:host/env" "alloc" (func (param i32))))`) },
  { name: "50,000 functions in a circle", codes: [...DEPTH, ...TIME], bytes: () => plugin(`${repeat(50_000, (i) => `(func $f${i} (call $f${(i + 1) % 50_000}))`)} (func (export "run") (call $f0)) ${FINE}`) },
  { name: "blocks nested 10,000 deep around a loop", codes: TIME, bytes: () => nestedLoop(10_000) },
];

/** Deeper than the assembler of the text format can follow. */
function nestedLoop(depth: number): Uint8Array<ArrayBuffer> {
  const body = new Writer().byte(0);
  for (let level = 0; level < depth; level += 1) body.all(0x02, 0x40); // block
  body.all(0x03, 0x40, 0x0c, 0, 0x0b); // loop, br 0, end
  for (let level = 0; level <= depth; level += 1) body.byte(0x0b);
  const bytes = encodeModule([
    { id: 1, parts: [new Uint8Array([1, 0x60, 0, 0])] },
    { id: 3, parts: [new Uint8Array([2, 0, 0])] },
    { id: 7, parts: [new Writer().u32(2).string("run").all(0, 0).string("fine").all(0, 1).view()] },
    { id: 10, parts: [new Writer().u32(2).u32(body.length).raw(body.view()).all(2, 0, 0x0b).view()] },
  ]);
  return new Uint8Array(bytes);
}
