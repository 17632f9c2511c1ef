/** A merchant's plug-in: who has bought often gets a discount, and what is offered as a gift is taken from the stock. */
import { host } from "@tenon/pdk";

type Cart = { customer: string; total: number };
type Discount = { orders: number; percent: number; gift: string };

const shop = host<{ orders(customer: string): Promise<number>; reserve(item: string): Promise<boolean> }>("extism:host/user");

/** Asks the shop twice; each answer comes from its database. */
export async function before_checkout(cart: Cart): Promise<Discount> {
  const orders = await shop.orders(cart.customer);
  const gift = orders >= 3 && (await shop.reserve("mug")) ? "mug" : "";
  return { orders, percent: Math.min(orders, 10), gift };
}
