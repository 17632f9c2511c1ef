/**
 * Merchant 1, in AssemblyScript with the official PDK of npm, `@extism/as-pdk`: new customers get 20 percent on carts of
 * 100 and more, and whoever came back gets 5.
 */
import { Host } from "@extism/as-pdk";

/** What the compiler calls for an uncaught exception. */
export function onAbort(message: string | null, file: string | null, line: u32, column: u32): void {
  unreachable();
}

function field(cart: string, name: string): string {
  const key = '"' + name + '":';
  const at = cart.indexOf(key);
  return at < 0 ? "" : cart.substr(at + key.length, 12);
}

export function before_checkout(): i32 {
  const cart = Host.inputString();
  const isNew = field(cart, "is_new_customer").startsWith("true");
  const totalInCents = parseInt(field(cart, "cart_total_in_cents"));
  const percent = isNew ? (totalInCents >= 10000 ? 20 : 0) : 5;
  Host.outputString('{"discount_percent":' + percent.toString() + "}");
  return 0;
}
