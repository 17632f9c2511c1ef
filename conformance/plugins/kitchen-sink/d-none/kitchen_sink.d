/** The kitchen sink (../../kitchen-sink.md) in D with `-betterC`, and no kit. */
module kitchen_sink;

import block;
import text;
static import host;

@nogc nothrow:

// Input and output.

@exported("echo") int echo() {
    return output(input());
}

@exported("upper") int upper() {
    auto bytes = input();
    foreach (ref b; bytes) if (b >= 'a' && b <= 'z') b -= 32;
    return output(bytes);
}

@exported("count_vowels") int countVowels() {
    long count;
    foreach (b; input()) count += find(cast(const(ubyte)[]) "aeiouAEIOU", (&b)[0 .. 1]) < 10;
    return output(join(`{"count":`, decimal(count), `}`));
}

@exported("before_checkout") int beforeCheckout() {
    auto cart = input();
    const isNew = field(cart, "is_new_customer");
    long total;
    const isCart = (same(isNew, "true") || same(isNew, "false")) && parse(field(cart, "cart_total_in_cents"), total);
    if (!isCart) return fail("Cannot discount the cart: it is none");
    return output(same(isNew, "true") && total >= 10_000 ? `{"discount_percent":20}` : `{"discount_percent":0}`);
}

@exported("range") int range() {
    auto bytes = input();
    if (bytes.length < 4) return 1;
    host.output_set(share(bytes) + 3, bytes.length - 4);
    return 0;
}

@exported("output_twice") int outputTwice() {
    output(input());
    return output("second");
}

@exported("no_output") int noOutput() {
    return 0;
}

@exported("void_result") void voidResult() {
    output(input());
}

@exported("input_u8") int inputU8() {
    beginCall();
    auto bytes = take(cast(size_t) host.input_length());
    foreach (i, ref b; bytes) b = cast(ubyte) host.input_load_u8(i);
    return output(bytes);
}

@exported("input_u64") int inputU64() {
    return output(input());
}

@exported("input_block") int inputBlock() {
    beginCall();
    return output(read(host.input_offset()));
}

@exported("input_past_end") int inputPastEnd() {
    beginCall();
    const size = host.input_length();
    const ulong[3] places = [size, size + 1000, 1UL << 63];
    ulong sum;
    foreach (place; places) sum += host.input_load_u8(place) + host.input_load_u64(place);
    return output(decimal(sum));
}

// Failures.

@exported("fail_text") int failText() {
    return fail(input(), 7);
}

@exported("fail_text_zero") int failTextZero() {
    return fail(input(), 0);
}

@exported("fail_code") int failCode() {
    return cast(int) number(input());
}

@exported("fail_cleared") int failCleared() {
    fail(input());
    host.error_set(0);
    return output("recovered");
}

@exported("error_peek") int errorPeek() {
    fail(input());
    const text = read(host.error_get());
    host.error_set(0);
    return output(text);
}

@exported("trap") int trapNow() {
    trap();
}

private __gshared uint turns;

@exported("loop_forever") int loopForever() {
    import core.volatile : volatileStore;

    for (;;) volatileStore(&turns, 1);
}

private int recurse(int depth) {
    turns++;
    return turns < 0 ? depth : recurse(depth + turns) + turns;
}

@exported("recurse_forever") int recurseForever() {
    turns = 0;
    return recurse(0) == 1;
}

@exported("grow_memory") int growAll() {
    beginCall();
    take(64);
    long pages;
    while (growMemory(0, 64) != -1) pages += 64;
    return output(decimal(pages));
}

@exported("eat_memory") int eatMemory() {
    for (;;) take(1 << 20)[0] = 1;
}

@exported("eat_blocks") int eatBlocks() {
    beginCall();
    long count;
    while (host.alloc(1 << 20) != 0) count++;
    return output(decimal(count));
}

// Host services.

private int answer(scope const(ubyte)[] value) {
    return value is null ? output("-") : output(join("=", value));
}

@exported("config_get") int configGet() {
    return answer(receive(host.config_get(share(input()))));
}

@exported("var_get") int varGet() {
    return answer(receive(host.var_get(share(input()))));
}

@exported("var_set") int varSet() {
    const pair = input();
    const equals = find(pair, "=");
    host.var_set(share(pair[0 .. equals]), share(pair[equals + 1 .. $]));
    return 0;
}

@exported("var_delete") int varDelete() {
    host.var_set(share(input()), 0);
    return 0;
}

