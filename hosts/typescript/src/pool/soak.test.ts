/**
 * Fifty tenants, every fifth of them hostile, on pools of each isolation at once: no wrong answer, nobody sees what is
 * another's, and afterwards memory, handles and timers are what they were. A few seconds here; for as many as
 * `TENON_SOAK_SECONDS` says in `scripts/slow/check-soak.mjs`.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";

import { turns } from "../../test/hand-clock.ts";
import { OUTPUT_H, plugin } from "../../test/wat.ts";
import { workerPlatform } from "../../test/worker-platform.ts";
import { createPool, type Isolation, PluginError, type Pool, type PoolOptions } from "../node.ts";

const SECONDS = Number(process.env["TENON_SOAK_SECONDS"] ?? 2);
const TENANTS = 50;
const ROUNDS = 6;
/** Megabytes that a heap may differ by between two looks at it, without anything having been kept. */
const NOISE_MB = 3;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Whatever a friendly tenant wants, and whatever a hostile one might try. */
const MIXED = plugin(`
  (global $last (mut i64) (i64.const 0))
  (func $copy (result i64) (local $h i64) (local $i i64)
    (local.set $h (call $alloc (call $input_length)))
    (block $done (loop $next (br_if $done (i64.ge_u (local.get $i) (call $input_length)))
      (call $store_u8 (i64.add (local.get $h) (local.get $i)) (call $load_u8 (i64.add (call $input_offset) (local.get $i))))
      (local.set $i (i64.add (local.get $i) (i64.const 1))) (br $next)))
    (local.get $h))
  (func $name (result i64) (local $h i64) (local.set $h (call $alloc (i64.const 1))) (call $store_u8 (local.get $h) (i32.const 97)) (local.get $h))
  (func (export "echo") (result i32) (local $h i64) (local.set $h (call $copy)) ${OUTPUT_H} (i32.const 0))
  (func (export "ask") (result i32) (local $h i64) (local.set $h (call $ask (call $input_offset))) ${OUTPUT_H} (i32.const 0))
  (func (export "keep") (result i32) (call $var_set (call $name) (call $copy))
    (global.set $last (call $load_u64 (call $input_offset)))
    (i64.store (i32.const 8) (global.get $last)) (i32.const 0))
  (func (export "peek") (result i32) (local $h i64) (local $v i64)
    (local.set $v (call $var_get (call $name)))
    (local.set $h (call $alloc (i64.const 24)))
    (call $store_u64 (local.get $h) (if (result i64) (i64.eqz (local.get $v)) (then (i64.const 0)) (else (call $load_u64 (local.get $v)))))
    (call $store_u64 (i64.add (local.get $h) (i64.const 8)) (global.get $last))
    (call $store_u64 (i64.add (local.get $h) (i64.const 16)) (i64.load (i32.const 8)))
    ${OUTPUT_H} (i32.const 0))
  (func (export "trap") (result i32) (call $keep_and) unreachable)
  (func $keep_and (call $var_set (call $name) (call $copy)))
  (func (export "spin") (result i32) (loop $again (br $again)) (i32.const 0))
  (func $deep (export "deep") (result i32) (i32.add (call $deep) (i32.const 1)))
  (func (export "grow") (result i32) (loop $again (br_if $again (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (i32.const 1))
  (func (export "eat") (result i32) (loop $again (br_if $again (i64.ne (call $alloc (i64.const 65536)) (i64.const 0)))) (i32.const 1))
  (func (export "wild") (result i32) (call $output_set (i64.const -16) (i64.const 64)) (i32.const 0))
  (func (export "forge") (result i32) (drop (call $ask (i64.const 4242))) (i32.const 0))
  (func (export "fail") (result i32) (i32.const 3))`, `(import "extism:host/user" "ask" (func $ask (param i64) (result i64)))`);

const HOSTILE: Readonly<Record<string, readonly string[]>> = {
  trap: ["call/trap"],
  spin: ["call/timeout"],
  deep: ["call/stack-overflow"],
  grow: ["call/failed"],
  eat: ["call/failed"],
  wild: ["memory/out-of-bounds"],
  forge: ["call/host-function"],
  fail: ["call/failed"],
  nope: ["function/not-found"],
};
/** What else a hostile tenant may get; a friendly one gets none of it. */
const REFUSED = new Set(["pool/broken", "pool/full", "pool/wait-timeout"]);

interface Tally {
  answered: number;
  failed: number;
  readonly wrong: string[];
}

