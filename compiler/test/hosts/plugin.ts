/** What the hosts of others run: every way in and out, a host function, variables, time, an error with its place. */
import { config, host, vars } from "@tenon/pdk";

const shop = host<{ level(customer: string): bigint }>("extism:host/user");

export function text(input: string): string {
  return input.toUpperCase();
}
export function cart({ customer, items }: { customer: string; items: number[] }): unknown {
  const seen = Number(vars.getText("seen") ?? 0) + 1;
  vars.set("seen", String(seen));
  return { sum: items.reduce((one, other) => one + other, 0), level: Number(shop.level(customer)), currency: config.get("currency"), seen };
}
export async function later(): Promise<string> {
  return await new Promise((settle) => setTimeout(() => settle("later"), 5));
}
export function time(): boolean {
  return Date.now() > Date.UTC(2020, 0) && Math.random() !== Math.random();
}
export function fail(): void {
  throw new RangeError("too far");
}
