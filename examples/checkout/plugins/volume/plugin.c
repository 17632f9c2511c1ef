/* A merchant, in C: one percent for every three pieces in the cart, up to ten. */
#include "bindings.h"

static int32_t plugin_before_checkout(const Cart *cart, Discount *discount) {
  int64_t pieces = 0;
  for (size_t i = 0; i < cart->items.count; i++)
    pieces += cart->items.items[i].quantity;
  discount->discount_percent = pieces / 3 < 10 ? (double)(pieces / 3) : 10;
  return 0;
}
