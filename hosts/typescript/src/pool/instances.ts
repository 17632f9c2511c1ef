/**
 * The instances of a pool from their start to their end: which of them may serve whom, when another one is started, when
 * one is reset or closed.
 *
 *   start ─> idle ─ take ─> in use ─ giveBack ─> idle …      reset on the way back (isolation "call")
 *              │                        │                    or on the way out (isolation "tenant")
 *              └ idle for long, no room ┴ broken ─> closed
 */

import type { PreparedPlugin } from "../create.ts";
import type { Engine } from "../engine.ts";
import { PluginError } from "../error.ts";
import { Breaker, type Verdict } from "./breaker.ts";
import type { PoolClock } from "./clock.ts";
import type { CloseReason, PoolEvent } from "./events.ts";
import type { PoolSettings } from "./options.ts";
import { judge } from "./refusal.ts";

/** Milliseconds until another instance is asked for after the engine had no room for one. */
const ROOM_RETRY_MS = 1000;

/** One instance. */
export interface Instance {
  readonly engine: Engine;
  /** Whose call used it last; says nothing while `isClean`. */
  tenant: string | undefined;
  /** Whether no call has left anything behind in it. */
  isClean: boolean;
  /** When its last call ended, on the pool's clock. */
  idleSinceMs: number;
  /** Whether it is being closed. */
  isLeaving: boolean;
}

/** What instances tell the pool. */
export interface InstanceObserver {
  /** An instance is free. */
  readonly onFree: () => void;
  /** None could be started, and no other one will come free by that. */
  readonly onStartFailure: (failure: unknown) => void;
  readonly tell: (event: PoolEvent) => void;
}

/** All instances of one pool. */
export class Instances {
  /** Instances ever started, and closed. */
  started = 0;
  closed = 0;
  readonly #prepared: PreparedPlugin;
  readonly #settings: PoolSettings;
  readonly #clock: PoolClock;
  readonly #observer: InstanceObserver;
  /** Stops starting what cannot be started. */
  readonly #startBreaker: Breaker;
  readonly #live = new Set<Instance>();
  /** Least recently used first. */
  readonly #idle: Instance[] = [];
  #starting = 0;
  #growth: "none" | "waiting" | "due" = "none";
  #isClosed = false;
  #roomlessUntilMs = Number.NEGATIVE_INFINITY;
  #stopEviction: (() => void) | undefined;

  /**
   * @param prepared What instances are started from.
   * @param settings The pool's options.
   * @param clock Time.
   * @param observer Told what happens.
   */
  constructor(prepared: PreparedPlugin, settings: PoolSettings, clock: PoolClock, observer: InstanceObserver) {
    this.#prepared = prepared;
    this.#settings = settings;
    this.#clock = clock;
    this.#observer = observer;
    this.#startBreaker = new Breaker(settings.breaker);
  }

  /** How many live. */
  get live(): number {
    return this.#live.size;
  }

  /** How many of them no call uses. */
  get idle(): number {
    return this.#idle.length;
  }

  /** Whether none lives and none is on its way. */
  get isEmpty(): boolean {
    return this.#live.size + this.#starting === 0;
  }

  /** @returns The breaker that keeps the only instance from being started now, or `undefined`. */
  stopped(nowMs: number): Breaker | undefined {
    return this.isEmpty && this.#startBreaker.retryAfterMs(nowMs) > 0 ? this.#startBreaker : undefined;
  }

