/**
 * Programs by seed, for comparing engines: functions of numbers and whatever else, that call each other and are called with
 * awkward values. Each has `runAll(stacks)`, which gives a line per call: what came back and what was changed, or what was
 * thrown, with its stack if that is asked for.
 */

const AWKWARD = ["0", "1", "2", "-1", "3", "7", "0.5", "-0", "1.5", "2147483647", "-2147483648", "4294967295", "1e9", "NaN", "true", "false", "null", "undefined", "'a'", "'5'", "Infinity"];
const NUMBERS = ["0", "1", "2", "3", "5", "-1", "0.25", "100", "65535", "2147483647", "-7", "1e10"];
const READS = ["shared", "box.list.length", "box.get()", "typeof shared", "new Pair(a, 2).sum()", "box.x", "box.y", "box.z", "box.list"];
const MAX_DEPTH = 4;

/** @returns The source of a program. */
export function programOf(seed: number): string {
  return new Author(seed).program();
}

class Author {
  #random: number;
  #depth = 0;
  #names = 0;
  #loops = 0;
  /** How many functions are there to be called. */
  #callable = 0;
  readonly #scopes: string[][] = [];

  constructor(seed: number) {
    this.#random = (seed * 2_654_435_761 + 12_345) >>> 0;
  }

  program(): string {
    const count = 3 + this.#below(4);
    const functions = Array.from({ length: count }, (_, index) => this.#function(index));
    return `
let shared = 1, work = 0;
const box = { x: 3, y: 1.5, list: [1, 2, 3], get() { return this.x; }, add(n) { return this.y + n; } };
class Pair { constructor(a, b) { this.a = a; this.b = b; } sum() { return this.a + this.b; } }
${functions.join("\n")}
const VALUES = [0, 1, -1, -0, 5, 2147483647, -2147483648, 4294967295, 0.5, -1.5, NaN, Infinity, 1e300, "a", "5", true, false, null, undefined, [1, 2, 3], { length: 2 }, 10n, { valueOf() { return 4; } }, { valueOf() { throw new RangeError("no"); } }];
function show(value) {
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "object" && value !== null) return "object " + (Array.isArray(value) ? value.length : Object.keys(value).join());
  return typeof value + " " + String(value);
}
function runAll(stacks) {
  const out = [];
  const all = [${functions.map((_, index) => `f${index}`).join(", ")}];
  for (let index = 0; index < all.length; index++) {
    for (let i = 0; i < VALUES.length; i++) {
      const args = [VALUES[i], VALUES[(i * 7 + 3) % VALUES.length], VALUES[(i * 5 + index) % VALUES.length]];
      args.length = (i + index) % 4;
      shared = i; work = 0; box.x = 3; box.y = 1.5; box.list = [1, 2, 3];
      try { out.push([all[index](...args), shared, box.x, box.y, box.list.length].map(show).join(" ")); }
      catch (error) { out.push("!" + error.name + (stacks ? " " + error.message + " " + error.stack : "")); }
    }
  }
  return out.join("\\n");
}`;
  }

  #function(index: number): string {
    this.#callable = index;
    this.#scopes.push(["a", "b", "c"]);
    const body = this.#many(2 + this.#below(5), () => this.#statement()).join("\n  ");
    const result = this.#expression();
    this.#scopes.length = 0;
    return `function f${index}(a, b, c) {\n  let guard = 0; if (work++ > 120) return -work;\n  ${body}\n  return ${result};\n}`;
  }

