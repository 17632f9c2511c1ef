/**
 * What a system tells about its plug-ins while they run, for metrics and logs. Nothing is sent anywhere by itself.
 */

import type { CallStats } from "@tenon/host";

/** A call of an export that has ended, or something that happened to a plug-in of a set. */
export type SystemEvent =
  | {
      readonly type: "call";
      readonly system: string;
      readonly plugin: string;
      readonly function: string;
      readonly durationMs: number;
      readonly outcome: "ok" | "failed";
      /** What the export says of failures: to pass them on, use a value, or ask the next plug-in. What no policy covers is passed on. */
      readonly policy: "throw" | "use" | "next";
      /** What failed; absent if all went well. */
      readonly error?: unknown;
      /** Figures of the host; absent for mocks, and for calls that never reached the plug-in. */
      readonly stats?: CallStats;
    }
  | {
      readonly type: "added" | "replaced" | "restored" | "removed";
      readonly system: string;
      readonly plugin: string;
    };

/** Takes events. What it throws, or its promise is rejected with, is dropped: metrics must not make a call fail. */
export type EventListener = (event: SystemEvent) => void;

/**
 * Tells an event.
 *
 * @param listener Who is told, if anybody.
 */
export function emit(listener: EventListener | undefined, event: SystemEvent): void {
  try {
    const told: unknown = listener?.(event);
    if (told instanceof Promise) told.catch(() => undefined);
  } catch {
    // See EventListener.
  }
}
