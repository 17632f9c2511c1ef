/**
 * One plug-in on the thread that runs it: the inline engine, with host functions that ask the other thread and block.
 *
 * Nothing of the host is here but what the plug-in may read anyway: its configuration and its limits.
 */

import type { ImportShape } from "../compile/compiled.ts";
import type { HostFunction, WasmValue } from "../functions.ts";
import { InlineEngine } from "../inline/engine.ts";
import type { Blueprint } from "../inline/link.ts";
import type { Platform } from "../platform.ts";
import { webPlatform } from "../platform/web.ts";
import { Kernel } from "../session/kernel.ts";
import { Session } from "../session/session.ts";
import { makeWasi } from "../imports/session-wasi.ts";
import { createPathCalls } from "../wasi/path-calls.ts";
import type { FileTree } from "../wasi/file-tree.ts";
import { sendableFailure } from "./failure.ts";
import { FileWindow } from "./file-window.ts";
import { Mailbox, RESTART, STATE } from "./mailbox.ts";
import { FILES, type LoadMessage, type SentFiles, type ThreadMessage } from "./protocol.ts";
import { remoteFolder } from "./remote-folder.ts";
import { openKernel } from "./shared-kernel.ts";

/** A thread of plug-ins may always block. */
const PLATFORM: Platform = { ...webPlatform, sleep: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms) };
const NO_BYTES = new Uint8Array(0);

/** The kernel on the plug-in's thread: the host has put the input in, and takes the output out. */
class GuestKernel extends Kernel {
  override begin(): void {}

  override output(): Uint8Array<ArrayBuffer> {
    return NO_BYTES;
  }
}

/** What a seat needs from its thread. */
export interface SeatThread {
  readonly post: (message: ThreadMessage) => void;
  /** Returns when the seat has its answer. */
  readonly wait: (seat: GuestSeat) => void;
}

/** A plug-in in its thread. */
export class GuestSeat {
  readonly #load: LoadMessage;
  readonly #thread: SeatThread;
  readonly #mailbox: Mailbox;
  readonly #signal: AbortSignal;
  #engine: InlineEngine | undefined;

  /**
   * @param load What to run.
   * @param thread The thread it is in.
   */
  constructor(load: LoadMessage, thread: SeatThread) {
    const mailbox = new Mailbox(load.mailbox);
    this.#load = load;
    this.#thread = thread;
    this.#mailbox = mailbox;
    // The inline engine reads nothing else of a signal while a plug-in runs.
    this.#signal = { get aborted() { return mailbox.isAborted; }, reason: undefined } as unknown as AbortSignal;
  }

  /** Whether the host has answered. */
  get isAnswered(): boolean {
    return this.#mailbox.state === STATE.answered;
  }

  /** Whether there is a command. */
  get isCommanded(): boolean {
    return this.#mailbox.state === STATE.command;
  }

  /** Takes a command, if there still is one; the host can no longer withdraw it then. */
  claim(): boolean {
    return this.#mailbox.change(STATE.command, STATE.running);
  }

  /** Runs the command that was claimed. The first is a restart, which links the plug-in and starts it. */
  run(): void {
    this.#report(() => {
      const engine = this.#engine;
      const options = { signal: this.#signal, timeoutMs: this.#mailbox.timeMs };
      const { index } = this.#mailbox;
      if (engine === undefined) this.#engine = new InlineEngine(this.#blueprint(), this.#session(), true);
      else if (index === RESTART) engine.restart(options);
      else engine.callSync(engine.functions[index] as string, NO_BYTES, options);
    });
  }

  #report(work: () => void): void {
    let message: ThreadMessage = this.#load.id;
    try {
      work();
    } catch (thrown) {
      message = { kind: "failed", id: this.#load.id, failure: sendableFailure(thrown) };
    }
    const stats = this.#engine?.lastCall;
    this.#mailbox.report = { memoryBytes: stats?.memoryBytes ?? 0, fuel: stats?.fuel, isAlive: this.#engine?.isStarted ?? false };
    this.#mailbox.state = STATE.done;
    this.#thread.post(message);
  }

  #session(): Session {
    const { id, plugin, limits, config, logLevel, outputLevel, isLogged } = this.#load;
    const logger = isLogged ? (entry: Parameters<NonNullable<Session["logger"]>>[0]): void => this.#thread.post({ kind: "log", id, entry }) : undefined;
    return new Session({ plugin, platform: PLATFORM, limits, config, logger, logLevel, outputLevel });
  }

  #blueprint(): Blueprint {
    const { kernel, memory, limits, main, names, offers, wasi, files } = this.#load;
    const functions: Record<string, Record<string, HostFunction>> = Object.create(null) as Record<string, Record<string, HostFunction>>;
    for (const [namespace, list] of names) {
      const space: Record<string, HostFunction> = Object.create(null) as Record<string, HostFunction>;
      for (const name of list) space[name] = isElsewhere;
      functions[namespace] = space;
    }
    const find = (namespace: string, wanted: ImportShape): ((...values: WasmValue[]) => unknown) | undefined => {
      const index = offers.findIndex((offer) => offer.namespace === namespace && offer.name === wanted.name && keyOf(offer) === keyOf(wanted));
      return index === -1 ? undefined : (...values) => this.#ask(index, values);
    };
    return {
      modules: this.#load.modules.map((module) => ({ ...module, hasKernel: false })),
      main,
      functions,
      createWasi: makeWasi(wasi, files === undefined ? [] : this.#mounts(files), createPathCalls),
      createHttp: undefined,
      offer: undefined,
      remote: { kernel: new GuestKernel(openKernel(kernel, memory), limits.memoryPages), find },
    };
  }

  #mounts({ mounts, window }: SentFiles): FileTree {
    const shared = new FileWindow(window);
    return mounts.map((mount, position) => ({ ...mount, folder: remoteFolder(position, shared, (values) => this.#question(FILES, values)) }));
  }

  #ask(index: number, values: readonly WasmValue[]): unknown {
    const results = this.#question(index, values);
    return results.length > 1 ? results : results[0];
  }

  /** Asks the host's thread to run one of its functions, and blocks until it has. */
  #question(index: number, values: readonly WasmValue[]): readonly WasmValue[] {
    const mailbox = this.#mailbox;
    mailbox.index = index;
    mailbox.write(values);
    mailbox.state = STATE.asking;
    this.#thread.post(this.#load.id);
    this.#thread.wait(this);
    const results = mailbox.read();
    mailbox.state = STATE.running;
    // What went wrong is known to the host; here it only has to end the call, and to show where it was.
    if (results === undefined) throw new Error("the host ended the call");
    return results;
  }
}

function keyOf({ signature }: { readonly signature: ImportShape["signature"] }): string {
  return signature === undefined ? "?" : `${signature.params.join()}>${signature.results.join()}`;
}

const isElsewhere: HostFunction = () => {
  throw new TypeError("this function runs on the host's thread");
};
