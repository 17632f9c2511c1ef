/** Text, numbers as text, and as much JSON as the kitchen sink reads: a value is a slice of its text. */
module text;

import block;

@nogc nothrow:

/// Parts one after the other, as a copy.
ubyte[] join(Parts...)(scope const Parts parts) {
    size_t size;
    foreach (part; parts) size += part.length;
    auto all = take(size);
    size_t at;
    foreach (part; parts) foreach (b; cast(const(ubyte)[]) part) all[at++] = b;
    return all;
}

/// Whether both are the same bytes. (What `==` becomes asks for the C library.)
bool same(scope const(ubyte)[] one, scope const(void)[] text) {
    auto other = cast(const(ubyte)[]) text;
    if (one.length != other.length) return false;
    foreach (i, b; one) if (b != other[i]) return false;
    return true;
}

/// Where a text first is, or the length if it is not.
size_t find(scope const(ubyte)[] bytes, scope const(void)[] wanted) {
    auto part = cast(const(ubyte)[]) wanted;
    foreach (at; 0 .. bytes.length)
        if (at + part.length <= bytes.length && same(bytes[at .. at + part.length], part)) return at;
    return bytes.length;
}

/// A whole number as text.
ubyte[] decimal(long number) {
    auto digits = take(24);
    size_t at = digits.length;
    ulong rest = number < 0 ? -cast(ulong) number : number;
    do {
        digits[--at] = cast(ubyte)('0' + rest % 10);
        rest /= 10;
    }
    while (rest != 0);
    if (number < 0) digits[--at] = '-';
    return digits[at .. $];
}

/// Reads a whole number, all of the text; traps if it is none.
long number(scope const(ubyte)[] text) {
    long value;
    if (!parse(text, value)) trap();
    return value;
}

/// The same, but tells whether it is one.
bool parse(scope const(ubyte)[] text, out long value) {
    const isNegative = text.length > 0 && text[0] == '-';
    if (isNegative) text = text[1 .. $];
    if (text.length == 0 || text.length > 18) return false;
    foreach (b; text) {
        if (b < '0' || b > '9') return false;
        value = value * 10 + (b - '0');
    }
    if (isNegative) value = -value;
    return true;
}

/// The value of a field of an object that is the whole text; `null` if there is none. Texts with escapes are left alone.
const(ubyte)[] field(return scope const(ubyte)[] json, string name) {
    size_t at = space(json, 0);
    if (at >= json.length || json[at] != '{') return null;
    while (at < json.length) {
        at = space(json, at + 1);
        const nameEnd = skip(json, at);
        const colon = space(json, nameEnd);
        if (nameEnd == at || colon >= json.length || json[colon] != ':') return null;
        const from = space(json, colon + 1);
        const to = skip(json, from);
        if (to == from) return null;
        if (json[at] == '"' && same(json[at + 1 .. nameEnd - 1], name)) return json[from .. to];
        at = space(json, to);
        if (at >= json.length || json[at] != ',') return null;
    }
    return null;
}

private size_t space(scope const(ubyte)[] json, size_t at) {
    while (at < json.length && (json[at] == ' ' || json[at] == '\n' || json[at] == '\t' || json[at] == '\r')) at++;
    return at;
}

/// The end of the value that begins at `at`; `at` itself if none does.
private size_t skip(scope const(ubyte)[] json, size_t at) {
    const begin = at;
    int depth;
    for (; at < json.length; at++) {
        const b = json[at];
        if (b == '"') {
            for (at++; at < json.length && json[at] != '"'; at++) if (json[at] == '\\') at++;
            if (at >= json.length) return begin;
            if (depth == 0) return at + 1;
        }
        else if (b == '{' || b == '[') depth++;
        else if (b == '}' || b == ']') {
            if (depth == 0) return at;
            if (--depth == 0) return at + 1;
        }
        else if (depth == 0 && (b == ',' || b == ' ' || b == '\n' || b == '\t' || b == '\r')) return at;
    }
    return depth == 0 ? at : begin;
}
