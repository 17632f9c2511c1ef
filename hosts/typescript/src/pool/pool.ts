/**
 * A pool: many calls at once to one plug-in, each on an instance that is free.
 *
 *   call() ─ refused? ─ an instance is free ───────────────────────> run ─> answer, and the instance goes back
 *                 └──── else wait in the fair queue ─ next in turn ──┘
 *
 * Instances on the calling thread block it while they compute, so a pool runs calls for a few milliseconds and then lets
 * the event loop have its turn; that is also what gives other tenants' calls the chance to arrive.
 */

import type { PreparedPlugin } from "../create.ts";
import type { CallOptions, Engine } from "../engine.ts";
import { type FailureCode, PluginError } from "../error.ts";
import type { Output } from "../output.ts";
import { type CallInput, encodeInput } from "../plugin.ts";
import type { Verdict } from "./breaker.ts";
import { Breakers } from "./breakers.ts";
import type { PoolClock } from "./clock.ts";
import type { PoolEvent } from "./events.ts";
import { type Instance, Instances } from "./instances.ts";
import { PoolCounters, type PoolMetrics } from "./metrics.ts";
import { checkCallOptions, type PoolCallOptions, type PoolSettings } from "./options.ts";
import { Patience } from "./patience.ts";
import { FairQueue, type Tenant } from "./queue.ts";
import { abortedFailure, brokenFailure, closedFailure, fullFailure, judge, waitFailure } from "./refusal.ts";
import { Turn } from "./turn.ts";

/** A call on its way through the pool. */
interface PoolCall {
  readonly name: string;
  readonly owner: string | undefined;
  readonly options: PoolCallOptions;
  readonly submittedMs: number;
  readonly bytes: number;
  readonly resolve: (output: Output) => void;
  readonly reject: (failure: unknown) => void;
  input: Uint8Array;
  /** Whose turn it waits for or uses up; set while it waits or runs. */
  tenant: Tenant<PoolCall> | undefined;
  /** Milliseconds it may wait; set while it does. */
  limitMs: number;
  /** Ends its listener. */
  stopListening: (() => void) | undefined;
  /** Whether the engine had no room for it once. */
  isRetry: boolean;
}

const NO_OPTIONS: PoolCallOptions = Object.freeze({});

/** Runs calls to one plug-in on several instances. Made by `createPool`; it lives until it is closed. */
export class Pool {
  /** Name of the plug-in. */
  readonly name: string;
  /** Names of the functions that can be called. */
  readonly functions: readonly string[];
  readonly #settings: PoolSettings;
  /** The plug-in's own time limit in milliseconds. */
  readonly #timeoutMs: number;
  readonly #clock: PoolClock;
  readonly #queue = new FairQueue<PoolCall>();
  readonly #counters = new PoolCounters();
  readonly #instances: Instances;
  readonly #breakers: Breakers;
  readonly #turn: Turn;
  readonly #patience: Patience;
  readonly #onQuiet = new Set<() => void>();
  #running = 0;
  #isClosed = false;

  /**
   * @param prepared What instances are started from.
   * @param settings The pool's options.
   * @param clock Time.
   * @param engines The first instances, at least one.
   */
  constructor(prepared: PreparedPlugin, settings: PoolSettings, clock: PoolClock, engines: readonly Engine[]) {
    this.name = prepared.name;
    this.functions = engines[0]?.functions ?? [];
    this.#settings = settings;
    this.#timeoutMs = prepared.limits.timeoutMs;
    this.#clock = clock;
    const tell = (event: PoolEvent): void => this.#tell(event);
    this.#breakers = new Breakers(settings.breaker, tell);
    this.#turn = new Turn(clock, () => this.#pump());
    this.#patience = new Patience(clock, (nowMs) => this.#giveUp(nowMs));
    this.#instances = new Instances(prepared, settings, clock, { onFree: () => this.#pump(), onStartFailure: (failure) => this.#failNext(failure), tell });
    for (const engine of engines) this.#instances.add(engine);
  }

