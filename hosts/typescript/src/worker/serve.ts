/**
 * A thread of plug-ins: takes messages, runs commands, and sleeps in between. Runs on the plug-ins' thread.
 *
 * While one plug-in waits for its host function, the thread serves the others, so a host function may call a plug-in that
 * shares the thread. Those calls stand on one stack: the inner one ends before the outer one goes on.
 */

import { BELL, type HostMessage, type ThreadMessage } from "./protocol.ts";
import { GuestSeat } from "./guest-seat.ts";

/** What a thread has to talk with the host. */
export interface ThreadPort {
  readonly post: (message: ThreadMessage) => void;
  /** Takes the next message without waiting; absent where messages arrive only as events. */
  readonly receive?: () => HostMessage | undefined;
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
      if (this.#takeMessages()) continue;
      const next = this.#claim();
      if (next !== undefined) {
        next.run();
        continue;
      }
      if (waiting === undefined && this.#port.receive === undefined) return;
      Atomics.wait(this.#bell, BELL.rung, rung);
    }
  }

  #claim(): GuestSeat | undefined {
    for (const seat of this.#seats.values()) if (seat.claim()) return seat;
    return undefined;
  }

  #takeMessages(): boolean {
    const { receive } = this.#port;
    if (receive === undefined || Atomics.load(this.#bell, BELL.messages) === this.#received) return false;
    const message = receive();
    if (message === undefined) return false;
    this.#received += 1;
    this.#take(message);
    return true;
  }

  #take(message: HostMessage): void {
    switch (message.kind) {
      case "load": {
        this.#bell = new Int32Array(message.bell);
        const seat = new GuestSeat(message, { post: this.#port.post, wait: (waiting) => this.#serve(waiting) });
        this.#seats.set(message.id, seat);
        seat.load();
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
