/**
 * The worker engine: runs a plug-in on another thread, and its host functions here.
 *
 * It has the same session, kernel and host functions as the inline engine; only the plug-in's code is elsewhere. One of
 * the two threads has the turn, so the kernel's memory, which both see, is never used by both.
 * Longer than 350 lines because the ways in which a call may end belong together.
 *
 *   call ─ input into the kernel ─ command ─▶ guest runs ─ asks ─▶ host function, promise or not ─ answer ─▶ … ─ done ─▶ output
 */

import { Call } from "../session/call.ts";
import type { CallOptions, CallStats, Engine } from "../engine.ts";
import { clipText, PluginError } from "../error.ts";
import { COMMAND_EXPORT, isPluginFunction, notCallable } from "../inline/guest.ts";
import type { WasmValue } from "../functions.ts";
import { STOP_GRACE_MS, THREAD_START_MS } from "../limits.ts";
import { type Blueprint, WASI_NAMESPACE } from "../inline/link.ts";
import type { LogEntry } from "../session/log.ts";
import { Output } from "../output.ts";
import type { StartWorker } from "../platform.ts";
import { failCall, sendLog, type Session } from "../session/session.ts";
import { abortFailure, timeoutFailure, watchCall } from "../session/watch.ts";
import type { FileTree } from "../wasi/file-tree.ts";
import { receivedFailure } from "./failure.ts";
import { FileDesk } from "./file-desk.ts";
import type { MailboxReport } from "./mailbox.ts";
import { type Answerer, collectAnswerers } from "./offers.ts";
import { FILES, type SentFailure, type SentFiles } from "./protocol.ts";
import { type GuestPlan, RemoteGuest } from "./remote-guest.ts";

const NO_BYTES = new Uint8Array(0);

/** What the plug-in finds through WASI; its folders stay on this thread. */
type WorkerWasi = GuestPlan["wasi"] & { readonly files: FileTree };

/** How a command ended: `failure` is absent if it succeeded. */
type End = (failure: PluginError | undefined) => void;

/** Runs one plug-in on another thread. */
export class WorkerEngine implements Engine {
  readonly functions: readonly string[];
  readonly #blueprint: Blueprint;
  readonly #session: Session;
  readonly #isMeasured: boolean;
  readonly #startWorker: StartWorker;
  readonly #answerers: readonly Answerer[];
  /** The plug-in's folders; absent if it has none. */
  readonly #files: FileDesk | undefined;
  readonly #mounts: SentFiles["mounts"];
  readonly #plan: Omit<GuestPlan, "files">;
  #guest: RemoteGuest | undefined;
  /** Whether the guest has an instance that can be called. */
  #isAlive = false;
  /** Whether a call runs, as its caller sees it. */
  #isRunning = false;
  #isClosed = false;
  /** Whether it ran out of time. */
  #isSlow = false;
  /** Ends the command for its caller; absent when that has happened. */
  #end: End | undefined;
  /** The thread is at a command, perhaps one that its caller no longer waits for. */
  #busy: { readonly over: Promise<void>; readonly resolve: () => void } | undefined;
  #graceTimer: ReturnType<typeof setTimeout> | undefined;
  #promise: Promise<unknown> | undefined;
  #isAsking = false;
  #last: Call | undefined;
  #memoryBytes = 0;

  /**
   * Loads and starts the plug-in on another thread.
   *
   * @param blueprint What to link; none of its modules may have the kernel in it.
   * @param session Session of the plug-in.
   * @param isMeasured Whether calls are timed.
   * @param wasi What the plug-in finds through WASI.
   * @param startWorker Starts threads.
   * @returns The engine.
   * @throws {PluginError} `link/…`, `memory/limit`, `start/failed`, `call/…` if its start reached a limit, or `engine/…`.
   */
  static async start(blueprint: Blueprint, session: Session, isMeasured: boolean, wasi: WorkerWasi, startWorker: StartWorker): Promise<WorkerEngine> {
    const engine = new WorkerEngine(blueprint, session, isMeasured, wasi, startWorker);
    try {
      await engine.#ready({});
    } catch (failure) {
      await engine.close();
      throw failure;
    }
    return engine;
  }

