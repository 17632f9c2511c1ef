import { expect, test } from "vitest";

import { type FailureCode, PluginError } from "../error.ts";
import { type Blame, judge } from "./refusal.ts";

const failure = (code: FailureCode, details: object = {}, cause?: unknown): PluginError => new PluginError(code, "Cannot", details as never, { cause });
/** An engine without room for a memory, and a plug-in that recursed too deep, as engines that have no other class tell it. */
const NO_ROOM = new RangeError("could not allocate memory");
const TOO_DEEP = new RangeError("Maximum call stack size exceeded");

const CASES: readonly { name: string; failure: unknown; blame: Blame }[] = [
  ...(["call/trap", "call/exit", "call/fuel", "call/stack-overflow", "memory/out-of-bounds", "memory/bad-handle", "engine/lost"] as const).map((code) => ({ name: code, failure: failure(code), blame: "plug-in" as const })),
  ...(["call/failed", "call/aborted", "function/not-found"] as const).map((code) => ({ name: code, failure: failure(code), blame: "neither" as const })),
  { name: "what a host function threw", failure: new Error("no"), blame: "neither" },
  { name: "plugin/closed", failure: failure("plugin/closed"), blame: "gone" },
  { name: "the plug-in's own time limit", failure: failure("call/timeout", { limitMs: 100 }), blame: "plug-in" },
  { name: "less time than that", failure: failure("call/timeout", { limitMs: 99 }), blame: "neither" },
  { name: "a start that failed", failure: failure("start/failed"), blame: "start" },
  { name: "a start that recursed too deep", failure: failure("start/failed", {}, TOO_DEEP), blame: "start" },
  { name: "a start without room", failure: failure("start/failed", {}, NO_ROOM), blame: "room" },
  { name: "a memory without room", failure: failure("memory/limit", {}, NO_ROOM), blame: "room" },
  { name: "a memory at its limit", failure: failure("memory/limit"), blame: "neither" },
  { name: "an import that is not there", failure: failure("link/missing-import"), blame: "start" },
];

test.each(CASES)("judge() lays $name to: $blame", ({ failure: thrown, blame }) => {
  expect(judge(thrown, 100)).toBe(blame);
});
