/** The plug-in system of the README, as tests use it. */
import * as z from "zod";
import { definePluginSystem } from "../src/mod.ts";

/** What is sent to merchants. */
export const Cart = z.object({ id: z.string(), items: z.array(z.object({ price: z.number(), tags: z.record(z.string(), z.string()).optional() })) });
/** What merchants answer. */
const Discount = z.object({ discountPercentage: z.number().min(0).max(100) });

/** The system. */
export const discounts = definePluginSystem({
  name: "shop/discounts",
  version: "1.2.0",
  exports: {
    before_checkout: { input: Cart, output: Discount, doc: "Gives a discount.", onFailure: { use: { discountPercentage: 0 } } },
    strict_checkout: { input: Cart, output: Discount, optional: true },
    after_payment: { input: z.object({ cents: z.int() }), optional: true },
  },
  imports: { loyalty_points: { input: z.string(), output: z.int() } },
  limits: { timeoutMs: 200, memoryPages: 64 },
});

/** A cart that fits. */
export const cart: z.infer<typeof Cart> = { id: "c-1", items: [{ price: 12.5 }] };
/** The imports. */
export const imports = { loyalty_points: (id: string) => id.length };