  /** For {@link WorkerEngine.start}: it has no plug-in yet. */
  constructor(blueprint: Blueprint, session: Session, isMeasured: boolean, wasi: WorkerWasi, startWorker: StartWorker) {
    this.#blueprint = blueprint;
    this.#session = session;
    this.#isMeasured = isMeasured;
    this.#startWorker = startWorker;
    this.functions = (blueprint.modules[blueprint.main]?.exports ?? []).filter(isPluginFunction).map((each) => each.name);
    const { files, ...world } = wasi;
    this.#files = files.length === 0 ? undefined : new FileDesk(files);
    this.#mounts = files.map(({ guest, access }) => ({ guest, access }));
    this.#answerers = collectAnswerers(blueprint, session, (promise) => {
      this.#promise = promise;
      return undefined;
    });
    this.#plan = {
      modules: blueprint.modules.map(({ name, module, imports, exports, image }) => ({ name, module, imports, exports, image })),
      main: blueprint.main,
      offers: this.#answerers.map(({ offer }) => offer),
      names: new Map(Object.entries(blueprint.functions).map(([namespace, space]) => [namespace, Object.keys(space)])),
      plugin: session.plugin,
      limits: session.limits,
      config: session.config,
      logLevel: session.logLevel,
      outputLevel: session.outputLevel,
      isLogged: session.logger !== undefined,
      wasi: world,
    };
  }

  get lastCall(): CallStats | undefined {
    return this.#last?.stats(this.#memoryBytes);
  }

  call(name: string, input: Uint8Array, options: CallOptions): Promise<Output> {
    this.#checkReady(name);
    const index = this.functions.indexOf(name);
    if (index === -1) throw this.#named(notCallable(name, this.#blueprint.modules[this.#blueprint.main]?.exports ?? []), name);
    this.#isRunning = true;
    const guest = this.#guest;
    if (guest !== undefined && this.#isAlive && this.#busy === undefined) return this.#run(guest, name, index, input, options);
    return this.#runAfresh(name, index, input.slice(), options);
  }

  callSync(name: string): Output {
    this.#checkReady(name);
    throw new PluginError(
      "engine/async-only",
      `Cannot call "${name}" without a promise: the plug-in runs on another thread, use call(), or engine: "inline"`,
      { function: name },
      { plugin: this.#session.plugin, function: name },
    );
  }

  async reset(): Promise<void> {
    this.#checkReady("reset");
    this.#isAlive = false;
    this.#session.vars.clear();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const { call } = this.#session;
    if (this.#end !== undefined) {
      const failure = new PluginError("plugin/closed", `${call.action}: the plug-in was closed`, {});
      this.#stop(failure);
      this.#end?.(failure);
    }
    await this.#busy?.over;
    this.#files?.closeAll();
    this.#session.vars.clear();
    await this.#leave();
  }

  async #leave(): Promise<void> {
    const guest = this.#guest;
    this.#guest = undefined;
    await guest?.leave();
  }

  #checkReady(name: string): void {
    const { plugin } = this.#session;
    if (this.#isClosed) throw new PluginError("plugin/closed", `Cannot call "${name}": the plug-in is closed`, {}, { plugin, function: name });
    if (!this.#isRunning) return;
    const running = this.#session.call.function;
    throw new PluginError("call/reentrant", `Cannot call "${name}": "${running}" is running, and one plug-in runs one call at a time; use a second plug-in`, { running }, { plugin, function: name });
  }

  /** The way of a call whose plug-in has no instance yet, or whose thread is still busy with the last one. */
  async #runAfresh(name: string, index: number, input: Uint8Array, options: CallOptions): Promise<Output> {
    try {
      await this.#idle(name, options);
      this.#isRunning = false;
      this.#checkReady(name);
      this.#isRunning = true;
      const guest = await this.#ready(options);
      return await this.#run(guest, name, index, input, options);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Waits for the end of a command that its caller gave up, no longer than this call may take. */
  #idle(name: string, options: CallOptions): Promise<void> {
    const { plugin, platform, limits } = this.#session;
    const call = new Call(name, plugin, options, limits.timeoutMs);
    call.deadline = platform.now() + call.timeoutMs;
    return new Promise((resolve, reject) => {
      const cut = (failure: PluginError): void => reject(this.#named(failure, name));
      const stopWatching = watchCall(platform, call, { cut, stopWatching: undefined, ending: undefined, response: undefined });
      void Promise.resolve(this.#busy?.over).finally(stopWatching).then(resolve);
    });
  }

  /** Sees to it that there is an instance. */
  async #ready(options: CallOptions): Promise<RemoteGuest> {
    if (this.#guest !== undefined && this.#isAlive) return this.#guest;
    if (this.#isSlow && this.#guest?.isWaitedFor) void this.#leave(); // without waiting: it may be closed meanwhile
    const existing = this.#guest;
    const call = this.#session.beginCall("", options);
    // The plug-in's own time is limited where it runs; this is for a thread that does not come up.
    if (existing === undefined) call.deadline = this.#session.platform.now() + call.timeoutMs + THREAD_START_MS;
    this.#isRunning = true;
    try {
      await this.#command(call, () => {
        if (existing === undefined) this.#guest = this.#load();
        else {
          this.#files?.closeAll();
          existing.restart(call.timeoutMs);
        }
      });
      return this.#guest as RemoteGuest;
    } finally {
      this.#isRunning = false;
      call.isOver = true;
    }
  }

  #load(): RemoteGuest {
    try {
      const files = this.#files && { mounts: this.#mounts, window: this.#files.openWindow() };
      const guest = new RemoteGuest({ ...this.#plan, files }, this.#startWorker, {
        asked: (index, values) => this.#answer(index, values),
        done: (failure, report) => this.#done(failure, report),
        logged: (entry) => this.#log(entry),
        lost: (reason) => this.#lost(reason),
      }, this.#isSlow);
      this.#session.kernel = guest.kernel;
      return guest;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new PluginError("engine/unavailable", `Cannot start a thread for the plug-in "${this.#session.plugin}": ${why}; use engine: "inline"`, { engine: "worker" }, { cause });
    }
  }

  async #run(guest: RemoteGuest, name: string, index: number, input: Uint8Array, options: CallOptions): Promise<Output> {
    const session = this.#session;
    const call = session.beginCall(name, options);
    call.inputBytes = input.length;
    let output = NO_BYTES;
    try {
      if (options.signal?.aborted) throw abortFailure(call);
      call.startMs = session.platform.now();
      call.deadline = call.startMs + call.timeoutMs;
      session.kernel.begin(input);
      await this.#command(call, () => guest.call(index, call.timeoutMs));
      output = session.kernel.output();
      if (name === COMMAND_EXPORT) this.#isAlive = false;
      return new Output(output, output.length > 0 || session.kernel.hasOutput);
    } catch (thrown) {
      throw this.#named(thrown as PluginError, name);
    } finally {
      call.isOver = true;
      call.waiting?.ending?.abort();
      call.outputBytes = output.length;
      if (this.#isMeasured) call.durationMs = session.platform.now() - call.startMs;
      this.#last = call;
      this.#isRunning = false;
    }
  }

  /** Gives the thread a command and watches over it. Rejects as soon as the caller need not wait any longer. */
  #command(call: Call, give: () => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal } = call.options;
      call.deadline ??= this.#session.platform.now() + call.timeoutMs;
      call.waiting = { cut: (failure) => this.#stop(failure), stopWatching: undefined, ending: undefined, response: undefined };
      const watched = { cut: call.waiting.cut, stopWatching: undefined, ending: undefined, response: undefined };
      const stopWatching = call.timeoutMs === Number.POSITIVE_INFINITY && signal === undefined ? undefined : watchCall(this.#session.platform, call, watched);
      this.#isAsking = false;
      this.#end = (failure) => {
        this.#end = undefined;
        call.isOver = true;
        stopWatching?.();
        call.waiting?.stopWatching?.();
        if (failure === undefined) resolve();
        else reject(failure);
      };
      let setFree = (): void => {};
      const over = new Promise<void>((free) => {
        setFree = free;
      });
      this.#busy = { over, resolve: setFree };
      try {
        give();
      } catch (failure) {
        this.#free();
        this.#end(failure as PluginError);
      }
    });
  }

  /**
   * Ends the running command with a failure: at once if the plug-in waits for a host function or has not begun, else when
   * it looks at the clock, and if it does not, by ending its thread. While another plug-in of the thread runs on top of it,
   * it cannot look, and has time.
   */
  #stop(failure: PluginError): void {
    const guest = this.#guest;
    const end = this.#end;
    if (end === undefined) return;
    failCall(this.#session, failure);
    if (guest === undefined || guest.withdraw()) {
      this.#free();
      end(failure);
      return;
    }
    guest.abort();
    if (this.#isAsking) {
      this.#isAsking = false;
      guest.answerFailure();
      end(failure);
    }
    this.#graceTimer ??= this.#endLater(guest, failure);
  }

  #endLater(guest: RemoteGuest, failure: PluginError): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      if (guest.isBeneath) {
        this.#graceTimer = this.#endLater(guest, failure);
        return;
      }
      this.#isSlow = true;
      this.#end?.(failure);
      void guest.kill(failure);
    }, STOP_GRACE_MS);
  }

  #done(sent: SentFailure | undefined, report: MailboxReport): void {
    this.#isAlive = report.isAlive;
    this.#memoryBytes = report.memoryBytes;
    const end = this.#end;
    const { call } = this.#session;
    if ((call.failure ?? sent)?.code === "call/timeout") this.#isSlow = true;
    if (end !== undefined) {
      call.fuel = report.fuel;
      end(sent === undefined ? call.failure : this.#received(call, sent));
    }
    // Its instance may have been stopped anywhere.
    if (call.failure !== undefined) this.#isAlive = false;
    if (!this.#isAlive) this.#files?.closeAll();
    this.#free();
  }

  #free(): void {
    clearTimeout(this.#graceTimer);
    this.#graceTimer = undefined;
    const busy = this.#busy;
    this.#busy = undefined;
    busy?.resolve();
  }

  #lost(reason: unknown): void {
    this.#guest = undefined;
    this.#isAlive = false;
    this.#files?.closeAll();
    const { call, plugin } = this.#session;
    this.#end?.(call.failure ?? new PluginError("engine/lost", `${call.action}: the thread of the plug-in "${plugin}" ended${reason instanceof Error ? `: ${clipText(reason.message)}` : ""}`, {}, { cause: reason, plugin }));
    this.#free();
  }

  /** What failed here is known better here; of the other thread's failure only the stack is news then. */
  #received(call: Call, sent: SentFailure): PluginError {
    const failure = receivedFailure(sent);
    const known =
      call.failure ?? (failure.code === "call/timeout" ? timeoutFailure(call) : failure.code === "call/aborted" ? abortFailure(call) : undefined);
    return known === undefined ? failure : this.#named(known, call.function, failure.guestStack);
  }

  /** Runs the host function that the plug-in waits for. */
  #answer(index: number, values: readonly WasmValue[]): void {
    const guest = this.#guest as RemoteGuest;
    const { call } = this.#session;
    const fail = (): void => {
      this.#isAsking = false;
      guest.answerFailure();
    };
    // Nobody waits for this call any more.
    if (this.#end === undefined || call.isOver) return fail();
    const answer = (value: unknown): void => {
      this.#isAsking = false;
      try {
        guest.answer(value);
      } catch (cause) {
        const { namespace, name } = (this.#answerers[index] as Answerer).offer;
        failCall(this.#session, new PluginError("host-function/bad-value", `Cannot use the result of the host function "${namespace}.${name}": ${String(cause)}`, { namespace, name, expected: "a number or a bigint" }));
        fail();
      }
    };
    this.#promise = undefined;
    let value: unknown;
    try {
      value = index === FILES ? this.#useFiles(values) : (this.#answerers[index] as Answerer).run(...values);
    } catch {
      return fail(); // the call has the failure
    }
    const promise = this.#promise as Promise<unknown> | undefined;
    if (promise === undefined) return answer(value);
    this.#isAsking = true;
    // It never settles once the call is over, so a late outcome answers nobody.
    promise.then(answer, fail);
  }

  #useFiles(values: readonly WasmValue[]): unknown {
    const { call } = this.#session;
    try {
      return this.#files?.answer(...values);
    } catch (cause) {
      throw failCall(this.#session, new PluginError("call/host-function", `${call.action}: a folder failed: ${String(cause)}`, { namespace: WASI_NAMESPACE, name: "files" }, { cause }));
    }
  }

  #log(entry: LogEntry): void {
    const session = this.#session;
    const { call, logger } = session;
    if (call.isOver || logger === undefined) return;
    call.logBytes += entry.text.length;
    try {
      sendLog(session, entry);
    } catch (failure) {
      this.#stop(failure as PluginError);
    }
  }

  /** Adds what a failure does not have yet: the plug-in's name, the function, the guest's stack. */
  #named(failure: PluginError, name: string, stack: readonly string[] = failure.guestStack): PluginError {
    if (!PluginError.is(failure) || (failure.plugin !== undefined && stack === failure.guestStack)) return failure;
    return new PluginError(failure.code, failure.message, failure.details, { cause: failure.cause, plugin: this.#session.plugin, function: failure.function ?? name, guestStack: stack });
  }
}
