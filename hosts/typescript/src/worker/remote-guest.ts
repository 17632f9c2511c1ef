/**
 * A plug-in that was loaded into a thread, as the host's thread sees it: commands go in, turns come out. It knows no
 * calls, no deadlines and no host functions; `engine.ts` does.
 */

import type { WasmValue } from "../functions.ts";
import { Kernel } from "../session/kernel.ts";
import type { LogEntry } from "../session/log.ts";
import type { StartWorker } from "../platform.ts";
import { Mailbox, type MailboxReport, RESTART, STATE } from "./mailbox.ts";
import type { LoadMessage, SentFailure } from "./protocol.ts";
import { type SharedKernel, sharedKernelModule } from "./shared-kernel.ts";
import { findThread, type Tenant, type Thread } from "./threads.ts";

/** Takes what the plug-in's thread says. */
export interface GuestListener {
  /** The plug-in calls a host function and waits. */
  readonly asked: (index: number, values: readonly WasmValue[]) => void;
  /** The command is done. */
  readonly done: (failure: SentFailure | undefined, report: MailboxReport) => void;
  readonly logged: (entry: LogEntry) => void;
  /** The thread is gone, and with it the instance. */
  readonly lost: (reason: unknown) => void;
}

/** What does not change when a plug-in moves to another thread. */
export type GuestPlan = Omit<LoadMessage, "kind" | "id" | "mailbox" | "bell" | "kernel" | "memory">;

/** A plug-in in its thread. */
export class RemoteGuest {
  /** Blocks of the plug-in. Only to be used while its thread waits. */
  readonly kernel: Kernel;
  readonly #thread: Thread;
  readonly #id: number;
  readonly #shared: SharedKernel;
  readonly #mailbox = new Mailbox();
  #isHeld = false;

  /**
   * Finds a thread and loads the plug-in into it. Its start is a command: the listener hears when it is done.
   *
   * @param plan What to load.
   * @param startWorker Starts threads.
   * @param listener Takes what the thread says.
   * @param isSlow Whether the plug-in ran out of time before.
   * @throws What the platform throws when it cannot start a thread, or a `RangeError` if there is no memory.
   */
  constructor(plan: GuestPlan, startWorker: StartWorker, listener: GuestListener, isSlow: boolean) {
    const { memoryPages } = plan.limits;
    this.#thread = findThread(startWorker, isSlow);
    const tenant: Tenant = {
      turn: (failure) => this.#turn(failure, listener),
      log: listener.logged,
      lost: (reason) => {
        this.#release();
        listener.lost(reason);
      },
    };
    const { id, kernel } = this.#thread.enter(tenant, memoryPages);
    this.#id = id;
    this.#shared = kernel;
    this.kernel = new Kernel(kernel.exports, memoryPages);
    this.#mailbox.index = RESTART;
    this.#mailbox.state = STATE.command;
    this.#hold();
    this.#thread.post({ ...plan, kind: "load", id: this.#id, mailbox: this.#mailbox.buffer, bell: this.#thread.bell, kernel: sharedKernelModule(), memory: kernel.memory });
  }

  /** Whether plug-ins that never ran out of time wait while this one runs. */
  get isWaitedFor(): boolean {
    return this.#thread.size > 1 && !this.#thread.isForSlow;
  }

  /**
   * Gives a command.
   *
   * @param index Function to call, in the order of the plug-in's functions.
   * @param timeMs Milliseconds it may take.
   */
  call(index: number, timeMs: number): void {
    this.#mailbox.index = index;
    this.#mailbox.timeMs = timeMs;
    this.#mailbox.isAborted = false;
    this.#mailbox.state = STATE.command;
    this.#hold();
    this.#thread.wake(false);
  }

  /** The command that drops the instance and makes a fresh one. */
  restart(timeMs: number): void {
    this.#thread.countInstance();
    this.call(RESTART, timeMs);
  }

  /**
   * Answers the host function that was asked.
   *
   * @param value Its raw result, or an array of them.
   * @throws {TypeError} If it cannot be a WebAssembly value.
   */
  answer(value: unknown): void {
    this.#mailbox.write(typeof value === "object" && value !== null ? [...(value as Iterable<unknown>)] : [value]);
    this.#handBack();
  }

  /** Answers that the host function failed, which ends the call. */
  answerFailure(): void {
    this.#mailbox.writeThrew();
    this.#handBack();
  }

  /** Asks the plug-in to stop at its next look at the clock. */
  abort(): void {
    this.#mailbox.isAborted = true;
  }

  /** Takes back a command that the thread has not begun. Returns whether it did; then nothing more is heard of it. */
  withdraw(): boolean {
    const isWithdrawn = this.#mailbox.change(STATE.command, STATE.idle);
    if (isWithdrawn) this.#release();
    return isWithdrawn;
  }

  /** Whether it has its answer and cannot go on: another plug-in of its thread runs on top of it. */
  get isBeneath(): boolean {
    return this.#mailbox.state === STATE.answered;
  }

  /** Leaves the thread. No command may be running. */
  async leave(): Promise<void> {
    await this.#thread.leave(this.#id, this.#shared);
  }

  /** Ends the thread, whatever it is doing. */
  async kill(reason: unknown): Promise<void> {
    await this.#thread.end(reason);
  }

  #handBack(): void {
    this.#mailbox.state = STATE.answered;
    this.#thread.wake(true);
  }

  #turn(failure: SentFailure | undefined, listener: GuestListener): void {
    const mailbox = this.#mailbox;
    if (mailbox.state === STATE.asking) {
      listener.asked(mailbox.index, mailbox.read() ?? []);
      return;
    }
    if (mailbox.state !== STATE.done) return;
    mailbox.state = STATE.idle;
    this.#release();
    listener.done(failure, mailbox.report);
  }

  #hold(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    this.#thread.hold();
  }

  #release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#thread.release();
  }
}
