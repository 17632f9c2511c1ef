/**
 * Wasm modules as text, as `toolchain/assembly.mjs` writes them into the files that it generates: characters that no bundler
 * has to escape and that a server compresses almost as well as the bytes themselves. Not for anything that a plug-in brings.
 *
 *   "#" to "x"   0 to 85 ("z" stands for the backslash, 57)
 *   "{" and "|"  the byte that follows is 86 or 172 more
 */

/** What a generated file has. */
export interface InlinedModule {
  readonly text: string;
  /** How many bytes that is. */
  readonly length: number;
  /** They, once they are decoded. */
  bytes?: Uint8Array<ArrayBuffer>;
}

/**
 * Decodes a module once.
 *
 * @param module What a generated file has.
 * @returns Its bytes: the same array every time, to be read only.
 */
export function decodeInlined(module: InlinedModule): Uint8Array<ArrayBuffer> {
  return (module.bytes ??= decode(module));
}

function decode({ text, length }: InlinedModule): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  let more = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 122) {
      more = 86 * (code - 122);
      continue;
    }
    bytes[at++] = more + (code === 122 ? 57 : code - 35);
    more = 0;
  }
  return bytes;
}
