import { Json, fail, inputText, outputText } from "@tenon/pdk-assemblyscript";

/** Called by the application: input and output are JSON. */
export function before_checkout(): i32 {
  const cart = Json.parse(inputText());
  if (cart === null) return fail("Cannot read the cart: it is no JSON");
  const isNew = cart.get("is_new_customer");
  const total = cart.get("cart_total_in_cents");
  if (isNew === null || total === null) return fail("Cannot read the cart: it lacks is_new_customer or cart_total_in_cents");
  const percent = isNew.asBool() && total.asInt() >= 10000 ? 20 : 0;
  outputText(Json.object().set("discount_percent", Json.number<i32>(percent)).toString());
  return 0;
}
