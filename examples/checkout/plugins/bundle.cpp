// Merchant 3, in C++ with its standard library: 15 percent when tea, a pot and cups are bought together, 4 for two of them.
#include <algorithm>
#include <array>
#include <string_view>

#include "plugin.h"

namespace {
constexpr std::array<std::string_view, 3> bundle = {"\"tea\"", "\"pot\"", "\"cups\""};
constexpr std::array<const char*, 4> discount_by_parts = {
    "{\"discount_percent\":0}", "{\"discount_percent\":0}", "{\"discount_percent\":4}", "{\"discount_percent\":15}"};
}  // namespace

EXPORT(before_checkout) {
  const std::string_view cart = read_cart();
  const auto parts = std::ranges::count_if(bundle, [cart](std::string_view sku) { return cart.contains(sku); });
  return answer(discount_by_parts[parts]);
}
