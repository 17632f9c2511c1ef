/**
 * `setTimeout` and `setInterval` inside one call.
 *
 * A plug-in cannot sleep, so no time passes: when no job is left, the timer that is due first runs
 * at once. Order by due time is kept, and a promise that waits for a timer resolves. When a call's
 * result is known its intervals stop; timeouts still run. Nothing outlives the call.
 * Source: https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers
 */

type Timer = { id: number; due: number; every: number | undefined; run: () => void };

const timers = new Map<number, Timer>();
let lastId = 0;
/** Time as the timers see it, in milliseconds: it jumps to the due time of the timer that runs. */
let now = 0;

/** Calls `callback` once, after the timers that are due before it. */
export function setTimeout(callback: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]): number {
  return add(callback, delayMs, false, values);
}

/** Calls `callback` again and again until it is cleared or the call's result is known. */
export function setInterval(callback: (...values: unknown[]) => void, delayMs = 0, ...values: unknown[]): number {
  return add(callback, delayMs, true, values);
}

/** Calls `callback` before any timer with a delay. */
export function setImmediate(callback: (...values: unknown[]) => void, ...values: unknown[]): number {
  return add(callback, 0, false, values);
}

/** Forgets a timer; anything that is no timer's number is ignored. */
export function clearTimeout(id?: unknown): void {
  timers.delete(Number(id));
}

/** Same as `clearTimeout`. */
export function clearInterval(id?: unknown): void {
  clearTimeout(id);
}

/** Same as `clearTimeout`. */
export function clearImmediate(id?: unknown): void {
  clearTimeout(id);
}

/** Whether a timer is left. */
export function hasTimers(): boolean {
  return timers.size > 0;
}

/** Forgets every timer. */
export function clearTimers(): void {
  timers.clear();
  now = 0;
}

/** Forgets the intervals only. */
export function stopIntervals(): void {
  for (const timer of timers.values()) if (timer.every !== undefined) timers.delete(timer.id);
}

/**
 * Runs the timer that is due first.
 *
 * @returns Whether there was one.
 */
export function runNextTimer(): boolean {
  let next: Timer | undefined;
  for (const timer of timers.values()) if (next === undefined || timer.due < next.due) next = timer;
  if (next === undefined) return false;
  now = next.due;
  if (next.every === undefined) timers.delete(next.id);
  else {
    timers.delete(next.id);
    timers.set(next.id, { ...next, due: now + Math.max(1, next.every) });
  }
  next.run();
  return true;
}

function add(callback: (...values: unknown[]) => void, delayMs: number, isInterval: boolean, values: unknown[]): number {
  if (typeof callback !== "function") throw new TypeError(`Cannot set a timer: the callback is ${typeof callback}, not a function`);
  const delay = Math.max(0, Math.trunc(Number(delayMs)) || 0);
  const id = ++lastId;
  timers.set(id, { id, due: now + delay, every: isInterval ? delay : undefined, run: () => callback(...values) });
  return id;
}
