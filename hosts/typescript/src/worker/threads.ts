/**
 * Threads of plug-ins as the host's thread sees them: which there are, who is in them, and what they say.
 *
 * A plug-in gets an idle thread, else a new one, and past the cap shares the one with the fewest plug-ins. A few idle
 * threads are kept for a while, because starting one takes longer than anything else here; they do not keep the process alive.
 * Who shares a thread waits for the others' calls, so a plug-in that ran out of time shares with its like alone.
 */

import { IDLE_THREAD_MS, MAX_IDLE_THREADS, MAX_SLOW_THREADS, MAX_THREAD_INSTANCES, MAX_THREADS } from "../limits.ts";
import type { LogEntry } from "../session/log.ts";
import type { StartWorker, WorkerHandle } from "../platform.ts";
import { type SharedKernel, SharedKernels } from "./shared-kernel.ts";
import { BELL, type HostMessage, type SentFailure, type ThreadMessage } from "./protocol.ts";

/** A plug-in in a thread, on the host's side. */
export interface Tenant {
  /** Its mailbox says something; with a failure, that a command ended with it. */
  readonly turn: (failure: SentFailure | undefined) => void;
  readonly log: (entry: LogEntry) => void;
  /** The thread is gone. */
  readonly lost: (reason: unknown) => void;
}

const threads = new Map<StartWorker, Set<Thread>>();

/**
 * Finds room for a plug-in.
 *
 * @param startWorker Starts threads; plug-ins of different platforms share none.
 * @param isSlow Whether it ran out of time before.
 * @returns A thread, with a place taken in it: {@link Thread.enter} must follow.
 * @throws What the platform throws when it cannot start a thread.
 */
export function findThread(startWorker: StartWorker, isSlow: boolean): Thread {
  const all = threads.get(startWorker) ?? new Set();
  threads.set(startWorker, all);
  const isFull = occupied(all, isSlow).length >= (isSlow ? MAX_SLOW_THREADS : MAX_THREADS);
  const open = [...all].filter((thread) => thread.isOpen && (isFull ? thread.size > 0 && thread.isForSlow === isSlow : thread.size === 0));
  const emptiest = open.reduce<Thread | undefined>((least, thread) => (least === undefined || thread.size < least.size ? thread : least), undefined);
  const thread = emptiest ?? new Thread(startWorker, all);
  thread.isForSlow = isSlow;
  all.add(thread);
  return thread;
}

/** Threads with plug-ins that ran out of time before, or with the others. */
function occupied(all: ReadonlySet<Thread>, isSlow: boolean): Thread[] {
  return [...all].filter((thread) => thread.size > 0 && thread.isForSlow === isSlow);
}

/**
 * Starts a thread while the plug-in that wants one is still being loaded, unless one is idle.
 *
 * @param startWorker Starts threads.
 * @throws What the platform throws when it cannot start a thread.
 */
export function startAhead(startWorker: StartWorker): void {
  const all = threads.get(startWorker) ?? new Set();
  threads.set(startWorker, all);
  const isNeeded = occupied(all, false).length < MAX_THREADS && ![...all].some((thread) => thread.size === 0);
  if (isNeeded) all.add(new Thread(startWorker, all));
}

/** One thread. */
export class Thread {
  readonly #worker: WorkerHandle;
  readonly #all: Set<Thread>;
  readonly #tenants = new Map<number, Tenant>();
  readonly #bell = new Int32Array(new SharedArrayBuffer(BELL.bytes));
  readonly #kernels = new SharedKernels();
  /** Whether its plug-ins ran out of time before. */
  isForSlow = false;
  #lastId = 0;
  #instances = 0;
  #holds = 0;
  #isGone = false;
  #timer: unknown;

  /**
   * @param startWorker Starts it.
   * @param all All threads of that kind; this one leaves them when it is gone.
   */
  constructor(startWorker: StartWorker, all: Set<Thread>) {
    this.#all = all;
    this.#worker = startWorker({ message: (value) => this.#receive(value as ThreadMessage), lost: (reason) => this.#lose(reason) });
    this.#worker.hold(false);
    this.#endLater();
  }

