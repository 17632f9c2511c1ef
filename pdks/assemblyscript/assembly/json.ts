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

const NO_ITEMS: Json[] = [];

export class Json {
  /** A number, a boolean or text is a part of a text, mostly of that which was parsed: nothing is copied until it is asked for. */
  private source: string = "";
  private start: i32 = 0;
  private end: i32 = 0;
  /** Of a list its values, of an object names and values in turn; what is neither shares an empty one, which nothing changes. */
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
    object.items = [];
    return object;
  }

  /** For this package: a value with its source. */
  static of(kind: Kind, source: string): Json {
    return Json.part(kind, source, 0, source.length);
  }

  /** For this package: a value with a part of its source. */
  static part(kind: Kind, source: string, start: i32, end: i32): Json {
    const value = new Json(kind);
    value.source = source;
    value.start = start;
    value.end = end;
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
    return this.kind == Kind.Bool && unitAt(changetype<usize>(this.source), this.start) == 116;
  }

  /** The number; NaN for what is none. */
  asNumber(): f64 {
    return this.kind == Kind.Number ? parseFloat(this.text()) : NaN;
  }

  /** The whole number before a point or exponent, wrapping beyond 64 bits; 0 for what is no number. */
  asInt(): i64 {
    if (this.kind != Kind.Number) return 0;
    const from = changetype<usize>(this.source);
    const isNegative = unitAt(from, this.start) == 45;
    let sum: i64 = 0;
    for (let i = this.start + i32(isNegative), end = this.end; i < end; i++) {
      const digit = unitAt(from, i) - 48;
      if (<u32>digit > 9) break;
      sum = sum * 10 + digit;
    }
    return isNegative ? -sum : sum;
  }

  /** The text; empty for what is none. */
  asText(): string {
    return this.kind == Kind.Text ? this.text() : "";
  }

  /** Values of a list or object; none for anything else. */
  values(): Json[] {
    return this.kind == Kind.List ? this.items : this.members(1);
  }

  /** Names of an object, in the order of `values()`. */
  keys(): string[] {
    return this.members(0).map<string>((name) => name.text());
  }

  /** The value of a name, the last of several; `null` when there is none. */
  get(name: string): Json | null {
    if (this.kind != Kind.Object) return null;
    for (let i = this.items.length - 2; i >= 0; i -= 2) if (this.items[i].isNamed(name)) return this.items[i + 1];
    return null;
  }

  /** Adds a value to an object; gives the object again. */
  set(name: string, value: Json): Json {
    if (this.kind != Kind.Object) throw new Error("Cannot set \"" + name + "\": the value is no object");
    return this.add(Json.text(name), value);
  }

  /** For this package: `set` with a name that is a value. */
  add(name: Json, value: Json): Json {
    this.items.push(name);
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
    const writer = new Writer();
    this.write(writer);
    return writer.toString();
  }

  /** Every second item of an object, from the first or the second on. */
  private members(first: i32): Json[] {
    const members: Json[] = [];
    if (this.kind == Kind.Object) for (let i = first; i < this.items.length; i += 2) members.push(this.items[i]);
    return members;
  }

  private isNamed(name: string): bool {
    const bytes = <usize>(this.end - this.start) << 1;
    return bytes == <usize>name.length << 1 && memory.compare(changetype<usize>(this.source) + (<usize>this.start << 1), changetype<usize>(name), bytes) == 0;
  }

  private text(): string {
    return this.start == 0 && this.end == this.source.length ? this.source : this.source.substring(this.start, this.end);
  }

  private write(writer: Writer): void {
    if (this.kind == Kind.Null) writer.part("null", 0, 4);
    else if (this.kind == Kind.Text) writer.quote(this.source, this.start, this.end);
    else if (this.kind != Kind.List && this.kind != Kind.Object) writer.part(this.source, this.start, this.end);
    else {
      const isObject = this.kind == Kind.Object;
      writer.unit(isObject ? 123 : 91);
      for (let i = 0; i < this.items.length; i++) {
        if (i > 0) writer.unit(isObject && i % 2 == 1 ? 58 : 44);
        this.items[i].write(writer);
      }
      writer.unit(isObject ? 125 : 93);
    }
  }
}

