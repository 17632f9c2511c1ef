/** What must not compile does not: each line marked with `@ts-expect-error` is an error, or `tsc` fails on the mark. */
import { expectTypeOf, test } from "vitest";
import * as v from "valibot";
import * as z from "zod";
import { cart, discounts, imports } from "../test/shop.ts";
import { bytes, definePluginSystem, jsonSchema, msgpack, type SystemPlugin, text } from "./mod.ts";

type Shop = Awaited<ReturnType<typeof discounts.load>>;

/** Never run: only its types matter. */
export async function misuse(plugin: Shop, module: Uint8Array): Promise<void> {
  // @ts-expect-error a price is a number
  await plugin.before_checkout({ id: "1", items: [{ price: "1" }] });
  // @ts-expect-error the input may not be left out
  await plugin.before_checkout();
  // @ts-expect-error the output has no such field
  (await plugin.before_checkout(cart)).percentage.toFixed();
  // @ts-expect-error the plug-in may not have this export
  await plugin.after_payment({ cents: 1 });
  // @ts-expect-error there is no such export
  await plugin.before_chekout(cart);
  // @ts-expect-error the imports are missing
  await discounts.load(module);
  // @ts-expect-error the import returns a number
  await discounts.load(module, { imports: { loyalty_points: (id) => id } });
  // @ts-expect-error the import gets a string
  await discounts.load(module, { imports: { loyalty_points: (id: number) => id } });
  // @ts-expect-error host functions are stated as imports
  await discounts.load(module, { imports, functions: {} });
  // @ts-expect-error a mock must have the exports that are not optional
  discounts.mock({});
  // @ts-expect-error a mock answers with the output's type
  discounts.mock({ before_checkout: () => ({ discountPercentage: "1" }) });
  // @ts-expect-error a discount is no cart, so there is no pipeline
  await discounts.set({ imports }).pipeline.before_checkout(cart);
  // @ts-expect-error the value of a policy has the output's type
  definePluginSystem({ name: "a", version: "1.0.0", exports: { a: { output: z.number(), onFailure: { use: "1" } } } });
  // @ts-expect-error an export has no such field
  definePluginSystem({ name: "a", version: "1.0.0", exports: { a: { outputs: z.number() } } });
}

test("types follow from any kind of schema, the sender's on one side and the receiver's on the other", () => {
  const system = definePluginSystem({
    name: "a",
    version: "1.0.0",
    exports: {
      zod: { input: z.object({ n: z.number().default(1) }), output: z.string().transform(Number) },
      valibot: { input: v.object({ n: v.number() }), output: v.string() },
      plain: { input: jsonSchema<{ n: number }>({ type: "object" }), output: { type: "string" } },
      none: {},
      wires: { input: msgpack(z.bigint()), output: bytes() },
      words: { input: text<"a" | "b">(), output: text() },
    },
    imports: { ask: { input: z.string().transform(Number), output: z.number().default(0) } },
  });
  type Plugin = Awaited<ReturnType<typeof system.load>>;
  expectTypeOf<Parameters<Plugin["zod"]>[0]>().toEqualTypeOf<{ n?: number | undefined }>();
  expectTypeOf<ReturnType<Plugin["zod"]>>().toEqualTypeOf<Promise<number>>();
  expectTypeOf<Parameters<Plugin["valibot"]>[0]>().toEqualTypeOf<{ n: number }>();
  expectTypeOf<ReturnType<Plugin["valibot"]>>().toEqualTypeOf<Promise<string>>();
  expectTypeOf<Parameters<Plugin["plain"]>[0]>().toEqualTypeOf<{ n: number }>();
  expectTypeOf<ReturnType<Plugin["plain"]>>().toEqualTypeOf<Promise<unknown>>();
  expectTypeOf<ReturnType<Plugin["none"]>>().toEqualTypeOf<Promise<undefined>>();
  expectTypeOf<Parameters<Plugin["wires"]>[0]>().toEqualTypeOf<bigint>();
  expectTypeOf<ReturnType<Plugin["wires"]>>().toEqualTypeOf<Promise<Uint8Array>>();
  expectTypeOf<Parameters<Plugin["words"]>[0]>().toEqualTypeOf<"a" | "b">();
  type Ask = NonNullable<Parameters<typeof system.load>[1]>["imports"]["ask"];
  expectTypeOf<Parameters<Ask>[0]>().toEqualTypeOf<number>();
  expectTypeOf<number | undefined>().toExtend<Awaited<ReturnType<Ask>>>();
  expectTypeOf<Plugin>().toExtend<SystemPlugin<Record<never, never>>>();
});
