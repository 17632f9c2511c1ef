/** A merchant's plug-in: a discount by the customer's level, which the shop knows. */
import { config, host, log, vars } from "@tenon/pdk";

type Cart = { customer: string; items: { price: number; quantity: number }[] };
type Discount = { total: number; discount: number; seen: number };

const shop = host<{ level(customer: string): number; notify(note: { customer: string; total: number }): Promise<string> }>("extism:host/user");

/** What the cart costs after the discount. */
export function before_checkout(cart: Cart): Discount {
  const sum = cart.items.reduce((total, { price, quantity }) => total + price * quantity, 0);
  const discount = sum * 0.05 * shop.level(cart.customer);
  const seen = Number(vars.getText(cart.customer) ?? 0) + 1;
  vars.set(cart.customer, String(seen));
  log.info("discount in", config.require("currency"), discount);
  return { total: sum - discount, discount, seen };
}

/** Tells the shop, and gives back what it answers. */
export async function after_checkout(customer: string): Promise<string> {
  return shop.notify({ customer, total: 1 });
}
