/**
 * `TransformStream`: what is written to one side is read, changed, from the other.
 * Source: https://streams.spec.whatwg.org/#ts
 */
import { type ReadableController, ReadableStream } from "./readable-stream.ts";
import { WritableStream } from "./writable-stream.ts";

type Transformer<I, O> = { start?(controller: TransformController<O>): unknown; transform?(chunk: I, controller: TransformController<O>): unknown; flush?(controller: TransformController<O>): unknown };

/** What a transformer puts its results in with. */
class TransformController<O> {
  readonly #output: ReadableController<O>;
  constructor(output: ReadableController<O>) { this.#output = output; }
  get desiredSize(): number { return this.#output.desiredSize; }
  enqueue(chunk: O): void { this.#output.enqueue(chunk); }
  error(reason: unknown): void { this.#output.error(reason); }
  terminate(): void { this.#output.close(); }
}

/** A writable stream whose chunks come out of a readable one, changed. */
export class TransformStream<I = unknown, O = I> {
  readonly readable: ReadableStream<O>;
  readonly writable: WritableStream<I>;

  constructor(transformer: Transformer<I, O> = {}) {
    let controller!: TransformController<O>;
    let output!: ReadableController<O>;
    this.readable = new ReadableStream<O>({ start: (given) => { output = given; controller = new TransformController(given); } });
    const fail = (error: unknown): never => {
      output.error(error);
      throw error;
    };
    this.writable = new WritableStream<I>({
      start: () => transformer.start?.(controller),
      write: async (chunk) => {
        if (transformer.transform === undefined) return controller.enqueue(chunk as unknown as O);
        try {
          await transformer.transform(chunk, controller);
        } catch (error) {
          fail(error);
        }
      },
      close: async () => {
        try {
          await transformer.flush?.(controller);
          output.close();
        } catch (error) {
          fail(error);
        }
      },
      abort: (reason) => output.error(reason),
    });
  }
}
