/**
 * The shop's plug-in system: what a merchant's plug-in is called with, what it may answer, what it may ask, and how much it may
 * use. Everything else follows from this: the checks, the types, the bindings in each language.
 */
import { definePluginSystem } from "@tenon/system";
import * as z from "zod";

const Item = z.object({ sku: z.string(), price_in_cents: z.int(), quantity: z.int() }).meta({ id: "Item", description: "A line of the cart." });

const Cart = z
  .object({
    id: z.int(),
    customer: z.string().describe("Name of the customer."),
    is_new_customer: z.boolean(),
    cart_total_in_cents: z.int().describe("Sum over all items."),
    items: z.array(Item),
  })
  .meta({ title: "Cart", description: "What a customer is about to buy." });

const Discount = z
  .object({ discount_percent: z.number().min(0).max(100).describe("0 for no discount.") })
  .meta({ title: "Discount", description: "What a merchant takes off." });

/** The system. */
export const discounts = definePluginSystem({
  name: "shop/discounts",
  version: "1.0.0",
  doc: "Merchants give discounts on carts.",
  exports: { before_checkout: { input: Cart, output: Discount, doc: "Gives the discount on a cart." } },
  imports: { orders_of: { input: z.string(), output: z.int().meta({ format: "int32" }), doc: "How many orders a customer has made." } },
  // Fuel counts instructions, so what is stopped does not depend on the machine.
  limits: { memoryPages: 64, fuel: 1_000_000 },
});

/** What the shop offers to plug-ins. */
export const imports = { orders_of: (customer) => [...customer].length };
