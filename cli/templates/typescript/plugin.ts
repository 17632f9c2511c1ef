/** A plug-in: each exported function can be called by the application that loads it. */
import { config } from "@tenon/pdk";

type Visitor = { name: string };
type Greeting = { text: string; letters: number };

/** Input and output are JSON, because the types are; a string or a Uint8Array would pass as it is. */
export function greet({ name }: Visitor): Greeting {
  return { text: `${config.get("greeting") ?? "Hello"}, ${name}!`, letters: name.length };
}
