/* Merchant 2, in C: one percent for every three pieces in the cart, up to ten. */
#include "plugin.h"

EXPORT(before_checkout) {
  const char *cart = read_cart();
  u64 pieces = 0, percent;
  for (const char *at = cart; (at = find_field(at, "\"quantity\""));) pieces += read_number(at);
  percent = pieces / 3;
  if (percent >= 10) return answer("{\"discount_percent\":10}");
  char text[] = "{\"discount_percent\":0}";
  text[sizeof text - 3] = (char)('0' + percent);
  return answer(text);
}
