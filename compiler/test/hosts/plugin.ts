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
/** What `optimize` compiles to WebAssembly: calls, whole numbers and fractions, properties. */
export function compute({ steps }: { steps: number }): { fibonacci: number; sum: number } {
  const point = { x: 0.5, y: 1 };
  for (let step = 0; step < steps; step += 1) point.x += point.y / (step + 1);
  return { fibonacci: fibonacci(steps), sum: point.x };
}
function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}