  /** The bell, for the other side. */
  get bell(): SharedArrayBuffer {
    return this.#bell.buffer;
  }

  /** How many plug-ins are in it. */
  get size(): number {
    return this.#tenants.size;
  }

  /** Whether a plug-in that enters now is loaded: a thread that takes no messages while it waits may not be soon. */
  get isOpen(): boolean {
    return this.#worker.isSleeper || this.#holds === 0;
  }

  /**
   * @param tenant A plug-in.
   * @param limitPages Pages that its blocks may have.
   * @returns Its number in this thread, and its kernel.
   * @throws {RangeError} If there is no memory for the kernel.
   */
  enter(tenant: Tenant, limitPages: number): { readonly id: number; readonly kernel: SharedKernel } {
    let kernel: SharedKernel;
    try {
      kernel = this.#kernels.borrow(limitPages);
    } catch (cause) {
      void this.#rest();
      throw cause;
    }
    this.countInstance();
    clearTimeout(this.#timer as number);
    this.#lastId += 1;
    this.#tenants.set(this.#lastId, tenant);
    return { id: this.#lastId, kernel };
  }

  /** Another instance is made in it. */
  countInstance(): void {
    this.#instances += 1;
  }

  /**
   * Forgets a plug-in. The last one leaves an idle thread, which is kept or ended.
   *
   * @param id Its number.
   * @param kernel Its kernel, which it no longer uses.
   */
  leave(id: number, kernel: SharedKernel): Promise<void> | undefined {
    if (this.#isGone || !this.#tenants.delete(id)) return undefined;
    this.post({ kind: "unload", id });
    this.#kernels.giveBack(kernel);
    return this.#rest();
  }

  /** Sends a message and wakes the thread. */
  post(message: HostMessage): void {
    this.#worker.post(message);
    Atomics.add(this.#bell, BELL.messages, 1);
    this.#ring();
  }

  /** Says that a mailbox was written: a command, or an answer to a thread that waits for it. */
  wake(isWaiting: boolean): void {
    if (this.#worker.isSleeper || isWaiting) this.#ring();
    else this.post({ kind: "wake" });
  }

  /** Keeps the process alive until as many times released. */
  hold(): void {
    this.#holds += 1;
    if (this.#holds === 1) this.#worker.hold(true);
  }

  /** The end of one {@link Thread.hold}. */
  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.#worker.hold(false);
  }

  /**
   * Ends the thread, whatever it is doing, and tells its plug-ins.
   *
   * @param reason Why, for those that are in it.
   */
  async end(reason: unknown): Promise<void> {
    this.#lose(reason);
    await this.#worker.terminate();
  }

  /** Ends the thread if nobody is in it and enough others wait for somebody, else some time later. */
  #rest(): Promise<void> | undefined {
    if (this.size > 0) return undefined;
    if (!this.#worker.isSleeper && this.#instances > MAX_THREAD_INSTANCES) return this.end(undefined);
    const idle = [...this.#all].filter((thread) => thread.size === 0).length;
    if (idle > MAX_IDLE_THREADS) return this.end(undefined);
    this.#endLater();
    return undefined;
  }

  /** Ends the thread when nobody has come for a while. The process may end before. */
  #endLater(): void {
    clearTimeout(this.#timer as number);
    this.#timer = setTimeout(() => void this.end(undefined), IDLE_THREAD_MS);
    (this.#timer as { unref?: () => void }).unref?.();
  }

  #ring(): void {
    Atomics.add(this.#bell, BELL.rung, 1);
    Atomics.notify(this.#bell, BELL.rung);
  }

  #receive(message: ThreadMessage): void {
    if (this.#isGone) return;
    if (typeof message === "number") this.#tenants.get(message)?.turn(undefined);
    else if (message.kind === "log") this.#tenants.get(message.id)?.log(message.entry);
    else this.#tenants.get(message.id)?.turn(message.failure);
  }

  #lose(reason: unknown): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#timer as number);
    this.#all.delete(this);
    const tenants = [...this.#tenants.values()];
    this.#tenants.clear();
    for (const tenant of tenants) tenant.lost(reason);
  }
}
