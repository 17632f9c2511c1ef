/**
 * The names that limited modules use, and nothing else: a host that only loads modules which were limited ahead of time
 * needs these and no rewriter.
 */

/** What all of the names begin with, but for those in their own namespace. */
export const RESERVED = "tenon:";

/** Names of what a limited module adds. Plug-ins that use a name with this prefix themselves are refused. */
export const ADDED = {
  /** Namespace of the imports. */
  namespace: "tenon:host",
  /** Import () → i32: 0 stops the module by a trap, anything above is the next countdown. */
  interrupt: "interrupt",
  /** Mutable i32: units until the module looks. With fuel, what is left is `countdown + fuel`. */
  countdown: "tenon:countdown",
  /** Mutable i64: units left besides the countdown. */
  fuel: "tenon:fuel",
  /** Mutable i32: calls that may still be nested. */
  stack: "tenon:stack",
  /** Function () → (). */
  start: "tenon:start",
  /** Prefix of the kernel's functions and its memory. */
  kernel: "tenon:kernel.",
} as const;
