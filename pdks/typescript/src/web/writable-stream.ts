/**
 * `WritableStream`: one chunk after the other.
 * Source: https://streams.spec.whatwg.org/#ws
 */
import { defer, type Deferred } from "./deferred.ts";

type Sink<T> = { start?(controller: WritableController): unknown; write?(chunk: T, controller: WritableController): unknown; close?(): unknown; abort?(reason: unknown): unknown };

/** What a sink can stop its stream with. */
export class WritableController {
  readonly #fail: (reason: unknown) => void;
  constructor(fail: (reason: unknown) => void) { this.#fail = fail; }
  error(reason: unknown): void { this.#fail(reason); }
}

type WriterSide<T> = { write(chunk: T): Promise<void>; close(): Promise<void>; abort(reason: unknown): Promise<void>; closed: Promise<undefined>; ready(): Promise<unknown> };

/** Writes to a stream, alone. */
export class WritableStreamDefaultWriter<T = unknown> {
  readonly #stream: WriterSide<T>;
  readonly #release: () => void;
  constructor(stream: WriterSide<T>, release: () => void) {
    this.#stream = stream;
    this.#release = release;
  }
  get closed(): Promise<undefined> { return this.#stream.closed; }
  get ready(): Promise<unknown> { return this.#stream.ready(); }
  get desiredSize(): number { return 1; }
  write(chunk: T): Promise<void> { return this.#stream.write(chunk); }
  close(): Promise<void> { return this.#stream.close(); }
  abort(reason?: unknown): Promise<void> { return this.#stream.abort(reason); }
  releaseLock(): void { this.#release(); }
}

/** Takes chunks, one after the other. */
export class WritableStream<T = unknown> {
  readonly #sink: Sink<T>;
  readonly #controller: WritableController;
  readonly #closed: Deferred<undefined> = defer();
  #last: Promise<unknown>;
  #state: "writable" | "closed" | "errored" = "writable";
  #reason: unknown;
  #isLocked = false;

  constructor(sink: Sink<T> = {}) {
    this.#sink = sink;
    this.#controller = new WritableController((reason) => this.#fail(reason));
    this.#last = Promise.resolve(sink.start?.(this.#controller));
    this.#last.catch((reason: unknown) => this.#fail(reason));
  }

  get locked(): boolean { return this.#isLocked; }

  getWriter(): WritableStreamDefaultWriter<T> {
    if (this.#isLocked) throw new TypeError("Cannot write to the stream: it has a writer already");
    this.#isLocked = true;
    return new WritableStreamDefaultWriter<T>({
      write: (chunk) => this.#write(chunk), close: () => this.#close(), abort: (reason) => this.#abort(reason),
      closed: this.#closed.promise, ready: () => this.#last.then(() => undefined),
    }, () => { this.#isLocked = false; });
  }

  close(): Promise<void> { return this.#close(); }
  abort(reason?: unknown): Promise<void> { return this.#abort(reason); }

  #write(chunk: T): Promise<void> {
    return this.#next(async () => this.#sink.write?.(chunk, this.#controller));
  }

  #close(): Promise<void> {
    return this.#next(async () => {
      await this.#sink.close?.();
      this.#state = "closed";
      this.#closed.resolve(undefined);
    });
  }

  async #abort(reason: unknown): Promise<void> {
    if (this.#state !== "writable") return;
    this.#fail(reason);
    await this.#sink.abort?.(reason);
  }

  #next(step: () => Promise<unknown>): Promise<void> {
    const done = this.#last.then(async () => {
      if (this.#state === "errored") throw this.#reason;
      if (this.#state === "closed") throw new TypeError("Cannot write: the stream is closed");
      try {
        await step();
      } catch (error) {
        this.#fail(error);
        throw error;
      }
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  #fail(reason: unknown): void {
    if (this.#state !== "writable") return;
    this.#state = "errored";
    this.#reason = reason;
    this.#closed.reject(reason);
  }
}