/** Text that grows at its end. */
class Writer {
  private units: StaticArray<u16> = new StaticArray<u16>(128);
  private length: i32 = 0;

  unit(code: i32): void {
    this.reserve(1);
    unchecked((this.units[this.length++] = <u16>code));
  }

  part(text: string, start: i32, end: i32): void {
    const length = end - start;
    this.reserve(length);
    memory.copy(changetype<usize>(this.units) + (<usize>this.length << 1), changetype<usize>(text) + (<usize>start << 1), <usize>length << 1);
    this.length += length;
  }

  /** A part of a text, in quotes. */
  quote(text: string, start: i32, end: i32): void {
    this.unit(34);
    for (let i = start; i < end; i++) {
      const code = unitAt(changetype<usize>(text), i);
      if (code >= 32 && code != 34 && code != 92) continue;
      this.part(text, start, i);
      const escape = escapeOf(code);
      this.part(escape, 0, escape.length);
      start = i + 1;
    }
    this.part(text, start, end);
    this.unit(34);
  }

  toString(): string {
    return String.UTF16.decodeUnsafe(changetype<usize>(this.units), <usize>this.length << 1);
  }

  private reserve(more: i32): void {
    const needed = this.length + more;
    if (needed <= this.units.length) return;
    const larger = new StaticArray<u16>(max(needed, this.units.length << 1));
    memory.copy(changetype<usize>(larger), changetype<usize>(this.units), <usize>this.length << 1);
    this.units = larger;
  }
}

function escapeOf(code: i32): string {
  if (code == 34) return '\\"';
  if (code == 92) return "\\\\";
  if (code == 10) return "\\n";
  if (code == 13) return "\\r";
  if (code == 9) return "\\t";
  return "\\u00" + (code < 16 ? "0" : "") + code.toString(16);
}

/** A unit of a text by its address: where there are many, a call for each costs more than all else. */
@inline
function unitAt(text: usize, at: i32): i32 {
  return <i32>load<u16>(text + (<usize>at << 1));
}

/** Goes through a text from left to right. A `null` says that it is no JSON; nothing reads on after that. */
class Reader {
  private at: i32 = 0;
  private length: i32;

  constructor(private text: string) {
    this.length = text.length;
  }

  isAtEnd(): bool {
    this.skipSpace();
    return this.at == this.length;
  }

  value(depth: i32): Json | null {
    this.skipSpace();
    const first = this.peek();
    if (first == 34) return this.string();
    if (first == 123) return depth == MAX_DEPTH ? null : this.object(depth + 1);
    if (first == 91) return depth == MAX_DEPTH ? null : this.list(depth + 1);
    const start = this.at;
    if (first == 116) return this.take("true") ? Json.part(Kind.Bool, this.text, start, this.at) : null;
    if (first == 102) return this.take("false") ? Json.part(Kind.Bool, this.text, start, this.at) : null;
    if (first == 110) return this.take("null") ? Json.nothing() : null;
    const digit = first == 45 ? this.unit(start + 1) : first;
    if (<u32>(digit - 48) > 9) return null;
    let end = start + 1;
    while (isPartOfNumber(this.unit(end))) end++;
    this.at = end;
    return Json.part(Kind.Number, this.text, start, end);
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
      object.add(name, value);
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

  private string(): Json | null {
    let text = "";
    let start = ++this.at;
    for (; this.at < this.length; this.at++) {
      const code = this.unit(this.at);
      if (code < 32) return null;
      if (code == 34) {
        const end = this.at++;
        return text.length == 0 ? Json.part(Kind.Text, this.text, start, end) : Json.text(text + this.text.substring(start, end));
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

  /** The unit at a place, or -1 behind the end. */
  @inline
  private unit(at: i32): i32 {
    return at < this.length ? unitAt(changetype<usize>(this.text), at) : -1;
  }

  private peek(): i32 {
    return this.unit(this.at);
  }

  private take(word: string): bool {
    for (let i = 0; i < word.length; i++) if (this.unit(this.at + i) != word.charCodeAt(i)) return false;
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
    let at = this.at;
    for (let code = this.unit(at); code == 32 || code == 10 || code == 13 || code == 9; code = this.unit(at)) at++;
    this.at = at;
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
