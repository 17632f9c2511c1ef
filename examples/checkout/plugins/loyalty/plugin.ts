/** A merchant, in AssemblyScript: new customers get 20 percent on carts of 100 and more, and whoever came back gets 5. */
import { Cart, Discount } from "./shop-discounts";

export function before_checkout(cart: Cart): Discount {
  const discount = new Discount();
  discount.discount_percent = cart.is_new_customer ? (cart.cart_total_in_cents >= 10000 ? 20 : 0) : 5;
  return discount;
}
