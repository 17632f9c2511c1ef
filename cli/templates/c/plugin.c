#include "tenon.h"

/* Called by the application: input and output are JSON. */
TENON_EXPORT(before_checkout) {
  tenon_bytes cart = tenon_input(), value;
  bool is_new;
  int64_t total;
  if (!tenon_json_get(cart, "is_new_customer", &value) || !tenon_json_bool(value, &is_new))
    return tenon_fail("Cannot read the cart: it does not say is_new_customer");
  if (!tenon_json_get(cart, "cart_total_in_cents", &value) || !tenon_json_int(value, &total))
    return tenon_fail("Cannot read the cart: it does not say cart_total_in_cents");
  tenon_output_text(is_new && total >= 10000 ? "{\"discount_percent\":20}" : "{\"discount_percent\":0}");
  return 0;
}
