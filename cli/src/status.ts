/** What is being done right now, for a person who waits: a line that goes away, or one line in a log after a second. */

import { escapeLine } from "./escape.ts";
import type { Channel } from "./terminal.ts";

const PATIENCE_MS = 1000;
const WIDTH = 78;

/** Shows one thing at a time. */
export class Status {
  readonly #channel: Channel;
  #timer: NodeJS.Timeout | undefined;
  #isShown = false;

  /** @param channel Where to show it. */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /**
   * Shows what begins. In a terminal at once, because a plug-in that runs on this thread lets no timer fire.
   *
   * @param text What is done, without a full stop.
   */
  show(text: string): void {
    this.clear();
    const line = `${escapeLine(text).slice(0, WIDTH)} …`;
    if (this.#channel.isTerminal) {
      this.#channel.write(this.#channel.paint("dim", line));
      this.#isShown = true;
    } else {
      this.#timer = setTimeout(() => this.#channel.write(`${line}\n`), PATIENCE_MS);
    }
  }

  /** Takes it away; anything else that is written comes after this. */
  clear(): void {
    clearTimeout(this.#timer);
    if (this.#isShown) this.#channel.write("\r\x1b[2K");
    this.#isShown = false;
  }
}
