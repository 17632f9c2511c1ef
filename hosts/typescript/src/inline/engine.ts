/**
 * The inline engine: runs a plug-in on the thread it is called from.
 *
 * A call that was stopped (a trap, a limit, an exit, a host function that threw) leaves an instance in an unknown state,
 * so that instance is dropped and the next call gets a new one. Variables stay.
 */

import type { Call } from "../session/call.ts";
import { returnKernel } from "../session/kernel.ts";
import type { CallOptions, CallStats, Engine } from "../engine.ts";
import { limitFailure, refuel, usedFuel } from "./control.ts";
import { clipText, PluginError } from "../error.ts";
import { COMMAND_EXPORT, type Guest, type GuestFunction, isPluginFunction, notCallable, startGuest } from "./guest.ts";
import type { Blueprint } from "./link.ts";
import { Output } from "../output.ts";
import type { Session } from "../session/session.ts";
import { guestStack, trapKind } from "./trap.ts";
import { abortFailure } from "../session/watch.ts";
import { WasiExit } from "../wasi/exit.ts";

const NO_BYTES = new Uint8Array(0);

/** Runs one plug-in on the calling thread. */
export class InlineEngine implements Engine {
  readonly functions: readonly string[];
  readonly #blueprint: Blueprint;
  readonly #session: Session;
  readonly #isMeasured: boolean;
  #guest: Guest | undefined;
  #isRunning = false;
  #isClosed = false;
  #last: Call | undefined;
  #memoryBytes = 0;

  /**
   * Makes and starts the first instance.
   *
   * @param blueprint What to link.
   * @param session Session of the plug-in.
   * @param isMeasured Whether calls are timed.
   * @throws {PluginError} `link/…`, `memory/limit` or `start/failed`.
   */
  constructor(blueprint: Blueprint, session: Session, isMeasured: boolean) {
    this.#blueprint = blueprint;
    this.#session = session;
    this.#isMeasured = isMeasured;
    this.functions = (blueprint.modules[blueprint.main]?.exports ?? []).filter(isPluginFunction).map((each) => each.name);
    this.#start({});
  }

  get lastCall(): CallStats | undefined {
    return this.#last?.stats(this.#guest === undefined ? this.#memoryBytes : this.#countMemory(this.#guest));
  }

  /** Whether there is an instance; if not, the next call makes one. */
  get isStarted(): boolean {
    return this.#guest !== undefined;
  }

  /**
   * Makes and starts a fresh instance now, and keeps the variables.
   *
   * @param options Signal and limit of the start.
   * @throws {PluginError} As the constructor.
   */
  restart(options: CallOptions): void {
    this.#drop();
    this.#start(options);
  }

