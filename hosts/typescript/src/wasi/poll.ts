/**
 * `poll_oneoff`: waiting for clocks and descriptors. Descriptors never make anybody wait here (files and streams are
 * ready at once), so what is left is sleep, and the host decides how: a guest that sleeps for an hour waits in the
 * host's `sleep`, which may end the call, or does not wait at all.
 *
 *   subscription, 48 bytes    0 userdata: u64   8 tag: u8   clock:  16 id: u32   24 timeout: u64   40 flags: u16
 *                                                           fd:     16 fd: u32
 *   event, 32 bytes           0 userdata: u64   8 errno: u16   10 type: u8   16 bytes: u64   24 flags: u16
 *
 * Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#poll_oneoff
 */

import { checkClock, readClock } from "./clock.ts";
import { type ErrnoCode, refuse, Refusal } from "./errno.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { Instance } from "./instance.ts";
import { Right } from "./rights.ts";

const SUBSCRIPTION_BYTES = 48;
const EVENT_BYTES = 32;
const CLOCK = 0;
const FD_READ = 1;
const FD_WRITE = 2;
const ABSOLUTE = 1;
const HANGUP = 1;

/** An event, ready to be written. */
interface Event {
  readonly userdata: bigint;
  readonly type: number;
  readonly errno: ErrnoCode | 0;
  readonly flags: number;
}

/** A clock that has yet to run out. */
interface Timer {
  readonly event: Event;
  /** Nanoseconds from now. */
  readonly remaining: bigint;
}

/**
 * Waits until something subscribed to has happened.
 *
 * @param instance The instance.
 * @param sleep Waits; absent where the host does not let guests wait.
 * @param input The table of subscriptions.
 * @param output Where events go; as many as there are subscriptions must fit.
 * @param count Subscriptions, as Wasm handed it over.
 * @param eventsPointer Where the number of events goes.
 * @throws {Refusal} `EINVAL` for none or too many subscriptions or an unknown kind, `EFAULT` for a bad pointer.
 * @throws Whatever the host's `sleep` throws to end the call.
 */
export function poll(
  instance: Instance,
  sleep: ((ms: number) => void) | undefined,
  input: number,
  output: number,
  count: number,
  eventsPointer: number,
): void {
  const { memory, limits } = instance;
  const subscriptions = count >>> 0;
  if (subscriptions === 0 || subscriptions > limits.maxVectors) refuse("inval");
  const first = memory.check(input, subscriptions * SUBSCRIPTION_BYTES);
  const events = memory.check(output, subscriptions * EVENT_BYTES);
  memory.check(eventsPointer, 4);

  const ready: Event[] = [];
  const timers: Timer[] = [];
  for (let at = first; at < first + subscriptions * SUBSCRIPTION_BYTES; at += SUBSCRIPTION_BYTES) {
    const type = memory.u8(at + 8);
    if (type === CLOCK) subscribeClock(instance, at, ready, timers);
    else if (type === FD_READ || type === FD_WRITE) ready.push(pollDescriptor(instance, at, type));
    else refuse("inval");
  }
  if (ready.length === 0) ready.push(...wait(sleep, timers));

  ready.forEach((event, index) => writeEvent(memory, events + index * EVENT_BYTES, event));
  memory.setU32(eventsPointer, ready.length);
}

function subscribeClock({ memory, clocks }: Instance, at: number, ready: Event[], timers: Timer[]): void {
  const event: Event = { userdata: memory.u64(at), type: CLOCK, errno: 0, flags: 0 };
  const id = memory.u32(at + 16);
  const timeout = memory.u64(at + 24);
  const isAbsolute = (memory.u16(at + 40) & ABSOLUTE) !== 0;
  try {
    checkClock(id);
    const remaining = isAbsolute ? timeout - readClock(clocks, id) : timeout;
    if (remaining <= 0n) ready.push(event);
    else timers.push({ event, remaining });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    ready.push({ ...event, errno: error.errno });
  }
}

/** Nothing here is ever slow: input is at its end, output goes to the host. */
function pollDescriptor({ memory, descriptors }: Instance, at: number, type: number): Event {
  const event: Event = { userdata: memory.u64(at), type, errno: 0, flags: 0 };
  try {
    const right = type === FD_READ ? Right.fdRead : Right.fdWrite;
    const descriptor = descriptors.get(memory.u32(at + 16), right | Right.pollFdReadwrite);
    return descriptor.kind === "stream" && type === FD_READ ? { ...event, flags: HANGUP } : event;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...event, errno: error.errno };
  }
}

/** Sleeps until the nearest timer and returns all that run out then. */
function wait(sleep: ((ms: number) => void) | undefined, timers: readonly Timer[]): Event[] {
  const nearest = timers.reduce((least, { remaining }) => (remaining < least ? remaining : least), timers[0]!.remaining);
  sleep?.(Number(nearest) / 1e6);
  return timers.filter(({ remaining }) => remaining === nearest).map(({ event }) => event);
}

function writeEvent(memory: GuestMemory, at: number, event: Event): void {
  memory.clear(at, EVENT_BYTES);
  memory.setU64(at, event.userdata);
  memory.setU16(at + 8, event.errno);
  memory.setU8(at + 10, event.type);
  memory.setU16(at + 24, event.flags);
}
