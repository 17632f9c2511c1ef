import { PluginError } from "@tenon/host";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { guest } from "../test/guest.ts";
import { cart, discounts, imports } from "../test/shop.ts";
import { bytes, definePluginSystem, jsonSchema, msgpack, readStamp, readSystem, type SystemEvent, text } from "./mod.ts";

const reply = (value: unknown): { reply: string } => ({ reply: JSON.stringify(value) });

async function failureOf(run: () => Promise<unknown>): Promise<PluginError> {
  const error = await run().then(
    (value) => new Error(`no failure but ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  if (!PluginError.is(error)) throw error;
  return error;
}

describe("load()", () => {
  test("calls exports with checked data in both directions", async () => {
    const plugin = await discounts.load(guest({ before_checkout: reply({ discountPercentage: 15 }) }), { imports });
    expect(await plugin.before_checkout(cart)).toEqual({ discountPercentage: 15 });
    expect(plugin.after_payment).toBeUndefined();
    expect(plugin.$plugin?.lastCall?.function).toBe("before_checkout");
  });

  test("sends what the schema lets through, not what it does not know", async () => {
    const seen = definePluginSystem({ name: "t", version: "1.0.0", exports: { echo: { input: z.object({ a: z.number().default(7) }), output: z.unknown() } } });
    const plugin = await seen.load(guest({ echo: { echo: true } }));
    expect(await plugin.echo({ a: undefined, secret: 1 } as never)).toEqual({ a: 7 });
  });

  test("refuses an input of the host with the place of each mistake, whatever the policy", async () => {
    const plugin = await discounts.load(guest({ before_checkout: reply({ discountPercentage: 1 }) }), { imports, name: "volume" });
    const error = await failureOf(() => plugin.before_checkout({ id: 1, items: [{ price: "much" }] } as never));
    expect(error.code).toBe("system/invalid-input");
    expect(error.details).toMatchObject({ function: "before_checkout", from: "host", issues: [{ path: "id" }, { path: "items[0].price" }] });
    expect(error.plugin).toBe("volume");
  });

  test("refuses an output of the plug-in", async () => {
    const cases = [
      { output: { discountPercentage: "15" }, path: "discountPercentage" },
      { output: { discountPercentage: 101 }, path: "discountPercentage" },
      { output: { discount_percentage: 15 }, path: "discountPercentage" },
      { output: null, path: "" },
    ];
    for (const { output, path } of cases) {
      const plugin = await discounts.load(guest({ before_checkout: reply({ discountPercentage: 0 }), strict_checkout: reply(output) }), { imports });
      const error = await failureOf(() => (plugin.strict_checkout as NonNullable<typeof plugin.strict_checkout>)(cart));
      expect(error.code).toBe("system/invalid-output");
      expect(error.details).toMatchObject({ from: "plug-in", issues: [{ path }] });
    }
  });

  test("refuses an output that is no JSON, none, no UTF-8, or nested without end", async () => {
    const deep = "[".repeat(60_000) + "]".repeat(60_000);
    const recursive = definePluginSystem({
      name: "t",
      version: "1.0.0",
      exports: { get: { output: jsonSchema({ $ref: "#/$defs/List", $defs: { List: { type: "array", items: { $ref: "#/$defs/List" } } } }) } },
    });
    for (const output of ["{", "", new Uint8Array([0x22, 0xff, 0x22]), deep]) {
      const plugin = await recursive.load(guest({ get: { reply: output } }));
      const error = await failureOf(() => plugin.get());
      expect(error.code).toBe("system/invalid-output");
      expect(error.message.length).toBeLessThan(500);
    }
  });

  test("lists every difference before anything runs", async () => {
    const wrong = guest({ beforeCheckout: reply({}), after_payment: { tell: "loyality_points", value: '"a"' } }, { loyalty_points: "(param i32) (result i64)" });
    const error = await failureOf(() => discounts.load(wrong, { imports, name: "bundle" }));
    expect(error.code).toBe("system/incompatible");
    expect(error.details).toMatchObject({
      differences: [
        { kind: "missing-export", name: "before_checkout" },
        { kind: "unknown-import", name: "loyality_points" },
        { kind: "import-signature", name: "loyalty_points" },
      ],
    });
    expect(error.message).toContain('rename its export "beforeCheckout"');
    expect(error.message).toContain("declare it as (i64) -> i64");
    expect(discounts.check(wrong)).toHaveLength(3);
    expect(discounts.check(guest({ before_checkout: reply(1) }))).toEqual([]);
  });

  test("compares what comes compiled, and what comes as a manifest", async () => {
    const wrong = guest({ other: reply(1) });
    for (const source of [await WebAssembly.compile(wrong), { wasm: [{ data: wrong }] }]) {
      const error = await failureOf(() => discounts.load(source, { imports }));
      expect(error.message).toContain("before_checkout");
    }
    const unknownImport = { wasm: [{ data: guest({ before_checkout: { tell: "nobody", value: "1" } }) }] };
    expect((await failureOf(() => discounts.load(unknownImport, { imports }))).details).toMatchObject({ differences: [{ kind: "unknown-import", name: "nobody" }] });
  });

  test("refuses a plug-in stamped for another system or version, and takes the right one", async () => {
    const module = guest({ before_checkout: reply({ discountPercentage: 3 }) });
    const like = (name: string, version: string) => definePluginSystem({ name, version, exports: { before_checkout: { output: z.unknown() } } });
    expect(discounts.check(await discounts.stamp(module))).toEqual([]);
    expect(discounts.check(await like("shop/discounts", "1.9.3").stamp(module))).toEqual([]);
    expect(discounts.check(await like("shop/discounts", "2.0.0").stamp(module))).toMatchObject([{ kind: "other-version" }]);
    expect(discounts.check(await like("shop/shipping", "1.2.0").stamp(module))).toMatchObject([{ kind: "other-system" }]);
    const twice = await discounts.stamp(await like("shop/shipping", "1.2.0").stamp(module));
    expect(readStamp(twice)).toEqual({ name: "shop/discounts", version: "1.2.0", hash: await discounts.hash() });
    const plugin = await discounts.load(twice, { imports });
    expect(await plugin.before_checkout(cart)).toEqual({ discountPercentage: 3 });
  });

  test("refuses imports that are missing or unknown, and limits that are looser", async () => {
    const module = guest({ before_checkout: reply({ discountPercentage: 3 }) });
    await expect(discounts.load(module, {} as never)).rejects.toThrow(TypeError);
    await expect(discounts.load(module, { imports: { ...imports, more: () => 1 } as never })).rejects.toThrow('"more"');
    await expect(discounts.load(module, { imports, limits: { timeoutMs: 201 } })).rejects.toThrow(RangeError);
    await expect(discounts.load(module, { imports, limits: { timeoutMs: "none" } })).rejects.toThrow(RangeError);
    await expect(discounts.load(module, { imports, limits: { memoryPages: 1 } })).rejects.toThrow(PluginError);
  });
});

describe("imports", () => {
  const system = definePluginSystem({
    name: "t",
    version: "1.0.0",
    exports: { run: { input: z.unknown(), output: z.unknown(), onFailure: { use: "unused" } }, plain: { input: z.unknown(), output: z.unknown() } },
    imports: { points: { input: z.string(), output: z.int() } },
  });

  test("get and give checked data", async () => {
    const plugin = await system.load(guest({ run: { ask: "points" }, plain: { ask: "points" } }), { imports: { points: (id) => id.length } });
    expect(await plugin.run("seven!!")).toBe(7);
  });

  test("refuse what the plug-in sends, which the failure policy covers", async () => {
    const plugin = await system.load(guest({ run: { tell: "points", value: "12" }, plain: { tell: "points", value: "12" } }), { imports: { points: () => 1 } });
    expect(await plugin.run(0)).toBe("unused");
    const error = await failureOf(() => plugin.plain(0));
    expect(error.code).toBe("system/invalid-input");
    expect(error.details).toMatchObject({ function: "points", from: "plug-in" });
  });

  test("refuse what the application returns, which no policy hides", async () => {
    const plugin = await system.load(guest({ run: { ask: "points" }, plain: { ask: "points" } }), { imports: { points: () => 1.5 } });
    const error = await failureOf(() => plugin.run("a"));
    expect(error.code).toBe("system/invalid-output");
    expect(error.details).toMatchObject({ function: "points", from: "host", issues: [{ path: "" }] });
  });

  test("pass on what they throw as the host does", async () => {
    const cause = new Error("no database");
    const plugin = await system.load(guest({ run: { ask: "points" }, plain: { ask: "points" } }), {
      imports: {
        points: () => {
          throw cause;
        },
      },
    });
    const error = await failureOf(() => plugin.plain("a"));
    expect(error.code).toBe("call/host-function");
    expect(error.cause).toBe(cause);
  });

  // skipped because a page without shared memory has no threads
  test.skipIf(typeof SharedArrayBuffer === "undefined")("may be async: the thread of the plug-in waits", async () => {
    const plugin = await system.load(guest({ run: { ask: "points" }, plain: { ask: "points" } }), { engine: "worker", imports: { points: async (id) => await Promise.resolve(id.length) } });
    expect(await plugin.plain("four")).toBe(4);
    expect((await failureOf(() => plugin.plain(4))).code).toBe("system/invalid-input");
    await plugin.$close();
  });
});

describe("schemas and encodings", () => {
  const echo = guest({ echo: { echo: true } });
  const CASES = [
    { name: "zod", schema: z.object({ a: z.number() }), good: { a: 1 }, bad: { a: "1" }, path: "a" },
    { name: "valibot", schema: v.object({ a: v.number() }), good: { a: 1 }, bad: { a: "1" }, path: "a" },
    { name: "JSON Schema", schema: { type: "object", properties: { a: { type: "array", items: { type: "number" } } }, required: ["a"] }, good: { a: [1] }, bad: { a: [1, "2"] }, path: "a[1]" },
    { name: "async schema", schema: z.object({ a: z.number() }).refine(async ({ a }) => (await Promise.resolve(a)) < 5), good: { a: 1 }, bad: { a: 9 }, path: "" },
    { name: "text", schema: text(), good: "grüß 𝄞", bad: 5, path: "" },
    { name: "bytes", schema: bytes(), good: new Uint8Array([0, 255]), bad: [1], path: "" },
    { name: "msgpack", schema: msgpack(z.object({ b: z.instanceof(Uint8Array), n: z.bigint() })), good: { b: new Uint8Array([1]), n: 2n ** 63n - 1n }, bad: { b: new Uint8Array(), n: 1 }, path: "n" },
  ] as const;
  for (const { name, schema, good, bad, path } of CASES) {
    test(`${name}: a value goes there and back, a wrong one is refused`, async () => {
      const system = definePluginSystem({ name: "t", version: "1.0.0", exports: { echo: { input: schema, output: schema } } });
      const plugin = await system.load(echo);
      expect(await plugin.echo(good as never)).toEqual(good);
      const error = await failureOf(() => plugin.echo(bad as never));
      expect(error.details).toMatchObject({ issues: [{ path }] });
    });
  }

  test("MessagePack that announces more than there is fails by its size", async () => {
    const system = definePluginSystem({ name: "t", version: "1.0.0", exports: { get: { output: msgpack(z.unknown()) } } });
    for (const answer of [[0xdd, 0xff, 0xff, 0xff, 0xff], [0xdf, 0xff, 0xff, 0xff, 0xff], [0xc6, 0x7f, 0xff, 0xff, 0xff], []]) {
      const plugin = await system.load(guest({ get: { reply: Uint8Array.from(answer) } }));
      const error = await failureOf(() => plugin.get());
      expect(error.code).toBe("system/invalid-output");
      if (answer.length > 0) expect(error.message).toContain("Max length exceeded");
    }
  });

  test.each([
    { name: "text", schema: text(), half: "a\ud800b", whole: "\\ud800 \ud83d\ude00" },
    { name: "JSON", schema: z.unknown(), half: { a: ["\udc00\ud800"] }, whole: { a: ["\\ud800", "\ud83d\ude00"] } },
    { name: "a key of JSON", schema: z.unknown(), half: { "\ud83d": 1 }, whole: { "\ud83d\ude00": 1 } },
    { name: "MessagePack", schema: msgpack(z.unknown()), half: [{ a: "\ud800" }], whole: [{ a: "\ud83d\ude00" }, new Uint8Array([0xed, 0xa0, 0x80])] },
  ])("$name with half of a surrogate pair is refused where it is sent", async ({ schema, half, whole }) => {
    const system = definePluginSystem({ name: "t", version: "1.0.0", exports: { echo: { input: schema, output: schema } } });
    await using plugin = await system.load(echo);
    expect(await plugin.echo(whole as never)).toEqual(whole);
    const error = await failureOf(() => plugin.echo(half as never));
    expect(error.code).toBe("system/invalid-input");
    expect(error.message).toMatch(/half of a surrogate pair, ".*\\ud.*toWellFormed/);
  });

  test.each([
    { name: "JSON", schema: z.unknown(), half: String.raw`{ "a": "\uD83D" }`, whole: String.raw`{ "a": "\uD83D\uDE00 \\ud800" }`, value: { a: "\ud83d\ude00 \\ud800" }, problem: /not json: a string has half of a surrogate pair/ },
    { name: "text", schema: text(), half: Uint8Array.of(0xed, 0xa0, 0x80), whole: "\ud83d\ude00", value: "\ud83d\ude00", problem: /not text: / },
    { name: "MessagePack", schema: msgpack(z.unknown()), half: Uint8Array.of(0xa3, 0xed, 0xa0, 0x80), whole: Uint8Array.of(0xa1, 0x61), value: "a", problem: /not msgpack: a string has half of a surrogate pair/ },
  ])("$name with half of a surrogate pair is refused where it arrives", async ({ schema, half, whole, value, problem }) => {
    const system = definePluginSystem({ name: "t", version: "1.0.0", exports: { good: { output: schema }, bad: { output: schema } } });
    await using plugin = await system.load(guest({ good: { reply: whole }, bad: { reply: half } }));
    expect(await plugin.good()).toEqual(value);
    expect(await failureOf(() => plugin.bad())).toMatchObject({ code: "system/invalid-output", message: expect.stringMatching(problem) as string });
  });

  test("JSON cannot carry a bigint: the message says so", async () => {
    const system = definePluginSystem({ name: "t", version: "1.0.0", exports: { echo: { input: z.bigint() } } });
    expect((await failureOf(async () => (await system.load(echo)).echo(1n))).message).toContain("cannot be written as json");
  });
});

describe("a hostile plug-in", () => {
  const system = definePluginSystem({
    name: "t",
    version: "1.0.0",
    exports: { give: { output: msgpack(jsonSchema({ type: "object", properties: { count: { type: "integer" }, ratio: { type: "number", maximum: 1 } } })) }, tell: { output: jsonSchema({ type: "object" }), onFailure: { use: {} } } },
  });
  const give = (...value: number[]): Uint8Array => guest({ give: { reply: Uint8Array.of(0x81, ...value) }, tell: { reply: '{"\\ud800":1}' } });
  const RATIO = [0xa5, ...Buffer.from("ratio")];

  test("cannot pass NaN or Infinity off as a number of a JSON Schema", async () => {
    for (const [bits, shown] of [[[0x7f, 0xf8], "NaN"], [[0xff, 0xf0], "-Infinity"]] as const) {
      const plugin = await system.load(give(...RATIO, 0xcb, ...bits, 0, 0, 0, 0, 0, 0));
      const { code, details } = await failureOf(() => plugin.give());
      expect({ code, details }).toMatchObject({ code: "system/invalid-output", details: { issues: [{ path: "ratio", message: `${shown} has no JSON form` }] } });
    }
  });

  test("may give integers of 64 bits to a JSON Schema", async () => {
    const plugin = await system.load(give(0xa5, ...Buffer.from("count"), 0xcf, 0, 0, 1, 0, 0, 0, 0, 0));
    expect(await plugin.give()).toEqual({ count: 2n ** 40n });
  });

  test("cannot get around the failure policy by half a character in a name", async () => {
    expect(await (await system.load(give(...RATIO, 0))).tell()).toEqual({});
  });

  test("cannot hold the host up by how much is wrong", () => {
    const { validate } = jsonSchema({ type: "array", items: { type: "object", properties: { a: { type: "string" } } } })["~standard"];
    expect((validate(Array.from({ length: 5000 }, () => ({ a: 1 }))) as { issues: unknown[] }).issues).toHaveLength(100);
    const compared: unknown[] = [];
    const item = (index: number): object => ({ get a() { return compared.push(index); } });
    const unique = jsonSchema({ type: "array", uniqueItems: true, maxItems: 10 })["~standard"];
    expect(unique.validate(Array.from({ length: 500 }, (_, index) => item(index)))).toMatchObject({ issues: [{ message: "array has too many items (500 > 10)" }] });
    expect(compared.length).toBeLessThan(5000);
    expect(unique.validate([1, 2, 1])).toHaveProperty("issues");
    expect(unique.validate([1, 2])).not.toHaveProperty("issues");
  });

  test("is told of imports from everywhere, in lines that are its own neither in number nor in form", async () => {
    const named = (name: string): Uint8Array => guest({ tell: reply({}), give: reply(1) }, { [name]: "" });
    const patched = (module: Uint8Array, from: string, to: string): Uint8Array => new Uint8Array(Buffer.from(Buffer.from(module).toString("latin1").replaceAll(from, to), "latin1"));
    expect(system.check(patched(named("a_-_all_is_well"), "a_-_all_is_well", "a\n- all is well"))).toMatchObject([{ kind: "unknown-import", message: expect.stringContaining('"a\\n- all is well"') }]);
    expect(system.check(patched(named("zap"), "extism:host/user", "extism_host_user"))).toMatchObject([{ message: expect.stringContaining('imports "zap" from "extism_host_user"') }]);
    const many = guest({ tell: reply({}), give: reply(1) }, Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`zap${index}`, ""])));
    const { message, details } = await failureOf(() => system.load(many));
    expect(message).toContain("- and 50 more");
    expect((details as { differences: unknown[] }).differences).toHaveLength(150);
  });
});

describe("failure policy", () => {
  test("uses a copy of its value when the plug-in fails, traps or answers wrongly", async () => {
    for (const behaviour of [{ fail: "out of stock" }, reply({ discountPercentage: -1 }), { reply: "" }] as const) {
      const plugin = await discounts.load(guest({ before_checkout: behaviour }), { imports });
      const first = await plugin.before_checkout(cart);
      first.discountPercentage = 99;
      expect(await plugin.before_checkout(cart)).toEqual({ discountPercentage: 0 });
    }
  });

  test("does not hide what the application did itself", async () => {
    const plugin = await discounts.load(guest({ before_checkout: { fail: "x" } }), { imports });
    expect((await failureOf(() => plugin.before_checkout(cart, { signal: AbortSignal.abort() }))).code).toBe("call/aborted");
    await plugin.$close();
    await plugin.$close();
    expect((await failureOf(() => plugin.before_checkout(cart))).code).toBe("plugin/closed");
  });

  test("throws by default", async () => {
    const plugin = await discounts.load(guest({ before_checkout: { echo: true }, strict_checkout: { fail: "out of stock" } }), { imports });
    const error = await failureOf(() => (plugin.strict_checkout as NonNullable<typeof plugin.strict_checkout>)(cart));
    expect(error.code).toBe("call/failed");
    expect(error.message).toContain("out of stock");
  });
});

describe("events", () => {
  test("tell each call with its outcome; a listener that throws changes nothing", async () => {
    const events: SystemEvent[] = [];
    const onEvent = (event: SystemEvent): void => {
      events.push(event);
      throw new Error("metrics are down");
    };
    const plugin = await discounts.load(guest({ before_checkout: { fail: "x" }, after_payment: { echo: true } }), { imports, onEvent, name: "volume" });
    await plugin.before_checkout(cart);
    await plugin.after_payment?.({ cents: 5 });
    await failureOf(() => plugin.before_checkout({} as never));
    expect(events[2]).not.toHaveProperty("stats");
    expect(events).toMatchObject([
      { type: "call", system: "shop/discounts", plugin: "volume", function: "before_checkout", outcome: "failed", policy: "use", error: { code: "call/failed" } },
      { type: "call", function: "after_payment", outcome: "ok", policy: "throw", stats: { inputBytes: 11 } },
      { type: "call", function: "before_checkout", outcome: "failed", policy: "throw", error: { code: "system/invalid-input" } },
    ]);
  });
});

describe("readSystem()", () => {
  for (const $ref of ["#/$defs/No", "#/%"]) {
    test(`refuses a document whose reference is "${$ref}"`, () => {
      const document = { tenonSystem: 1, name: "a", version: "1.0.0", exports: { a: { input: { encoding: "json", schema: { $ref } } } } };
      expect(() => readSystem(document)).toThrow(expect.objectContaining({ code: "system/invalid-definition", details: expect.objectContaining({ path: "exports.a.input.schema" }) }));
    });
  }
});

describe("definePluginSystem()", () => {
  const CASES = [
    { name: "no name", definition: { name: "", version: "1.0.0", exports: { a: {} } }, path: "name" },
    { name: "name in capitals", definition: { name: "Shop", version: "1.0.0", exports: { a: {} } }, path: "name" },
    { name: "version without patch", definition: { name: "a", version: "1.0", exports: { a: {} } }, path: "version" },
    { name: "no exports", definition: { name: "a", version: "1.0.0", exports: {} }, path: "exports" },
    { name: "export called then", definition: JSON.parse('{ "name": "a", "version": "1.0.0", "exports": { "then": {} } }') as unknown, path: "exports.then" },
    { name: "export with a dollar", definition: { name: "a", version: "1.0.0", exports: { $close: {} } }, path: "exports.$close" },
    { name: "unknown field", definition: { name: "a", version: "1.0.0", exports: { a: { inputs: z.string() } } }, path: "exports.a.inputs" },
    { name: "schema that is none", definition: { name: "a", version: "1.0.0", exports: { a: { input: "string" } } }, path: "exports.a.input" },
    { name: "reference that leads nowhere", definition: { name: "a", version: "1.0.0", exports: { a: { input: { $ref: "#/$defs/No" } } } }, path: "exports.a.input" },
    { name: "pattern that is none", definition: { name: "a", version: "1.0.0", exports: { a: { input: { type: "string", pattern: "((" } } } }, path: "exports.a.input" },
    { name: "policy without a value", definition: { name: "a", version: "1.0.0", exports: { a: { onFailure: {} } } }, path: "exports.a.onFailure" },
    { name: "limit that is none", definition: { name: "a", version: "1.0.0", exports: { a: {} }, limits: { timeoutMS: 20 } }, path: "limits.timeoutMS" },
    { name: "limit without a number", definition: { name: "a", version: "1.0.0", exports: { a: {} }, limits: { timeoutMs: "20" } }, path: "limits.timeoutMs" },
    { name: "policy that is none", definition: { name: "a", version: "1.0.0", exports: { a: { onFailure: "ignore" } } }, path: "exports.a.onFailure" },
  ];
  for (const { name, definition, path } of CASES) {
    test(`refuses: ${name}`, () => {
      expect(() => definePluginSystem(definition as never)).toThrow(expect.objectContaining({ code: "system/invalid-definition", details: expect.objectContaining({ path }) }));
    });
  }
});