  /**
   * Calls a function of the plug-in on an instance that is free, or waits for one.
   *
   * @param name Name of the function.
   * @param input Text, bytes or nothing; copied before this returns.
   * @param options Tenant, host context, signal and limits of this call.
   * @returns Its output.
   * @throws {PluginError} `pool/full`, `pool/wait-timeout`, `pool/broken` or `pool/closed` if the plug-in was not called;
   *   else as `Plugin.call`.
   */
  call(name: string, input?: CallInput, options: PoolCallOptions = NO_OPTIONS): Promise<Output> {
    return new Promise((resolve, reject) => {
      checkCallOptions(options);
      const bytes = encodeInput(input);
      const nowMs = this.#clock.now();
      const call: PoolCall = {
        name, owner: options.tenant, options, submittedMs: nowMs, bytes: bytes.length, resolve, reject,
        input: bytes, tenant: undefined, limitMs: 0, stopListening: undefined, isRetry: false,
      };
      const refusal = this.#isClosed ? closedFailure(this.name, name) : this.#refusal(call, nowMs);
      if (refusal !== undefined) this.#refuse(call, refusal);
      else if (this.#queue.size > 0 || !this.#dispatch(call, nowMs)) this.#wait(call, typeof input === "string");
    });
  }

  /** @returns Figures of this moment; a copy. */
  metrics(): PoolMetrics {
    const { live, idle, started, closed } = this.#instances;
    const queue = this.#queue;
    return Object.freeze({
      queued: queue.size,
      queuedBytes: queue.bytes,
      running: this.#running,
      instances: Object.freeze({ live, idle, started, closed }),
      ...this.#counters.read(),
      tenants: Object.freeze(queue.active.map(({ name, waiting, running }) => Object.freeze({ tenant: name, queued: waiting.size, running }))),
    });
  }

  /**
   * Ends the pool: new calls are refused at once. Closing twice is safe, and the shorter time to drain counts.
   *
   * @param options `drainMs`: milliseconds that calls which wait or run get to end; 0 by default. What is left then is cut
   *   off, calls that wait with `pool/closed` and calls that run with `plugin/closed`.
   */
  async close({ drainMs = 0 }: { readonly drainMs?: number } = {}): Promise<void> {
    this.#isClosed = true;
    this.#instances.stop();
    if (drainMs > 0) await this.#quiet(() => this.#running + this.#queue.size === 0, drainMs);
    for (let call = this.#queue.next(); call !== undefined; call = this.#queue.next()) this.#refuse(call, closedFailure(this.name, call.name));
    await this.#instances.closeAll();
    await this.#quiet(() => this.#running === 0 && this.#instances.isEmpty);
  }

  /** The same as {@link Pool.close} without time to drain, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Why a call may not even wait. */
  #refusal({ name, owner, options }: PoolCall, nowMs: number): PluginError | undefined {
    if (options.signal?.aborted) return abortedFailure(this.name, name, options.signal.reason);
    const breaker = this.#breakers.open(owner, nowMs) ?? this.#instances.stopped(nowMs);
    return breaker && brokenFailure(this.name, name, breaker.retryAfterMs(nowMs), breaker.lastCode);
  }

  /** Ends a call that did not reach the plug-in. */
  #refuse(call: PoolCall, failure: unknown): void {
    if (call.tenant !== undefined) this.#leave(call, call.tenant);
    const code = codeOf(failure);
    this.#counters.refuse(code);
    this.#tellCall(call, this.#clock.now() - call.submittedMs, 0, true, code);
    call.reject(failure);
    this.#settleQuiet();
  }

