/**
 * The shop's carts: 3,000 of them, the same on every machine.
 *
 * `{ id, customer, is_new_customer, cart_total_in_cents, items: [{ sku, price_in_cents, quantity }] }`
 */

const GOODS = [["tea", 690], ["pot", 4900], ["cups", 2400], ["honey", 850], ["biscuits", 420], ["kettle", 6900], ["filter", 310]];
const NAMES = ["Ada", "Björn", "Chloé", "Đorđe", "Emre", "Fátima", "Grace", "Hiroshi 博", "Ines", "Jürgen"];

/**
 * Makes the carts.
 *
 * @param {number} count How many.
 * @returns {object[]} The carts, numbered from 1.
 */
export function makeCarts(count = 3000) {
  let state = 1;
  // The minimal standard generator: x → 16807 x mod 2³¹ − 1.
  const draw = (below) => (state = (state * 16807) % 2147483647) % below;
  return Array.from({ length: count }, (_, index) => {
    const items = [];
    for (let left = 1 + draw(4), first = draw(GOODS.length); left > 0; left--) {
      const [sku, price_in_cents] = GOODS[(first + left) % GOODS.length];
      items.push({ sku, price_in_cents, quantity: 1 + draw(6) });
    }
    return {
      id: index + 1,
      customer: NAMES[draw(NAMES.length)],
      is_new_customer: draw(4) === 0,
      cart_total_in_cents: items.reduce((sum, item) => sum + item.price_in_cents * item.quantity, 0),
      items,
    };
  });
}
