/**
 * JSON values: read from text, built, written. Numbers keep their text, so no digit is lost on the way through.
 *
 * `parse` is strict, but for what it lets pass inside of numbers behind their first digit. Values may be nested up to 64 deep.
 * Source: https://www.rfc-editor.org/rfc/rfc8259
 */

enum Kind {
  Null,
  Bool,
  Number,
  Text,
  List,
  Object,
}

/** Values may be nested so deep. */
const MAX_DEPTH = 64;

const NO_NAMES: string[] = [];
const NO_ITEMS: Json[] = [];

export class Json {
  private source: string = "";
  /** Of an object alone, and of an object or list alone: what has none of them shares empty ones, which nothing changes. */
  private names: string[] = NO_NAMES;
  private items: Json[] = NO_ITEMS;

  private constructor(private kind: Kind) {}

  /** Reads JSON; `null` when the text is none. */
  static parse(text: string): Json | null {
    const reader = new Reader(text);
    const value = reader.value(0);
    return value === null || !reader.isAtEnd() ? null : value;
  }

  static nothing(): Json {
    return new Json(Kind.Null);
  }

  static bool(value: bool): Json {
    return Json.of(Kind.Bool, value ? "true" : "false");
  }

  /** A number from any numeric type; one that JSON cannot say, such as NaN, becomes null. */
  static number<T>(value: T): Json {
    if (isFloat<T>() && !isFinite<f64>(<f64>value)) return Json.nothing();
    return Json.of(Kind.Number, value.toString());
  }

  static text(value: string): Json {
    return Json.of(Kind.Text, value);
  }

  static list(items: Json[] = []): Json {
    const list = new Json(Kind.List);
    list.items = items;
    return list;
  }

  static object(): Json {
    const object = new Json(Kind.Object);
    object.names = [];
    object.items = [];
    return object;
  }

  /** For this package: a value with its source. */
  static of(kind: Kind, source: string): Json {
    const value = new Json(kind);
    value.source = source;
    return value;
  }

  isNull(): bool {
    return this.kind == Kind.Null;
  }

  isBool(): bool {
    return this.kind == Kind.Bool;
  }

  isNumber(): bool {
    return this.kind == Kind.Number;
  }

  isText(): bool {
    return this.kind == Kind.Text;
  }

  isList(): bool {
    return this.kind == Kind.List;
  }

  isObject(): bool {
    return this.kind == Kind.Object;
  }

  /** The boolean; false for what is none. */
  asBool(): bool {
    return this.kind == Kind.Bool && this.source == "true";
  }

  /** The number; NaN for what is none. */
  asNumber(): f64 {
    return this.kind == Kind.Number ? parseFloat(this.source) : NaN;
  }

  /** The whole number before a point or exponent, wrapping beyond 64 bits; 0 for what is no number. */
  asInt(): i64 {
    return this.kind == Kind.Number ? I64.parseInt(this.source) : 0;
  }

  /** The text; empty for what is none. */
  asText(): string {
    return this.kind == Kind.Text ? this.source : "";
  }

  /** Values of a list or object; none for anything else. */
  values(): Json[] {
    return this.kind == Kind.List || this.kind == Kind.Object ? this.items : [];
  }

  /** Names of an object, in the order of `values()`. */
  keys(): string[] {
    return this.kind == Kind.Object ? this.names : [];
  }

  /** The value of a name, the last of several; `null` when there is none. */
  get(name: string): Json | null {
    const at = this.names.lastIndexOf(name);
    return at < 0 ? null : this.items[at];
  }

  /** Adds a value to an object; gives the object again. */
  set(name: string, value: Json): Json {
    if (this.kind != Kind.Object) throw new Error("Cannot set \"" + name + "\": the value is no object");
    this.names.push(name);
    this.items.push(value);
    return this;
  }

  /** Adds a value to a list; gives the list again. */
  push(value: Json): Json {
    if (this.kind != Kind.List) throw new Error("Cannot add a value: this is no list");
    this.items.push(value);
    return this;
  }

  /** The value as JSON, without spaces. */
  toString(): string {
    if (this.kind == Kind.Null) return "null";
    if (this.kind == Kind.Text) return quote(this.source);
    if (this.kind == Kind.List) return "[" + this.items.map<string>((item) => item.toString()).join(",") + "]";
    if (this.kind != Kind.Object) return this.source;
    const parts = new Array<string>(this.items.length);
    for (let i = 0; i < parts.length; i++) parts[i] = quote(this.names[i]) + ":" + this.items[i].toString();
    return "{" + parts.join(",") + "}";
  }
}