  #wait(call: PoolCall, isOwnInput: boolean): void {
    const { maxQueued, maxQueuedBytes, waitMs } = this.#settings;
    const { options, bytes, owner } = call;
    const queue = this.#queue;
    const limitMs = Math.min(options.waitMs ?? waitMs, options.timeoutMs ?? Number.POSITIVE_INFINITY);
    if (limitMs === 0) {
      this.#refuse(call, waitFailure(this.name, call.name, 0, 0));
      return;
    }
    while (queue.size >= maxQueued || queue.bytes + bytes > maxQueuedBytes) {
      const loser = queue.displaced(owner, queue.size >= maxQueued ? undefined : bytes) ?? call;
      this.#refuse(loser, fullFailure(this.name, loser.name, queue.size, queue.bytes));
      if (loser === call) return;
    }
    // The caller may change its array while the call waits.
    if (!isOwnInput) call.input = call.input.slice();
    this.#enqueue(call, limitMs);
    this.#pump();
  }

  #enqueue(call: PoolCall, limitMs: number): void {
    const { signal } = call.options;
    const onAbort = (): void => this.#refuse(call, abortedFailure(this.name, call.name, signal?.reason));
    if (signal !== undefined) {
      signal.addEventListener("abort", onAbort);
      call.stopListening = () => signal.removeEventListener("abort", onAbort);
    }
    call.limitMs = limitMs;
    call.tenant = this.#queue.tenant(call.owner);
    this.#queue.add(call.tenant, call);
    this.#patience.watch(call.submittedMs + limitMs);
  }

  /** Refuses the calls that have waited too long. */
  #giveUp(nowMs: number): void {
    for (const call of this.#queue.all()) {
      if (call.submittedMs + call.limitMs > nowMs) this.#patience.watch(call.submittedMs + call.limitMs);
      else this.#refuse(call, waitFailure(this.name, call.name, nowMs - call.submittedMs, call.limitMs));
    }
  }

  /** Ends a call's place in the queue, if it has one. */
  #leave(call: PoolCall, tenant: Tenant<PoolCall>): void {
    this.#queue.remove(tenant, call);
    call.stopListening?.();
    call.stopListening = undefined;
    if (this.#queue.size === 0) this.#patience.end();
  }

  /** Runs waiting calls as long as there are instances for them and time in this turn. */
  #pump(): void {
    for (let call = this.#queue.next(); call !== undefined; call = this.#queue.next()) {
      const nowMs = this.#clock.now();
      const refusal = this.#refusal(call, nowMs);
      if (refusal !== undefined) this.#refuse(call, refusal);
      else if (!this.#dispatch(call, nowMs)) break;
    }
    this.#settleQuiet();
  }

  /** @returns Whether the call was run or refused; otherwise it has to wait, and what it waits for is on its way. */
  #dispatch(call: PoolCall, nowMs: number): boolean {
    if (this.#turn.isOver(nowMs)) return false;
    const verdict = this.#breakers.ask(call.owner, nowMs);
    if (verdict === "refuse") {
      this.#refuse(call, brokenFailure(this.name, call.name, 0, this.#breakers.lastCode(call.owner)));
      return true;
    }
    const instance = this.#instances.take(call.owner);
    if (instance === undefined) this.#breakers.record(call.owner, verdict, "neither", "", nowMs);
    else this.#run(call, instance, verdict, nowMs);
    return instance !== undefined;
  }

  #run(call: PoolCall, instance: Instance, verdict: Verdict, startMs: number): void {
    const tenant = call.tenant ?? this.#queue.tenant(call.owner);
    call.tenant = tenant;
    this.#queue.begin(tenant);
    this.#leave(call, tenant);
    this.#running += 1;
    const run = this.#instances.mustReset(instance, call.owner)
      ? instance.engine.reset().then(() => this.#invoke(call, instance, this.#clock.now()))
      : this.#invoke(call, instance, startMs);
    const end = (failure: unknown, settle: () => void): void => {
      if (this.#end(call, instance, verdict, startMs, failure)) settle();
      this.#instances.giveBack(instance);
    };
    run.then(
      (output) => end(undefined, () => call.resolve(output)),
      (failure: unknown) => end(failure, () => call.reject(failure)),
    );
  }

  #invoke(call: PoolCall, instance: Instance, startMs: number): Promise<Output> {
    instance.isClean = false;
    instance.tenant = call.owner;
    const { hostContext, signal, timeoutMs } = call.options;
    const options: { -readonly [Name in keyof CallOptions]: CallOptions[Name] } = { hostContext };
    if (signal !== undefined) options.signal = signal;
    if (timeoutMs !== undefined) options.timeoutMs = Math.max(1, Math.ceil(call.submittedMs + timeoutMs - startMs));
    try {
      return instance.engine.call(call.name, call.input, options);
    } catch (failure) {
      return Promise.reject(failure);
    } finally {
      this.#turn.spend(startMs);
    }
  }

  /** @returns Whether the call is over; otherwise it waits again. */
  #end(call: PoolCall, instance: Instance, verdict: Verdict, startMs: number, failure: unknown): boolean {
    const nowMs = this.#clock.now();
    const blame = failure === undefined ? undefined : judge(failure, this.#timeoutMs);
    const code = failure === undefined ? undefined : codeOf(failure);
    this.#running -= 1;
    this.#queue.end(call.tenant as Tenant<PoolCall>, nowMs - startMs);
    this.#breakers.record(call.owner, verdict, blame === undefined ? "success" : blame === "plug-in" ? "failure" : "neither", code ?? "", nowMs);
    if (blame === "start") this.#instances.failStart(failure, "pass");
    if (blame === "start" || blame === "gone") void this.#instances.close(instance, "broken");
    else if (blame === "room") {
      this.#instances.makeRoom();
      void this.#instances.close(instance, "room");
      if (this.#waitAgain(call, nowMs)) return false;
    }
    this.#counters.end(startMs - call.submittedMs, nowMs - startMs, code);
    this.#tellCall(call, startMs - call.submittedMs, nowMs - startMs, false, code);
    return true;
  }

  /** A call that the engine had no room for may wait for another instance, once. */
  #waitAgain(call: PoolCall, nowMs: number): boolean {
    const { waitMs, timeoutMs } = call.options;
    const limitMs = Math.min(waitMs ?? this.#settings.waitMs, timeoutMs ?? Number.POSITIVE_INFINITY);
    if (call.isRetry || this.#isClosed || nowMs - call.submittedMs >= limitMs || call.options.signal?.aborted) return false;
    call.isRetry = true;
    this.#enqueue(call, limitMs);
    return true;
  }

  /** No instance could be started: that is the answer to one call, so that each failure is told once. */
  #failNext(failure: unknown): void {
    const call = this.#queue.next();
    if (call !== undefined) this.#refuse(call, failure);
    this.#pump();
  }

  #tellCall(call: PoolCall, waitMs: number, runMs: number, isRefused: boolean, code: FailureCode | undefined): void {
    if (this.#settings.onEvent !== undefined) this.#tell({ type: "call", tenant: call.owner, function: call.name, waitMs, runMs, isRefused, code });
  }

  #tell(event: PoolEvent): void {
    try {
      this.#settings.onEvent?.(event);
    } catch {
      // An observer that fails must not fail calls.
    }
  }

  /** Waits until something holds, but not for longer than `limitMs`. */
  async #quiet(holds: () => boolean, limitMs?: number): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve) => {
      const stop = limitMs === undefined ? undefined : this.#clock.after(limitMs, () => end(), false);
      const look = (): void => {
        if (holds()) end();
      };
      const end = (): void => {
        this.#onQuiet.delete(look);
        stop?.();
        resolve();
      };
      this.#onQuiet.add(look);
    });
  }

  #settleQuiet(): void {
    for (const look of this.#onQuiet) look();
  }
}

function codeOf(failure: unknown): FailureCode {
  return PluginError.is(failure) ? failure.code : "call/trap";
}