  call(name: string, input: Uint8Array, options: CallOptions): Promise<Output> {
    const guest = this.#ready(name, options);
    const call = this.#begin(guest, name, input, options);
    const run = guest.waiting?.get(name);
    if (run === undefined) return Promise.resolve(this.#runSync(guest, call, input));
    return new Promise((resolve, reject) => {
      const end = (outcome: () => Output): void => {
        if (call.isOver) return;
        try {
          resolve(outcome());
        } catch (failure) {
          reject(failure);
        }
      };
      call.waiting = { cut: (failure) => end(() => this.#fail(guest, call, failure)), stopWatching: undefined, ending: undefined, response: undefined };
      const fail = (thrown: unknown): void => end(() => this.#fail(guest, call, thrown));
      try {
        this.#session.kernel.begin(input);
        run().then((code) => end(() => this.#complete(guest, call, code)), fail);
      } catch (thrown) {
        fail(thrown); // the input does not fit, or there is no stack left to begin on
      }
    });
  }

  callSync(name: string, input: Uint8Array, options: CallOptions): Output {
    const guest = this.#ready(name, options);
    return this.#runSync(guest, this.#begin(guest, name, input, options), input);
  }

  async reset(): Promise<void> {
    this.#checkReady("reset");
    this.#drop();
    this.#session.vars.clear();
  }

  async warm(): Promise<void> {
    this.#checkReady("warm");
    if (this.#guest === undefined) this.#start({});
  }

  exports(): WebAssembly.Exports {
    this.#checkReady("exports");
    const { main } = this.#guest ?? this.#start({});
    return Object.freeze(Object.fromEntries(main.module.exports.map(({ name }) => [name, main.exports[name] as WebAssembly.ExportValue])));
  }

  async close(): Promise<void> {
    const { call } = this.#session;
    if (this.#isRunning) {
      // A call that waits is ended; one that runs cannot be, and is the one that closes.
      if (call.waiting?.stopWatching === undefined) throw this.#named(new PluginError("call/reentrant", `Cannot close the plug-in: "${call.function}" is running`, { running: call.function }));
      call.waiting.cut(this.#named(new PluginError("plugin/closed", `${call.action}: the plug-in was closed`, {}), call.function));
    }
    this.#isClosed = true;
    this.#drop();
    this.#session.vars.clear();
  }

  #checkReady(name: string): void {
    const { plugin } = this.#session;
    if (this.#isClosed) throw new PluginError("plugin/closed", `Cannot call "${name}": the plug-in is closed`, {}, { plugin, function: name });
    if (!this.#isRunning) return;
    const running = this.#session.call.function;
    throw new PluginError("call/reentrant", `Cannot call "${name}": "${running}" is running, and one plug-in runs one call at a time; use a second plug-in`, { running }, { plugin, function: name });
  }

  #ready(name: string, options: CallOptions): Guest {
    this.#checkReady(name);
    const guest = this.#guest ?? this.#start(options);
    if (guest.functions.has(name)) return guest;
    throw this.#named(notCallable(name, guest.main.module.exports), name);
  }

  #begin(guest: Guest, name: string, input: Uint8Array, options: CallOptions): Call {
    const session = this.#session;
    const call = session.beginCall(name, options);
    call.inputBytes = input.length;
    if (options.signal?.aborted) {
      call.isOver = true;
      throw this.#named(abortFailure(call), name);
    }
    if (this.#isMeasured) {
      call.startMs = session.platform.now();
      call.deadline = call.startMs + call.timeoutMs;
    }
    this.#isRunning = true;
    if (guest.hasFuel) refuel(guest.controls, session.limits.fuel);
    return call;
  }

  #runSync(guest: Guest, call: Call, input: Uint8Array): Output {
    let code: unknown;
    try {
      this.#session.kernel.begin(input);
      code = (guest.functions.get(call.function) as GuestFunction)();
    } catch (thrown) {
      return this.#fail(guest, call, thrown);
    }
    return this.#complete(guest, call, code);
  }

  /** The function returned: its output, or the failure it reported. */
  #complete(guest: Guest, call: Call, code: unknown, isExit = false): Output {
    if (call.exitCode !== undefined && !isExit) return this.#fail(guest, call, new WasiExit(call.exitCode));
    const limited = guest.hasFuel ? limitFailure(guest.controls, this.#session) : undefined;
    let failure: PluginError | undefined;
    let output = NO_BYTES;
    try {
      failure = call.failure ?? limited ?? this.#reportedFailure(call.function, code);
      if (failure === undefined) output = this.#session.kernel.output();
    } catch (thrown) {
      failure = this.#thrownFailure(call.function, thrown);
    }
    return this.#end(guest, call, output, failure, isExit || call.failure !== undefined || limited !== undefined || call.function === COMMAND_EXPORT);
  }

  /** Something was thrown: a trap, a failure, or a clean exit, which is a result. */
  #fail(guest: Guest, call: Call, thrown: unknown): Output {
    const failure = call.failure === undefined ? this.#thrownFailure(call.function, thrown) : this.#named(call.failure, call.function, guestStack(thrown));
    return failure === undefined ? this.#complete(guest, call, 0, true) : this.#end(guest, call, NO_BYTES, failure, true);
  }

  #end(guest: Guest, call: Call, output: Uint8Array<ArrayBuffer>, failure: PluginError | undefined, isSpent: boolean): Output {
    let lastFailure = failure;
    if (guest.wasi.length > 0) {
      try {
        for (const wasi of guest.wasi) wasi.flush();
      } catch (thrown) {
        lastFailure ??= this.#thrownFailure(call.function, thrown);
      }
    }
    call.isOver = true;
    if (call.waiting !== undefined) {
      call.waiting.stopWatching?.();
      call.waiting.ending?.abort();
    }
    this.#isRunning = false;
    call.outputBytes = output.length;
    if (this.#isMeasured) call.durationMs = this.#session.platform.now() - call.startMs;
    if (guest.hasFuel) call.fuel = usedFuel(guest.controls, this.#session.limits.fuel);
    this.#last = call;
    if (isSpent) this.#drop();
    if (lastFailure !== undefined) throw this.#named(lastFailure, call.function);
    return new Output(output, output.length > 0 || this.#session.kernel.hasOutput);
  }

  #start(options: CallOptions): Guest {
    const session = this.#session;
    session.beginCall("", options);
    this.#isRunning = true;
    try {
      this.#guest = startGuest(this.#blueprint, session);
      if (session.call.failure !== undefined) throw session.call.failure;
      return this.#guest;
    } catch (thrown) {
      this.#drop();
      throw this.#startFailure(thrown);
    } finally {
      this.#isRunning = false;
      session.call.isOver = true;
    }
  }

  #drop(): void {
    const guest = this.#guest;
    if (guest === undefined) return;
    this.#memoryBytes = this.#countMemory(guest);
    for (const wasi of guest.wasi) wasi.close();
    this.#guest = undefined;
    if (guest.borrowed !== undefined) returnKernel(guest.borrowed);
  }

  #countMemory(guest: Guest): number {
    return guest.memories.reduce((sum, memory) => sum + memory.buffer.byteLength, this.#session.kernel.memoryBytes);
  }

  /** The failure that the plug-in reported itself. */
  #reportedFailure(name: string, code: unknown): PluginError | undefined {
    if (code !== undefined && typeof code !== "number") return this.#named(notCallable(name, this.#guest?.main.module.exports ?? []), name);
    const text = this.#session.kernel.error();
    if (text === undefined && (code === undefined || code === 0)) return undefined;
    const returnCode = code ?? 0;
    const why = text ? clipText(text) : `it returned ${returnCode}`;
    return new PluginError("call/failed", `The plug-in "${this.#session.plugin}" failed in "${name}": ${why}`, { returnCode, text: text ?? "" }, { plugin: this.#session.plugin, function: name });
  }

  /** What the engine threw, as a failure; `undefined` for a clean exit. */
  #thrownFailure(name: string, thrown: unknown): PluginError | undefined {
    const { plugin } = this.#session;
    const stack = guestStack(thrown);
    const context = { cause: thrown, plugin, function: name, guestStack: stack };
    const place = stack[0] === undefined ? "" : ` in ${stack[0]}`;
    if (thrown instanceof WasiExit) {
      const { exitCode } = thrown;
      if (exitCode === 0) return undefined;
      return new PluginError("call/exit", `The plug-in "${plugin}" ended itself in "${name}" with exit code ${exitCode}`, { exitCode }, { plugin, function: name });
    }
    const kind = trapKind(thrown);
    const limited = kind === "unreachable" && this.#guest !== undefined ? limitFailure(this.#guest.controls, this.#session) : undefined;
    if (limited !== undefined) return new PluginError(limited.code, limited.message, limited.details, context);
    if (kind === "stack-overflow") {
      return new PluginError("call/stack-overflow", `The plug-in "${plugin}" failed in "${name}": its calls are nested too deep`, { limit: undefined }, context);
    }
    if (kind !== undefined) return new PluginError("call/trap", `The plug-in "${plugin}" trapped in "${name}": ${kind}${place}`, { kind }, context);
    if (PluginError.is(thrown)) return this.#named(thrown, name);
    return new PluginError("call/trap", `The plug-in "${plugin}" failed in "${name}": ${String(thrown)}`, { kind: "other" }, context);
  }

  #startFailure(thrown: unknown): PluginError {
    const { call, plugin } = this.#session;
    if (call.failure !== undefined) return this.#named(call.failure);
    if (PluginError.is(thrown)) return this.#named(thrown);
    if (thrown instanceof WasiExit) {
      return new PluginError("start/failed", `Cannot start the plug-in "${plugin}": it ended itself with exit code ${thrown.exitCode}`, { phase: "start" }, { plugin });
    }
    const stack = guestStack(thrown);
    const kind = trapKind(thrown) ?? String(thrown);
    const place = stack[0] === undefined ? "" : ` in ${stack[0]}`;
    if (kind === "stack-overflow") return new PluginError("call/stack-overflow", `Cannot start the plug-in "${plugin}": its calls are nested too deep`, { limit: undefined }, { cause: thrown, plugin, guestStack: stack });
    return new PluginError("start/failed", `Cannot start the plug-in "${plugin}": ${kind}${place}`, { phase: "start" }, { cause: thrown, plugin, guestStack: stack });
  }

  /** Adds the plug-in's name, and the guest's stack, to a failure that does not have them yet. */
  #named(failure: PluginError, name?: string, stack: readonly string[] = failure.guestStack): PluginError {
    if (failure.plugin !== undefined && stack === failure.guestStack) return failure;
    const context = { cause: failure.cause, plugin: this.#session.plugin, function: name ?? failure.function, guestStack: stack };
    return new PluginError(failure.code, failure.message, failure.details, context);
  }
}