/** Text as a quoted string. */
function quote(text: string): string {
  let quoted = '"';
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 32 && code != 34 && code != 92) continue;
    quoted += text.substring(start, i) + escapeOf(code);
    start = i + 1;
  }
  return quoted + text.substring(start) + '"';
}

function escapeOf(code: i32): string {
  if (code == 34) return '\\"';
  if (code == 92) return "\\\\";
  if (code == 10) return "\\n";
  if (code == 13) return "\\r";
  if (code == 9) return "\\t";
  return "\\u00" + (code < 16 ? "0" : "") + code.toString(16);
}

/** Goes through a text from left to right. A `null` says that it is no JSON; nothing reads on after that. */
class Reader {
  private at: i32 = 0;

  constructor(private text: string) {}

  isAtEnd(): bool {
    this.skipSpace();
    return this.at == this.text.length;
  }

  value(depth: i32): Json | null {
    this.skipSpace();
    const first = this.peek();
    if (first == 34) {
      const text = this.string();
      return text === null ? null : Json.text(text);
    }
    if (first == 123) return depth == MAX_DEPTH ? null : this.object(depth + 1);
    if (first == 91) return depth == MAX_DEPTH ? null : this.list(depth + 1);
    if (this.take("true")) return Json.bool(true);
    if (this.take("false")) return Json.bool(false);
    if (this.take("null")) return Json.nothing();
    const start = this.at;
    while (isPartOfNumber(this.peek())) this.at++;
    const digits = this.text.substring(start, this.at);
    const digit = digits.charCodeAt(digits.startsWith("-") ? 1 : 0);
    return digit >= 48 && digit <= 57 ? Json.of(Kind.Number, digits) : null;
  }

  private object(depth: i32): Json | null {
    const object = Json.object();
    this.at++;
    if (this.takeMark(125)) return object;
    do {
      this.skipSpace();
      const name = this.peek() == 34 ? this.string() : null;
      if (name === null || !this.takeMark(58)) return null;
      const value = this.value(depth);
      if (value === null) return null;
      object.set(name, value);
    } while (this.takeMark(44));
    return this.takeMark(125) ? object : null;
  }

  private list(depth: i32): Json | null {
    const list = Json.list([]);
    this.at++;
    if (this.takeMark(93)) return list;
    do {
      const value = this.value(depth);
      if (value === null) return null;
      list.push(value);
    } while (this.takeMark(44));
    return this.takeMark(93) ? list : null;
  }

  private string(): string | null {
    let text = "";
    let start = ++this.at;
    for (; this.at < this.text.length; this.at++) {
      const code = this.text.charCodeAt(this.at);
      if (code < 32) return null;
      if (code == 34) {
        text += this.text.substring(start, this.at++);
        return text;
      }
      if (code != 92) continue;
      text += this.text.substring(start, this.at++);
      const escaped = this.escaped();
      if (escaped < 0) return null;
      text += String.fromCharCode(escaped);
      start = this.at + 1;
    }
    return null;
  }

  /** What stands behind a backslash, ending at its last letter; negative for what is no escape. */
  private escaped(): i32 {
    const code = this.peek();
    if (code == 34 || code == 92 || code == 47) return code;
    if (code == 98) return 8;
    if (code == 102) return 12;
    if (code == 110) return 10;
    if (code == 114) return 13;
    if (code == 116) return 9;
    if (code != 117) return -1;
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      this.at++;
      const digit = hexDigit(this.peek());
      if (digit < 0) return -1;
      unit = unit * 16 + digit;
    }
    return unit;
  }

  /** The code at the place reached, or -1 at the end. */
  private peek(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }

  private take(word: string): bool {
    // Letter by letter, because a part of the text would be a copy, made for every number too.
    for (let i = 0; i < word.length; i++) {
      if (this.at + i >= this.text.length || this.text.charCodeAt(this.at + i) != word.charCodeAt(i)) return false;
    }
    this.at += word.length;
    return true;
  }

  private takeMark(code: i32): bool {
    this.skipSpace();
    if (this.peek() != code) return false;
    this.at++;
    return true;
  }

  private skipSpace(): void {
    for (let code = this.peek(); code == 32 || code == 10 || code == 13 || code == 9; code = this.peek()) this.at++;
  }
}

function isPartOfNumber(code: i32): bool {
  return (code >= 48 && code <= 57) || code == 45 || code == 43 || code == 46 || code == 101 || code == 69;
}

function hexDigit(code: i32): i32 {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
