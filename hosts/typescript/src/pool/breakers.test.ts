import { expect, test } from "vitest";

import { Breakers } from "./breakers.ts";
import type { PoolEvent } from "./events.ts";

function make(failures = 1) {
  const events: PoolEvent[] = [];
  const breakers = new Breakers({ failures, backoffMs: 100, maxBackoffMs: 100 }, (event) => events.push(event));
  const record = (tenant: string, outcome: "success" | "failure" | "neither"): void => breakers.record(tenant, "pass", outcome, "call/trap", 0);
  const isOpen = (tenant: string): boolean => breakers.open(tenant, 1) !== undefined;
  return { breakers, events, record, isOpen };
}

test("4,096 tenants are kept from calling at once, and one more forgives the oldest alone", () => {
  const { record, isOpen } = make();
  for (let index = 0; index < 4096; index += 1) record(`${index}`, "failure");
  expect([isOpen("0"), isOpen("1"), isOpen("4095")]).toEqual([true, true, true]);
  record("4096", "failure");
  expect([isOpen("0"), isOpen("1"), isOpen("4096")]).toEqual([false, true, true]);
});

test("tenants that recovered, or never failed by themselves, take nobody's place", () => {
  const { breakers, events, record, isOpen } = make(2);
  for (const outcome of ["failure", "failure"] as const) record("bad", outcome);
  for (let index = 0; index < 5000; index += 1) {
    record(`a${index}`, "failure");
    record(`a${index}`, "success");
    record(`b${index}`, "neither");
    record(`c${index}`, "success");
  }
  expect(isOpen("bad")).toBe(true);
  expect(breakers.lastCode("a0")).toBe("");
  expect(events.map((event) => event.type)).toEqual(["breaker-opened"]);
});
