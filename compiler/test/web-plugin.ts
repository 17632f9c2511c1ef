/** Runs the cases inside a plug-in. */
import { cases } from "./web-cases.ts";

export async function run(name: string): Promise<unknown> {
  return { result: await cases[name]?.() };
}