  #statement(): string {
    const value = (): string => this.#expression();
    switch (this.#below(16)) {
      case 0: case 1: case 2: {
        const text = value();
        const name = this.#name();
        this.#scopes.at(-1)?.push(name);
        return `let ${name} = ${text};`;
      }
      case 3: case 4: case 5: return `${this.#variable()} ${this.#pick("=", "+=", "-=", "*=", "|=", "^=", "%=", ">>>=", "<<=", "/=")} ${value()};`;
      case 6: return `if (${value()}) { ${this.#block()} } else { ${this.#block()} }`;
      case 7: case 8: return this.#loop();
      case 9: return `${this.#variable()}${this.#pick("++", "--")};`;
      case 10: return `try { ${this.#block()} } catch (e) { shared = e instanceof TypeError ? 1 : 2; }`;
      case 11: return `box.${this.#pick("x", "y")} = ${value()};`;
      case 12: return `box.list[${this.#pick("0", "1", "2", "3", value())}] = ${value()};`;
      case 13: return `shared = ${value()};`;
      case 14: return this.#below(3) === 0 ? `return ${value()};` : `${this.#variable()} = ${this.#pick("++", "--")}${this.#variable()};`;
      default: return `while (${this.#variable()} > 0 && guard++ < 9) { ${this.#block()} }`;
    }
  }

  #loop(): string {
    if (this.#loops > 2) return "";
    this.#loops++;
    const counter = this.#name();
    const end = this.#pick("", "", `if (${this.#expression()}) break;`, `if (${this.#expression()}) continue;`);
    const text = `for (let ${counter} = 0; ${counter} < ${this.#pick("2", "3", "5")}; ${counter}++) { ${this.#pick("", `shared = ${counter};`)} ${this.#block()} ${end} }`;
    this.#loops--;
    return text;
  }

  #block(): string {
    this.#scopes.push([]);
    const text = this.#many(1 + this.#below(3), () => this.#statement()).join("\n");
    this.#scopes.pop();
    return text;
  }

  #expression(): string {
    if (this.#depth >= MAX_DEPTH) return this.#pick(this.#variable(), this.#variable(), this.#pick(...NUMBERS));
    this.#depth++;
    const value = (): string => this.#expression();
    const text = ((): string => {
      switch (this.#below(24)) {
        case 0: return this.#pick(...AWKWARD);
        case 1: case 2: return this.#pick(...NUMBERS);
        case 3: case 4: case 5: return this.#variable();
        case 6: case 7: case 8: case 9: return `(${value()} ${this.#pick("+", "-", "*", "+", "-", "/", "%")} ${value()})`;
        case 10: case 11: return `(${value()} ${this.#pick("&", "|", "^", "<<", ">>", ">>>")} ${value()})`;
        case 12: return `(${value()} ${this.#pick("<", "<=", ">", ">=", "===", "!==", "==", "!=")} ${value()})`;
        case 13: return `(${this.#pick("- ", "~", "!", "+ ")}${value()})`;
        case 14: return `(${value()} ${this.#pick("&&", "||")} ${value()})`;
        case 15: return `(${value()} ? ${value()} : ${value()})`;
        case 16: return this.#callable > 0 ? `f${this.#below(this.#callable)}(${this.#many(this.#below(4), value).join(", ")})` : this.#pick(...NUMBERS);
        case 17: return this.#pick(...READS);
        case 18: return `box.list[${value()}]`;
        case 19: return `${this.#pick("Math.floor", "Math.abs", "Math.imul", "Math.max", "Math.sqrt")}(${value()}, ${value()})`;
        case 20: return `(${this.#variable()}).length`;
        case 21: return this.#pick(`box.add(${value()})`, `new Pair(${value()}, 2).sum()`, `(${value()} ?? 1)`);
        default: return `(${value()} | 0)`;
      }
    })();
    this.#depth--;
    return text;
  }

  #variable(): string {
    const all = this.#scopes.flat();
    return all.length === 0 ? "shared" : this.#pick(...all);
  }
  #name(): string {
    return `v${this.#names++}`;
  }
  #many(count: number, make: () => string): string[] {
    return Array.from({ length: count }, make);
  }
  #pick(...values: readonly string[]): string {
    return values[this.#below(values.length)] as string;
  }
  /** xorshift32. */
  #below(limit: number): number {
    let random = this.#random;
    random ^= random << 13;
    random ^= random >>> 17;
    random ^= random << 5;
    this.#random = random >>> 0;
    return this.#random % limit;
  }
}
