/**
 * The functions that a limited module gets besides the kernel's, as bodies without their size.
 *
 * `charge` is where a module looks: it takes its argument off the countdown, and below zero
 *
 *   fuel       left = fuel + countdown; a trap if that is negative too; otherwise the next slice goes to the countdown
 *   interrupt  the host is asked for the next countdown; a trap if it gives none
 *
 * A trap, because no `catch_all` catches it, while it would catch an exception of the host.
 */
import type { Plan, SizedFunction } from "./plan.ts";
import { Writer } from "./writer.ts";

const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;
const IF_VOID = [0x04, 0x40] as const;
const END = 0x0b;
const UNREACHABLE = 0x00;
const CALL = 0x10;
/** A unit per so many bytes, as a power of two; as bulk instructions are charged. */
const BYTES_SHIFT = 4;
/** Units per slice when nothing but fuel is asked for. */
const FUEL_SLICE = 0x3fff_ffff;

/** Body of `charge`, i32 → (). */
export function chargeBody(plan: Plan, hasFuel: boolean, hasInterrupt: boolean): Uint8Array {
  const { countdown, fuel, interrupt } = plan;
  const amount = 0;
  const left = 1; // i64
  const slice = 2; // i64
  const w = new Writer();
  if (hasFuel) w.all(1, 2, 0x7e);
  else w.byte(0);
  w.byte(GLOBAL_GET).u32(countdown).all(LOCAL_GET, amount, 0x6b, LOCAL_TEE, amount); // countdown - amount
  w.byte(GLOBAL_SET).u32(countdown);
  w.all(LOCAL_GET, amount, 0x41, 0, 0x48, ...IF_VOID); // < 0
  if (hasFuel) {
    w.byte(GLOBAL_GET).u32(fuel).all(LOCAL_GET, amount, 0xac, 0x7c, LOCAL_TEE, left); // fuel + countdown
    w.all(0x42, 0, 0x53, ...IF_VOID, UNREACHABLE, END); // < 0
  }
  if (hasInterrupt) {
    w.byte(CALL).u32(interrupt).all(LOCAL_TEE, amount);
    w.all(0x41, 0, 0x4c, ...IF_VOID, UNREACHABLE, END); // <= 0
  } else w.byte(0x41).signed(FUEL_SLICE).all(LOCAL_SET, amount);
  if (hasFuel) {
    w.all(LOCAL_GET, amount, 0xac, LOCAL_SET, slice);
    w.all(LOCAL_GET, slice, LOCAL_GET, left, 0x55, ...IF_VOID, LOCAL_GET, left, LOCAL_SET, slice, END); // the less
    w.all(LOCAL_GET, slice, 0xa7).byte(GLOBAL_SET).u32(countdown);
    w.all(LOCAL_GET, left, LOCAL_GET, slice, 0x7d).byte(GLOBAL_SET).u32(fuel);
  } else w.all(LOCAL_GET, amount).byte(GLOBAL_SET).u32(countdown);
  return w.all(END, END).view();
}

/** Body of what stands before a function that takes a size: charges one unit for 16 bytes, then calls it. */
export function sizedBody({ charge }: Plan, { target, is64 }: SizedFunction): Uint8Array {
  const w = new Writer().all(0, LOCAL_GET, 0);
  if (is64) w.all(0x42, BYTES_SHIFT, 0x88, 0xa7); // i64.const shift, i64.shr_u, i32.wrap_i64
  else w.all(0x41, BYTES_SHIFT, 0x76); // i32.shr_u
  w.byte(0x41).signed(0x3fff_ffff).all(0x71, CALL).u32(charge); // i32.and
  return w.all(LOCAL_GET, 0, CALL).u32(target).byte(END).view();
}

/** Body of the wrapper of the start function, () → (). */
export function startBody(start: number): Uint8Array {
  return new Writer().all(0, CALL).u32(start).byte(END).view();
}
