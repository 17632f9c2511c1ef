/**
 * `Event`, `EventTarget` and `CustomEvent`, without a tree to bubble through.
 * Source: https://dom.spec.whatwg.org/#events
 */
import { log } from "../log.ts";

type EventInit = { bubbles?: boolean; cancelable?: boolean; composed?: boolean };
type Listener = ((event: Event) => unknown) | { handleEvent(event: Event): unknown };
type ListenerOptions = { once?: boolean; capture?: boolean; passive?: boolean; signal?: { aborted: boolean; addEventListener(type: string, listener: () => void): void } };
type Entry = { type: string; listener: Listener; once: boolean; capture: boolean; removed: boolean };

let begin: (event: Event, target: EventTarget) => void;
let end: (event: Event) => void;
let isStopped: (event: Event) => boolean;

/** Something that happened. */
export class Event {
  readonly type: string;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  readonly isTrusted: boolean = false;
  // null is what the standard says for an event that is not being dispatched.
  target: EventTarget | null = null;
  currentTarget: EventTarget | null = null;
  eventPhase = 0;
  #isPrevented = false;
  #isStopped = false;

  static {
    begin = (event, target) => {
      event.target = event.currentTarget = target;
      event.eventPhase = 2;
      event.#isStopped = false;
    };
    end = (event) => {
      event.currentTarget = null;
      event.eventPhase = 0;
    };
    isStopped = (event) => event.#isStopped;
  }

  constructor(type: string, { bubbles = false, cancelable = false, composed = false }: EventInit = {}) {
    this.type = String(type);
    this.bubbles = bubbles;
    this.cancelable = cancelable;
    this.composed = composed;
  }

  get defaultPrevented(): boolean { return this.#isPrevented; }
  get timeStamp(): number { return 0; }
  preventDefault(): void { if (this.cancelable) this.#isPrevented = true; }
  stopPropagation(): void {}
  stopImmediatePropagation(): void { this.#isStopped = true; }
  composedPath(): EventTarget[] { return this.currentTarget === null ? [] : [this.currentTarget]; }
  get [Symbol.toStringTag](): string { return this.constructor.name; }
}

/** An event with a value of any kind. */
export class CustomEvent<T = unknown> extends Event {
  readonly detail: T;

  constructor(type: string, init: EventInit & { detail?: T } = {}) {
    super(type, init);
    this.detail = (init.detail ?? null) as T;
  }
}

/** What events are dispatched to. */
export class EventTarget {
  #entries: Entry[] = [];

  addEventListener(type: string, listener: Listener | null, options: ListenerOptions | boolean = {}): void {
    if (listener === null || listener === undefined) return;
    const { once = false, capture = false, signal } = typeof options === "boolean" ? { capture: options } : options;
    if (signal?.aborted === true) return;
    if (this.#entries.some((entry) => entry.type === type && entry.listener === listener && entry.capture === capture)) return;
    const entry: Entry = { type: String(type), listener, once, capture, removed: false };
    this.#entries.push(entry);
    signal?.addEventListener("abort", () => this.#remove(entry));
  }

  removeEventListener(type: string, listener: Listener | null, options: { capture?: boolean } | boolean = {}): void {
    const capture = typeof options === "boolean" ? options : (options.capture ?? false);
    const entry = this.#entries.find((candidate) => candidate.type === type && candidate.listener === listener && candidate.capture === capture);
    if (entry !== undefined) this.#remove(entry);
  }

  dispatchEvent(event: Event): boolean {
    if (event.eventPhase !== 0) throw new Error("Cannot dispatch the event: it is being dispatched already");
    begin(event, this);
    for (const entry of [...this.#entries]) {
      if (entry.type !== event.type || entry.removed) continue;
      if (entry.once) this.#remove(entry);
      try {
        if (typeof entry.listener === "function") entry.listener.call(this, event);
        else entry.listener.handleEvent(event);
      } catch (error) {
        log.error(`Uncaught error in a listener for "${event.type}":`, error);
      }
      if (isStopped(event)) break;
    }
    end(event);
    return !event.defaultPrevented;
  }

  #remove(entry: Entry): void {
    entry.removed = true;
    this.#entries = this.#entries.filter((candidate) => candidate !== entry);
  }
}
