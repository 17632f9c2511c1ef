/**
 * A thread of plug-ins: takes messages, runs commands, and sleeps in between. Runs on the plug-ins' thread.
 *
 * While one plug-in waits for its host function, the thread serves the others, so a host function may call a plug-in that
 * shares the thread. Those calls stand on one stack: the inner one ends before the outer one goes on, and begins only if
 * the outer one has left it room.
 */

import { BELL, type HostMessage, type ThreadMessage } from "./protocol.ts";
import { GuestSeat } from "./guest-seat.ts";

/** What a thread has to talk with the host. */
export interface ThreadPort {
  readonly post: (message: ThreadMessage) => void;
  /** Takes the next message without waiting; absent where messages arrive only as events. */
  readonly receive?: () => HostMessage | undefined;
  /** How much of its stack a plug-in must have left for another to run on top of it: an eighth, or a quarter of a small one. */
  readonly roomBytes: number;
}

/** The plug-ins of a thread. */
export class GuestThread {
  readonly #port: ThreadPort;
  readonly #seats = new Map<number, GuestSeat>();
  #bell: Int32Array<SharedArrayBuffer> = new Int32Array(new SharedArrayBuffer(BELL.bytes));
  #received = 0;

  /** @param port Talks with the host. */
  constructor(port: ThreadPort) {
    this.#port = port;
  }

  /**
   * Takes a message that came as an event, then runs whatever is to run. A thread that can take messages itself stays in
   * here for good.
   *
   * @param message The message.
   */
  handle(message: HostMessage): void {
    this.#received += 1;
    this.#take(message);
    this.#serve(undefined);
  }

  /** Serves until a plug-in has its answer, or for a thread that is not waiting: until there is nothing to do. */
  #serve(waiting: GuestSeat | undefined): void {
    for (;;) {
      const rung = Atomics.load(this.#bell, BELL.rung);
      if (waiting?.isAnswered) return;
      if (this.#isAsked && (waiting === undefined || hasRoom(this.#port.roomBytes)) && (this.#takeMessage() || this.#runCommand())) continue;
      if (waiting === undefined && this.#port.receive === undefined) return;
      Atomics.wait(this.#bell, BELL.rung, rung);
    }
  }

  /** Whether there is a message to be taken, or a command. */
  get #isAsked(): boolean {
    if (this.#hasMessage) return true;
    for (const seat of this.#seats.values()) if (seat.isCommanded) return true;
    return false;
  }

  get #hasMessage(): boolean {
    return this.#port.receive !== undefined && Atomics.load(this.#bell, BELL.messages) !== this.#received;
  }

  #takeMessage(): boolean {
    const message = this.#hasMessage ? this.#port.receive?.() : undefined;
    if (message === undefined) return false;
    this.#received += 1;
    this.#take(message);
    return true;
  }

  #runCommand(): boolean {
    for (const seat of this.#seats.values()) {
      if (!seat.isCommanded || !seat.claim()) continue;
      seat.run();
      return true;
    }
    return false;
  }

  #take(message: HostMessage): void {
    switch (message.kind) {
      case "load": {
        this.#bell = new Int32Array(message.bell);
        this.#seats.set(message.id, new GuestSeat(message, { post: this.#port.post, wait: (waiting) => this.#serve(waiting) }));
        return;
      }
      case "unload":
        this.#seats.delete(message.id);
        return;
      case "wake":
        return;
      default:
        message satisfies never;
    }
  }
}

/** Whether the stack has room: arguments lie on it, eight bytes each, whatever an engine makes of the code. */
function hasRoom(bytes: number): boolean {
  const values = Array.from({ length: 1000 });
  let left = bytes / 8 / values.length;
  const descend = (): void => {
    left -= 1;
    if (left > 0) Reflect.apply(descend, undefined, values);
  };
  try {
    descend();
    return true;
  } catch {
    return false;
  }
}
