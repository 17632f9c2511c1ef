/** A promise and the two functions that settle it. A rejection nobody looks at is no unhandled one. */

/** A promise that others settle. */
export type Deferred<T> = { promise: Promise<T>; resolve(value: T): void; reject(reason: unknown): void };

/** Makes one. */
export function defer<T>(): Deferred<T> {
  let resolve!: (value: T) => void, reject!: (reason: unknown) => void;
  const promise = new Promise<T>((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
