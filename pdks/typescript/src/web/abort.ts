/**
 * `AbortController` and `AbortSignal`.
 * Source: https://dom.spec.whatwg.org/#aborting-ongoing-activities
 */
import { Event, EventTarget } from "./events.ts";
import { setTimeout } from "./timers.ts";

declare const DOMException: new (message: string, name: string) => Error;

let abort: (signal: AbortSignal, reason: unknown) => void;

/** Says whether, and why, something shall stop. */
export class AbortSignal extends EventTarget {
  #isAborted = false;
  #reason: unknown;
  // null is what the standard says for no handler.
  #handler: ((event: Event) => unknown) | null = null;
  #isHandling = false;

  static {
    abort = (signal, reason) => {
      if (signal.#isAborted) return;
      signal.#isAborted = true;
      signal.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
      signal.dispatchEvent(new Event("abort"));
    };
  }

  get onabort(): ((event: Event) => unknown) | null { return this.#handler; }
  set onabort(handler: ((event: Event) => unknown) | null) {
    this.#handler = handler;
    // Its turn among the listeners is the one it had when it was first set.
    if (!this.#isHandling) this.addEventListener("abort", (event) => this.#handler?.(event));
    this.#isHandling = true;
  }
  get aborted(): boolean { return this.#isAborted; }
  get reason(): unknown { return this.#reason; }
  throwIfAborted(): void { if (this.#isAborted) throw this.#reason; }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal();
    abort(signal, reason);
    return signal;
  }

  static timeout(delayMs: number): AbortSignal {
    const signal = new AbortSignal();
    setTimeout(() => abort(signal, new DOMException("The operation timed out", "TimeoutError")), delayMs);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const combined = new AbortSignal();
    for (const signal of signals) {
      if (signal.aborted) abort(combined, signal.reason);
      else signal.addEventListener("abort", () => abort(combined, signal.reason), { once: true });
    }
    return combined;
  }
}

/** Makes a signal and triggers it. */
export class AbortController {
  readonly signal: AbortSignal = new AbortSignal();

  abort(reason?: unknown): void {
    abort(this.signal, reason);
  }
}
