#include "tenon.hpp"

struct Cart {
  bool is_new_customer;
  std::int64_t cart_total_in_cents;
};
TENON_RECORD(Cart, is_new_customer, cart_total_in_cents)

struct Discount {
  std::int64_t discount_percent;
};
TENON_RECORD(Discount, discount_percent)

// Called by the application: input and output are JSON, as the records say.
tenon::result<Discount> before_checkout(const Cart& cart) {
  if (cart.cart_total_in_cents < 0) return tenon::fail("Cannot discount the cart: its total is negative");
  return Discount{cart.is_new_customer && cart.cart_total_in_cents >= 10000 ? 20 : 0};
}
TENON_FUNCTION(before_checkout)