/** The same numbers each time: a run that fails can be run again. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function friend(pool: Pool, isolation: Isolation, index: number, endMs: number, tally: Tally): Promise<void> {
  const tenant = `tenant-${index}`;
  const secret = `secret${String(index).padStart(2, "0")}`;
  const random = numbers(index);
  for (let turn = 0; performance.now() < endMs; turn += 1) {
    const text = `${tenant} ${turn} ${"x".repeat(random() * (turn % 50 === 0 ? 20_000 : 100))}`;
    const options = { tenant, hostContext: tenant };
    const wrong = (what: string): void => void tally.wrong.push(`${isolation}: ${tenant}: ${what}`);
    try {
      if ((await pool.call("echo", text, options)).text() !== text) wrong("another echo");
      if ((await pool.call("ask", text, options)).text() !== `${tenant}:${text}`) wrong("another host context");
      await pool.call("keep", secret, options);
      const seen = (await pool.call("peek", "", options)).bytes();
      for (const offset of [0, 8, 16]) {
        const found = Buffer.from(seen).toString("latin1", offset, offset + 8);
        const isOwn = isolation !== "call" && found === secret;
        if (!isOwn && found !== "\0".repeat(8) && isolation !== "plugin") wrong(`sees "${found}"`);
      }
      tally.answered += 4;
      if (random() < 0.2) {
        const controller = new AbortController();
        const aborted = pool.call("echo", text, { ...options, signal: controller.signal });
        controller.abort();
        await aborted.catch((error: unknown) => {
          if (!PluginError.is(error, "call/aborted")) throw error;
        });
      }
    } catch (error) {
      wrong(String(error));
      return;
    }
  }
}

async function foe(pool: Pool, isolation: Isolation, index: number, endMs: number, tally: Tally): Promise<void> {
  const tenant = `tenant-${index}`;
  const random = numbers(index);
  const names = Object.keys(HOSTILE).filter((name) => name !== "spin");
  while (performance.now() < endMs) {
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        // A loop takes as long as it is let, so there are fewer of them.
        const name = random() < 0.002 ? "spin" : (names[Math.floor(random() * names.length)] as string);
        try {
          await pool.call(name, tenant, { tenant, hostContext: tenant });
          tally.wrong.push(`${isolation}: ${name} did not fail`);
        } catch (error) {
          const code = PluginError.is(error) ? error.code : String(error);
          if (!HOSTILE[name]?.includes(code) && !REFUSED.has(code)) tally.wrong.push(`${isolation}: ${name} ended with ${code}`);
          tally.failed += 1;
        }
      }),
    );
    await turns(1);
  }
}

async function round(engine: PoolOptions, endMs: number, tally: Tally): Promise<void> {
  const options = {
    ...engine,
    limits: { timeoutMs: 1000, memoryPages: 32, stackDepth: 2000 },
    queue: { calls: 500, waitMs: 30_000 },
    breaker: { failures: 5, backoffMs: 20, maxBackoffMs: 200 },
    functions: { "extism:host/user": { ask: (context: { text: (h: bigint) => string; store: (t: string) => bigint; hostContext: <T>() => T }, h: unknown) => context.store(`${context.hostContext<string>()}:${context.text(h as bigint)}`) } },
  };
  const isolations: readonly Isolation[] = ["call", "tenant", "plugin"];
  const pools = await Promise.all(isolations.map((isolation) => createPool(MIXED, { ...options, isolation, instances: { max: 3, idleMs: 20 } })));
  await Promise.all(
    pools.flatMap((pool, at) => Array.from({ length: TENANTS }, (_, index) => (index % 5 === 4 ? foe : friend)(pool, isolations[at] as Isolation, index, endMs, tally))),
  );
  await Promise.all(pools.map((pool) => pool.close({ drainMs: 1000 })));
  for (const pool of pools) {
    const { queued, running, instances, tenants } = pool.metrics();
    if (queued + running + instances.live + tenants.length > 0) tally.wrong.push("something is left in a closed pool");
  }
}

async function measure(): Promise<{ heapMb: number; buffersMb: number; pending: number }> {
  for (let index = 0; index < 4; index += 1) {
    await turns(10);
    collectGarbage();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return { heapMb: heapUsed / 1e6, buffersMb: arrayBuffers / 1e6, pending: process.getActiveResourcesInfo().filter((each) => each !== "PipeWrap").length };
}

const ENGINES: readonly { name: string; options: PoolOptions }[] = [
  { name: "inline", options: { engine: "inline" } },
  { name: "worker", options: { engine: "worker", platform: workerPlatform } },
];

test.each(ENGINES)(`$name engine: ${TENANTS} tenants, every fifth hostile, for ${SECONDS} s`, { timeout: (SECONDS + 120) * 1000 }, async ({ name, options }) => {
  const tally: Tally = { answered: 0, failed: 0, wrong: [] };
  const roundMs = (SECONDS * 1000) / ROUNDS;
  const looks = [];
  for (let index = 0; index < ROUNDS; index += 1) {
    await round(options, performance.now() + roundMs, tally);
    looks.push(await measure());
  }
  const first = looks[1];
  const last = looks.at(-1);
  if (process.env["TENON_SOAK_SECONDS"] !== undefined) process.stdout.write(`soak: ${JSON.stringify({ engine: name, answered: tally.answered, failed: tally.failed, looks })}\n`);
  expect(tally.wrong.slice(0, 5).join("; ")).toBe("");
  expect(tally.answered).toBeGreaterThan(TENANTS);
  expect(tally.failed).toBeGreaterThan(TENANTS);
  expect(last?.heapMb).toBeLessThan((first?.heapMb ?? 0) + NOISE_MB);
  expect(last?.buffersMb).toBeLessThan((first?.buffersMb ?? 0) + NOISE_MB);
  expect(last?.pending).toBeLessThanOrEqual(first?.pending ?? 0);
});