@exported("var_count") int varCount() {
    beginCall();
    const text = receive(host.var_get(share("count")));
    const next = decimal(text is null ? 1 : number(text) + 1);
    host.var_set(share("count"), share(next));
    return output(next);
}

@exported("static_count") int staticCount() {
    __gshared static long count;
    beginCall();
    return output(decimal(++count));
}

@exported("log_trace") int logTrace() {
    host.log_trace(share(input()));
    return 0;
}

@exported("log_four") int logFour() {
    const text = input();
    static foreach (log; ["log_debug", "log_info", "log_warn", "log_error"])
        __traits(getMember, host, log)(share(text));
    return 0;
}

@exported("log_level") int logLevel() {
    beginCall();
    return output(decimal(host.get_log_level()));
}

@exported("alloc_many") int allocMany() {
    const count = cast(size_t) number(input());
    auto handles = as!ulong(take(2 * count * ulong.sizeof));
    foreach (i, ref handle; handles) {
        if (i == count) for (size_t odd = 1; odd < count; odd += 2) host.free(handles[odd]);
        handle = host.alloc(16);
        host.store_u64(handle, i);
    }
    long kept;
    foreach (i, handle; handles) {
        if (i < count && i % 2 == 1) continue; // was freed
        kept += host.load_u64(handle) == i && host.length_unsafe(handle) == 16;
    }
    return output(decimal(kept));
}

@exported("wild_handles") int wildHandles() {
    const bytes = input();
    const handle = share(bytes);
    const ulong[8] wild = [1, handle + 1, 1UL << 32, 1UL << 40, 1UL << 53, 1UL << 63, ulong.max - 7, ulong.max];
    ulong sum;
    foreach (number; wild) {
        host.free(number);
        sum += host.length(number);
        if (number < 1UL << 32) continue; // these lie inside of the memory, where reading and writing are allowed
        host.store_u8(number, 0xff);
        host.store_u64(number, ulong.max);
        sum += host.load_u8(number) + host.load_u64(number);
    }
    host.free(0);
    return sum != 0 || !same(read(handle), bytes) ? fail("not harmless") : output("harmless");
}

@exported("http") int http() {
    const message = input();
    const headEnd = find(message, "\n\n");
    const(ubyte)[] head = message[0 .. headEnd];
    const content = message[headEnd + 2 .. $];
    const line = head[0 .. find(head, "\n")];
    const gap = find(line, " ");
    auto request = join(`{"method":"`, line[0 .. gap], `","url":"`, line[gap + 1 .. $], `","headers":{`);
    bool isFirst = true;
    for (head = head[line.length .. $]; head.length > 0; isFirst = false) {
        head = head[1 .. $];
        const header = head[0 .. find(head, "\n")];
        const colon = find(header, ": ");
        request = join(request, isFirst ? `"` : `,"`, header[0 .. colon], `":"`, header[colon + 2 .. $], `"`);
        head = head[header.length .. $];
    }
    const handle = host.http_request(share(join(request, `}}`)), content.length > 0 ? share(content) : 0);
    auto reply = join(decimal(host.http_status_code()), "\n");
    const shown = field(receive(host.http_headers()), "x-reply");
    if (shown !is null) reply = join(reply, "x-reply: ", shown[1 .. $ - 1], "\n");
    return output(join(reply, "\n", receive(handle)));
}

// Host functions.

private int add(T, alias function_)() {
    const pair = as!T(input());
    const sum = function_(pair[0], pair[1]);
    return output((&sum)[0 .. 1]);
}

@exported("host_i32") int hostI32() {
    return add!(int, host.add_i32);
}

@exported("host_i64") int hostI64() {
    return add!(long, host.add_i64);
}

@exported("host_f32") int hostF32() {
    return add!(float, host.add_f32);
}

@exported("host_f64") int hostF64() {
    return add!(double, host.add_f64);
}

@exported("host_text") int hostText() {
    return output(receive(host.upper(share(input()))));
}

@exported("host_mixed") int hostMixed() {
    align(1) static struct Numbers {
    align(1):
        int a;
        long b;
        float c;
        double d;
    }

    const bytes = input();
    const n = *cast(const(Numbers)*) bytes.ptr;
    return output(receive(host.mixed(n.a, n.b, n.c, n.d, share(bytes[Numbers.sizeof .. $]))));
}

@exported("host_seven") int hostSeven() {
    const n = as!int(input());
    const sum = host.sum_seven(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
    return output((&sum)[0 .. 1]);
}

@exported("host_note") int hostNote() {
    host.note(share(input()));
    return output("noted");
}

@exported("host_fail") int hostFail() {
    host.refuse();
    return 0;
}
