/**
 * `ReadableStream`, as far as one call can use it: bodies, pipes and iteration. Byte streams with their own buffers
 * (BYOB) are not here.
 * Source: https://streams.spec.whatwg.org/#rs
 */
import { defer, type Deferred } from "./deferred.ts";
import type { WritableStream } from "./writable-stream.ts";

type Source<T> = { start?(controller: ReadableController<T>): unknown; pull?(controller: ReadableController<T>): unknown; cancel?(reason: unknown): unknown };
type Strategy = { highWaterMark?: number; size?(chunk: unknown): number };
type Result<T> = { done: false; value: T } | { done: true; value: undefined };

/** What a source puts chunks in with. */
export class ReadableController<T> {
  readonly #core: Core<T>;
  constructor(core: Core<T>) { this.#core = core; }
  get desiredSize(): number { return this.#core.highWaterMark - this.#core.queue.length; }
  enqueue(chunk: T): void { this.#core.enqueue(chunk); }
  close(): void { this.#core.close(); }
  error(reason: unknown): void { this.#core.error(reason); }
}

/** The state of a readable stream: chunks that wait for readers, or readers that wait for chunks. */
class Core<T> {
  readonly queue: T[] = [];
  readonly highWaterMark: number;
  readonly closed: Deferred<undefined> = defer();
  state: "readable" | "closing" | "closed" | "errored" = "readable";
  reason: unknown;
  readonly #source: Source<T>;
  readonly #controller: ReadableController<T>;
  readonly #waiting: Deferred<Result<T>>[] = [];
  #started: Promise<unknown>;
  #isPulling = false;

  constructor(source: Source<T>, highWaterMark: number) {
    this.#source = source;
    this.highWaterMark = highWaterMark;
    this.#controller = new ReadableController(this);
    this.#started = Promise.resolve(source.start?.(this.#controller));
    this.#started.then(() => this.#pull(), (reason: unknown) => this.error(reason));
  }

  enqueue(chunk: T): void {
    if (this.state !== "readable") throw new TypeError("Cannot add a chunk: the stream is closed");
    const reader = this.#waiting.shift();
    if (reader === undefined) this.queue.push(chunk);
    else reader.resolve({ done: false, value: chunk });
    this.#pull();
  }

  close(): void {
    if (this.state !== "readable") throw new TypeError("Cannot close the stream: it is closed already");
    this.state = "closing";
    this.#finish();
  }

  error(reason: unknown): void {
    if (this.state === "closed" || this.state === "errored") return;
    this.state = "errored";
    this.reason = reason;
    this.queue.length = 0;
    for (const reader of this.#waiting.splice(0)) reader.reject(reason);
    this.closed.reject(reason);
  }

  read(): Promise<Result<T>> {
    if (this.state === "errored") return Promise.reject(this.reason);
    if (this.queue.length > 0) {
      const value = this.queue.shift() as T;
      this.#finish();
      this.#pull();
      return Promise.resolve({ done: false, value });
    }
    if (this.state === "closed") return Promise.resolve({ done: true, value: undefined });
    const reader = defer<Result<T>>();
    this.#waiting.push(reader);
    this.#pull();
    return reader.promise;
  }

  async cancel(reason: unknown): Promise<void> {
    if (this.state === "errored") throw this.reason;
    if (this.state === "closed") return;
    this.queue.length = 0;
    this.state = "closing";
    this.#finish();
    await this.#source.cancel?.(reason);
  }

  #finish(): void {
    if (this.state !== "closing" || this.queue.length > 0) return;
    this.state = "closed";
    for (const reader of this.#waiting.splice(0)) reader.resolve({ done: true, value: undefined });
    this.closed.resolve(undefined);
  }

  #pull(): void {
    const isWanted = this.#waiting.length > 0 || this.queue.length < this.highWaterMark;
    if (this.state !== "readable" || this.#isPulling || !isWanted || this.#source.pull === undefined) return;
    this.#isPulling = true;
    this.#started = this.#started.then(() => this.#source.pull?.(this.#controller)).then(
      () => { this.#isPulling = false; if (this.#waiting.length > 0 || this.queue.length < this.highWaterMark) this.#pull(); },
      (reason: unknown) => this.error(reason),
    );
  }
}

/** Reads a stream chunk by chunk, alone. */
export class ReadableStreamDefaultReader<T = unknown> {
  #core: Core<T> | undefined;
  readonly #release: () => void;
  constructor(core: Core<T>, release: () => void) {
    this.#core = core;
    this.#release = release;
  }
  get closed(): Promise<undefined> { return this.#open().closed.promise; }
  read(): Promise<Result<T>> { return this.#core === undefined ? Promise.reject(new TypeError("Cannot read: the reader was released")) : this.#core.read(); }
  cancel(reason?: unknown): Promise<void> { return this.#open().cancel(reason); }
  releaseLock(): void {
    this.#core = undefined;
    this.#release();
  }
  #open(): Core<T> {
    if (this.#core === undefined) throw new TypeError("Cannot use the reader: it was released");
    return this.#core;
  }
}

/** Chunks that can be read once. */
export class ReadableStream<T = unknown> {
  readonly #core: Core<T>;
  #isLocked = false;

  constructor(source: Source<T> = {}, strategy: Strategy = {}) {
    this.#core = new Core(source, strategy.highWaterMark ?? 1);
  }

  static from<T>(items: Iterable<T> | AsyncIterable<T>): ReadableStream<T> {
    const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    return new ReadableStream<T>({
      async pull(controller) {
        const { done, value } = (await iterator.next()) as IteratorResult<T, unknown>;
        if (done === true) controller.close();
        else controller.enqueue(await value);
      },
      async cancel(reason) { await iterator.return?.(reason); },
    }, { highWaterMark: 0 });
  }

  get locked(): boolean { return this.#isLocked; }

  getReader(): ReadableStreamDefaultReader<T> {
    if (this.#isLocked) throw new TypeError("Cannot read the stream: it has a reader already");
    this.#isLocked = true;
    return new ReadableStreamDefaultReader(this.#core, () => { this.#isLocked = false; });
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#isLocked ? Promise.reject(new TypeError("Cannot cancel the stream: it has a reader")) : this.#core.cancel(reason);
  }

  async pipeTo(target: WritableStream<T>, { preventClose = false, preventAbort = false, preventCancel = false }: { preventClose?: boolean; preventAbort?: boolean; preventCancel?: boolean } = {}): Promise<void> {
    const reader = this.getReader();
    const writer = target.getWriter();
    try {
      for (;;) {
        let chunk: Result<T>;
        try {
          chunk = await reader.read();
        } catch (error) {
          if (!preventAbort) await writer.abort(error);
          throw error;
        }
        if (chunk.done) break;
        try {
          await writer.write(chunk.value);
        } catch (error) {
          if (!preventCancel) await reader.cancel(error);
          throw error;
        }
      }
      if (!preventClose) await writer.close();
    } finally {
      reader.releaseLock();
      writer.releaseLock();
    }
  }

  pipeThrough<O>({ readable, writable }: { readable: ReadableStream<O>; writable: WritableStream<T> }, options: { preventClose?: boolean; preventAbort?: boolean; preventCancel?: boolean } = {}): ReadableStream<O> {
    this.pipeTo(writable, options).catch(() => undefined);
    return readable;
  }

  tee(): [ReadableStream<T>, ReadableStream<T>] {
    const reader = this.getReader();
    const controllers: ReadableController<T>[] = [];
    let isReading = false;
    const pull = async (): Promise<void> => {
      if (isReading) return;
      isReading = true;
      try {
        const { done, value } = await reader.read();
        for (const controller of controllers) {
          if (done) controller.close();
          else controller.enqueue(value);
        }
      } catch (error) {
        for (const controller of controllers) controller.error(error);
      } finally {
        isReading = false;
      }
    };
    const branch = (): ReadableStream<T> => new ReadableStream<T>({ start: (controller) => void controllers.push(controller), pull }, { highWaterMark: 0 });
    return [branch(), branch()];
  }

  async *values(): AsyncGenerator<T, void> {
    const reader = this.getReader();
    let isDone = false;
    try {
      for (;;) {
        const chunk = await reader.read();
        if (chunk.done) {
          isDone = true;
          return;
        }
        yield chunk.value;
      }
    } finally {
      if (!isDone) await reader.cancel();
      reader.releaseLock();
    }
  }
  [Symbol.asyncIterator](): AsyncGenerator<T, void> { return this.values(); }
}
