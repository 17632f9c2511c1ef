/** How C and C++ spell names, texts and lines: what their bindings share. */

const KEYWORDS = new Set("alignas alignof and and_eq asm auto bitand bitor bool break case catch char class compl const const_cast constexpr continue default delete do double dynamic_cast else enum errno explicit export extern false float for friend goto if inline int long mutable namespace new not not_eq nullptr operator or or_eq private protected public register reinterpret_cast restrict return short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename typeof union unsigned using virtual void volatile wchar_t while xor xor_eq".split(" "));

/**
 * A name as C and C++ can have it.
 *
 * @param name Any text.
 */
export function cIdentifier(name: string): string {
  const plain = name.replaceAll(/\W/g, "_").replace(/^(?=\d)|^$/, "_").replace(/^_+(?=[A-Z_])/, "x_");
  return KEYWORDS.has(plain) ? `${plain}_` : plain;
}

/**
 * A text as C and C++ write it.
 *
 * @param text Any text.
 */
export function cString(text: string): string {
  // Octal escapes have a fixed length, other than hexadecimal ones; a question mark could begin a trigraph.
  const escaped = [...new TextEncoder().encode(text)].map((byte) => (byte === 0x22 || byte === 0x5c ? `\\${String.fromCodePoint(byte)}` : byte >= 0x20 && byte < 0x7f && byte !== 0x3f ? String.fromCodePoint(byte) : `\\${byte.toString(8).padStart(3, "0")}`));
  return `"${escaped.join("")}"`;
}

/**
 * C or C++ with what an `if` or `else` does on a line of its own, as clang-format's LLVM style has it.
 *
 * @param text Lines of which each is a whole statement.
 */
export function brokenIfs(text: string): string {
  return text.split("\n").map((line) => {
    const [, indent = "", head = ""] = /^(\s*)((?:else )?if \(|else (?!if\b)|for \()/.exec(line) ?? [];
    if (head === "") return line;
    const end = head.endsWith("(") ? closing(line, indent.length + head.length) : indent.length + "else".length;
    const rest = line.slice(end).trimStart();
    return rest === "" || rest === "{" || rest.startsWith("//") ? line : `${line.slice(0, end)}\n${indent}  ${rest}`;
  }).join("\n");
}

/** Behind the parenthesis that closes the one before `at`; those in quotes do not count. */
function closing(line: string, at: number): number {
  let depth = 1;
  for (const part of line.slice(at).matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)+'|[()]/g)) {
    if (part[0] === "(") depth += 1;
    if (part[0] === ")") depth -= 1;
    if (depth === 0) return at + part.index + 1;
  }
  return line.length;
}
