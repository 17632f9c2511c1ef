/** A merchant, in TypeScript: 7 percent when something to drink meets something to eat. */
import type { BeforeCheckoutArgument, Discount } from "./shop-discounts.ts";

const DRINKS = new Set(["tea"]);
const FOOD = new Set(["biscuits", "honey"]);

export function before_checkout({ items }: BeforeCheckoutArgument): Discount {
  const isBought = (goods: ReadonlySet<string>): boolean => items.some(({ sku }) => goods.has(sku));
  return { discount_percent: isBought(DRINKS) && isBought(FOOD) ? 7 : 0 };
}