  /** Adds an instance that no call uses. */
  add(engine: Engine): void {
    const instance: Instance = { engine, tenant: undefined, isClean: true, idleSinceMs: this.#clock.now(), isLeaving: false };
    this.#live.add(instance);
    this.#idle.push(instance);
    this.started += 1;
    this.#observer.tell({ type: "instance-started", live: this.live });
    this.#armEviction();
  }

  /**
   * Finds an idle instance for a call and takes it.
   *
   * @param tenant Whose call it is.
   * @returns The instance, or `undefined` if the call has to wait: for another call to end, or for an instance that is
   *   being started now.
   */
  take(tenant: string | undefined): Instance | undefined {
    const mayGrow = this.#mayGrow();
    const instance = this.#find(tenant, mayGrow);
    if (instance !== undefined) this.#idle.splice(this.#idle.lastIndexOf(instance), 1);
    else if (mayGrow) this.#growSoon();
    return instance;
  }

  /** @returns Whether an instance must be reset before it serves a tenant; with isolation "call" it was when it came back. */
  mustReset(instance: Instance, tenant: string | undefined): boolean {
    return this.#settings.isolation === "tenant" && !instance.isClean && instance.tenant !== tenant;
  }

  /** Takes an instance back after a call. */
  giveBack(instance: Instance): void {
    if (instance.isLeaving || !this.#live.has(instance)) return;
    if (this.#isClosed) void this.close(instance, "pool-closed");
    else if (this.#settings.isolation === "call" && !instance.isClean) void this.#clean(instance);
    else this.#release(instance);
  }

  /** Closes all idle instances, because the engine has no room; another is not asked for in a while. */
  makeRoom(): void {
    this.#roomlessUntilMs = this.#clock.now() + ROOM_RETRY_MS;
    for (const instance of [...this.#idle]) void this.close(instance, "room");
  }

  /** Ends an instance. One that runs a call on this very thread ends when it is given back. */
  async close(instance: Instance, reason: CloseReason): Promise<void> {
    const index = this.#idle.indexOf(instance);
    if (index !== -1) this.#idle.splice(index, 1);
    instance.isLeaving = true;
    try {
      await instance.engine.close();
    } catch (failure) {
      if (PluginError.is(failure, "call/reentrant")) {
        instance.isLeaving = false;
        return;
      }
    }
    if (!this.#live.delete(instance)) return;
    this.closed += 1;
    this.#observer.tell({ type: "instance-closed", live: this.live, reason });
    this.#observer.onFree();
  }

  /** Ends all instances; those that a call runs in, with that call, where it can be cut off. */
  async closeAll(): Promise<void> {
    this.stop();
    this.#isClosed = true;
    await Promise.all([...this.#live].map((instance) => this.close(instance, "pool-closed")));
  }

  /** Lets no timer run on. */
  stop(): void {
    this.#stopEviction?.();
    this.#stopEviction = undefined;
  }

  #find(tenant: string | undefined, mayGrow: boolean): Instance | undefined {
    const idle = this.#idle;
    if (this.#settings.isolation !== "tenant") return idle.at(-1);
    const own = idle.findLast((each) => !each.isClean && each.tenant === tenant);
    return own ?? idle.find((each) => each.isClean) ?? (mayGrow ? undefined : idle[0]);
  }

  #mayGrow(): boolean {
    if (this.#isClosed || this.#live.size + this.#starting >= this.#settings.max) return false;
    const nowMs = this.#clock.now();
    return this.#startBreaker.retryAfterMs(nowMs) === 0 && (this.isEmpty || nowMs >= this.#roomlessUntilMs);
  }

  /**
   * Waits a turn before it starts another instance: calls that compute on this thread end within it, and leave one free.
   */
  #growSoon(): void {
    if (this.#growth === "waiting") return;
    if (this.#growth === "due") {
      this.#growth = "none";
      void this.#grow();
      return;
    }
    this.#growth = "waiting";
    this.#clock.soon(() => {
      this.#growth = "due";
      this.#observer.onFree();
      this.#growth = "none";
    });
  }

  async #grow(): Promise<void> {
    const verdict = this.#startBreaker.ask(this.#clock.now());
    if (verdict === "refuse") return;
    this.#starting += 1;
    let engine: Engine;
    try {
      engine = await this.#prepared.start();
    } catch (failure) {
      this.#starting -= 1;
      const hadIdle = this.#idle.length > 0;
      const isRoom = judge(failure, 0) === "room";
      if (isRoom) {
        this.#startBreaker.forget(verdict);
        this.makeRoom();
      } else this.failStart(failure, verdict);
      // What could not be started is the answer to the next call in turn, unless that call can have another instance.
      if (isRoom && (hadIdle || this.#live.size > 0)) this.#observer.onFree();
      else this.#observer.onStartFailure(failure);
      return;
    }
    this.#starting -= 1;
    this.succeedStart(verdict);
    this.add(engine);
    if (this.#isClosed) await this.closeAll();
    else this.#observer.onFree();
  }

  /** An instance could not be started. */
  failStart(failure: unknown, verdict: Verdict): void {
    const known = PluginError.is(failure) ? failure : new PluginError("start/failed", `Cannot start an instance: ${String(failure)}`, { phase: "start" }, { cause: failure });
    const retryAfterMs = this.#startBreaker.fail(verdict, known.code, this.#clock.now());
    this.#observer.tell({ type: "start-failed", failure: known });
    if (retryAfterMs !== undefined) this.#observer.tell({ type: "breaker-opened", isStart: true, tenant: undefined, retryAfterMs, lastCode: known.code });
  }

  /** An instance was started. */
  succeedStart(verdict: Verdict): void {
    this.#startBreaker.succeed(verdict);
    if (verdict === "probe") this.#observer.tell({ type: "breaker-closed", isStart: true, tenant: undefined });
  }

  async #clean(instance: Instance): Promise<void> {
    try {
      await instance.engine.reset();
    } catch {
      await this.close(instance, "broken");
      return;
    }
    if (instance.isLeaving) return;
    instance.isClean = true;
    this.#release(instance);
    if (this.#idle.includes(instance)) this.#clock.soon(() => void this.#warm(instance));
  }

  /** Starts the next call's instance while there is nothing else to do. */
  async #warm(instance: Instance): Promise<void> {
    if (!this.#idle.includes(instance) || !instance.isClean) return;
    try {
      await instance.engine.warm?.();
    } catch (failure) {
      if (judge(failure, 0) === "room") this.#roomlessUntilMs = this.#clock.now() + ROOM_RETRY_MS;
      else this.failStart(failure, "pass");
      await this.close(instance, "broken");
    }
  }

  #release(instance: Instance): void {
    if (this.#isClosed) {
      void this.close(instance, "pool-closed");
      return;
    }
    instance.idleSinceMs = this.#clock.now();
    this.#idle.push(instance);
    this.#armEviction();
    this.#observer.onFree();
  }

  /** One timer, for whoever has been idle for longest; it does not keep the process alive. */
  #armEviction(): void {
    const [oldest] = this.#idle;
    if (this.#stopEviction !== undefined || this.#isClosed || oldest === undefined || this.live <= this.#settings.min) return;
    this.#stopEviction = this.#clock.after(oldest.idleSinceMs + this.#settings.idleMs - this.#clock.now(), () => this.#evict(), true);
  }

  #evict(): void {
    this.#stopEviction = undefined;
    const limitMs = this.#clock.now() - this.#settings.idleMs;
    const due = this.#idle.filter((each) => each.idleSinceMs <= limitMs);
    for (const instance of due.slice(0, this.live - this.#settings.min)) void this.close(instance, "idle");
    this.#armEviction();
  }
}
