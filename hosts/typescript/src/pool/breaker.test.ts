import { expect, test } from "vitest";

import { Breaker } from "./breaker.ts";

const make = (): Breaker => new Breaker({ failures: 3, backoffMs: 100, maxBackoffMs: 350 });

test("it opens after so many failures in a row, and a success in between starts the count anew", () => {
  const sut = make();
  sut.fail(sut.ask(0), "call/trap", 0);
  sut.fail(sut.ask(0), "call/trap", 0);
  sut.succeed(sut.ask(0));
  sut.fail(sut.ask(0), "call/trap", 0);
  expect(sut.fail(sut.ask(0), "call/trap", 0)).toBeUndefined();
  expect(sut.fail(sut.ask(0), "call/fuel", 0)).toBe(100);
  expect([sut.ask(99), sut.retryAfterMs(40), sut.lastCode]).toEqual(["refuse", 60, "call/fuel"]);
});

test("after the back-off one probe runs, and each that fails doubles the back-off up to its limit", () => {
  const sut = make();
  for (let index = 0; index < 3; index += 1) sut.fail("pass", "call/trap", 0);
  let nowMs = 0;
  for (const openMs of [100, 200, 350, 350]) {
    expect(sut.retryAfterMs(nowMs)).toBe(openMs);
    nowMs += openMs;
    expect([sut.ask(nowMs - 1), sut.ask(nowMs), sut.ask(nowMs)]).toEqual(["refuse", "probe", "refuse"]);
    sut.fail("probe", "call/trap", nowMs);
  }
});

test("a probe that succeeds closes it as if nothing had been; one that says nothing lets another probe run", () => {
  const sut = make();
  for (let index = 0; index < 3; index += 1) sut.fail("pass", "call/trap", 0);
  expect(sut.ask(100)).toBe("probe");
  sut.forget("probe");
  expect(sut.ask(100)).toBe("probe");
  sut.succeed("probe");
  expect([sut.ask(100), sut.isQuiet, sut.retryAfterMs(100)]).toEqual(["pass", true, 0]);
  for (let index = 0; index < 3; index += 1) sut.fail("pass", "call/trap", 100);
  expect([sut.ask(199), sut.ask(200)]).toEqual(["refuse", "probe"]);
});

test("calls that began before it opened neither close it nor open it further", () => {
  const sut = make();
  for (let index = 0; index < 3; index += 1) sut.fail("pass", "call/trap", 0);
  sut.succeed("pass");
  expect(sut.fail("pass", "call/trap", 50)).toBeUndefined();
  expect(sut.retryAfterMs(50)).toBe(50);
});

test("with Infinity failures it never opens", () => {
  const sut = new Breaker({ failures: Number.POSITIVE_INFINITY, backoffMs: 1, maxBackoffMs: 1 });
  for (let index = 0; index < 1000; index += 1) sut.fail(sut.ask(0), "call/trap", 0);
  expect(sut.ask(0)).toBe("pass");
});

test("a part of a millisecond is still to be waited for", () => {
  const sut = make();
  for (let index = 0; index < 3; index += 1) sut.fail("pass", "call/trap", 0);
  expect([sut.retryAfterMs(99.5), sut.ask(99.5), sut.retryAfterMs(100)]).toEqual([1, "refuse", 0]);
});
