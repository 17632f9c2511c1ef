//! The kitchen sink (../../kitchen-sink.md) in Zig with `pdks/zig`.

const std = @import("std");
const tenon = @import("tenon");
const abi = tenon.abi;

pub const panic = tenon.panic;

// Input and output.

export fn echo() i32 {
    return tenon.run(same);
}

fn same(input: []const u8) []const u8 {
    return input;
}

export fn upper() i32 {
    return tenon.run(struct {
        fn run(text: []u8) []u8 {
            for (text) |*letter| letter.* = std.ascii.toUpper(letter.*);
            return text;
        }
    }.run);
}

export fn count_vowels() i32 {
    return tenon.run(struct {
        fn run(text: []const u8) struct { count: usize } {
            var count: usize = 0;
            for (text) |letter| count += @intFromBool(std.mem.indexOfScalar(u8, "aeiouAEIOU", letter) != null);
            return .{ .count = count };
        }
    }.run);
}

const Cart = struct { is_new_customer: bool, cart_total_in_cents: u64 };
const Discount = struct { discount_percent: u32 };

export fn before_checkout() i32 {
    return tenon.run(discountOf);
}

fn discountOf(cart: Cart) Discount {
    return .{ .discount_percent = if (cart.is_new_customer and cart.cart_total_in_cents >= 10000) 20 else 0 };
}

const Question = struct { name: []const u8, numbers: []const i64, nested: struct { is: bool } };
const Answer = struct { greeting: []const u8, sum: i64, is: bool };

export fn json() i32 {
    return tenon.run(answerTo);
}

fn answerTo(question: Question) !Answer {
    var sum: i64 = 0;
    for (question.numbers) |number| sum += number;
    return .{ .greeting = try std.fmt.allocPrint(tenon.allocator, "Hello, {s}", .{question.name}), .sum = sum, .is = question.nested.is };
}

export fn range() i32 {
    const bytes = tenon.input();
    if (bytes.len < 4) return 1;
    abi.output_set(tenon.share(bytes) + 3, bytes.len - 4);
    return 0;
}

export fn output_twice() i32 {
    return tenon.run(struct {
        fn run(input: []const u8) []const u8 {
            tenon.output(input);
            return "second";
        }
    }.run);
}

export fn no_output() i32 {
    return 0;
}

export fn void_result() void {
    tenon.output(tenon.input());
}

export fn input_u8() i32 {
    const bytes = tenon.allocator.alloc(u8, @intCast(abi.input_length())) catch return 1;
    for (bytes, 0..) |*byte, i| byte.* = @truncate(abi.input_load_u8(i));
    tenon.output(bytes);
    return 0;
}

export fn input_u64() i32 {
    return tenon.run(same);
}

export fn input_block() i32 {
    tenon.output(tenon.read(abi.input_offset()));
    return 0;
}

export fn input_past_end() i32 {
    return tenon.run(struct {
        fn run() ![]const u8 {
            var sum: u64 = 0;
            for ([_]u64{ abi.input_length(), abi.input_length() + 1000, 1 << 63 }) |at| sum += abi.input_load_u8(at) + abi.input_load_u64(at);
            return decimal(sum);
        }
    }.run);
}

fn decimal(number: anytype) ![]const u8 {
    return std.fmt.allocPrint(tenon.allocator, "{d}", .{number});
}

fn numberOf(text: []const u8) !i32 {
    return std.fmt.parseInt(i32, text, 10);
}

// Failures.

export fn fail_text() i32 {
    return tenon.run(struct {
        fn run(text: []const u8) !void {
            return tenon.failWithCode(7, "{s}", .{text});
        }
    }.run);
}

export fn fail_text_zero() i32 {
    abi.error_set(tenon.share(tenon.input()));
    return 0;
}

export fn fail_code() i32 {
    return numberOf(tenon.input()) catch @panic("no number");
}

export fn fail_cleared() i32 {
    return tenon.run(struct {
        fn run(text: []const u8) []const u8 {
            abi.error_set(tenon.share(text));
            abi.error_set(0);
            return "recovered";
        }
    }.run);
}

export fn error_peek() i32 {
    return tenon.run(struct {
        fn run(text: []const u8) []const u8 {
            abi.error_set(tenon.share(text));
            const read = tenon.read(abi.error_get());
            abi.error_set(0);
            return read;
        }
    }.run);
}

export fn trap() i32 {
    @panic("given up");
}

export fn loop_forever() i32 {
    var n: u32 = 0;
    const counter: *volatile u32 = &n;
    while (true) counter.* +%= 1;
}

var depth: i32 = 0;

fn recurse() i32 {
    const counter: *volatile i32 = &depth;
    counter.* += 1;
    if (counter.* < 0) return 0;
    const below = recurse();
    counter.* -= 1;
    return below;
}

export fn recurse_forever() i32 {
    return recurse();
}

export fn grow_memory() i32 {
    return tenon.run(struct {
        fn run(_: []const u8) ![]const u8 {
            const digits = try tenon.allocator.alloc(u8, 16); // before there is no memory left
            var pages: usize = 0;
            while (@wasmMemoryGrow(0, 64) != -1) pages += 64;
            return std.fmt.bufPrint(digits, "{d}", .{pages});
        }
    }.run);
}

export fn eat_memory() i32 {
    while (true) @memset(std.heap.wasm_allocator.alloc(u8, 1 << 20) catch @panic("out of memory"), 1);
}

export fn eat_blocks() i32 {
    return tenon.run(struct {
        fn run() ![]const u8 {
            var count: usize = 0;
            while (abi.alloc(1 << 20) != 0) count += 1;
            return decimal(count);
        }
    }.run);
}

// Host services.

fn answer(found: ?[]const u8) ![]const u8 {
    return if (found) |value| std.mem.concat(tenon.allocator, u8, &.{ "=", value }) else "-";
}

export fn config_get() i32 {
    return tenon.run(struct {
        fn run(key: []const u8) ![]const u8 {
            return answer(tenon.config(key));
        }
    }.run);
}

export fn var_get() i32 {
    return tenon.run(struct {
        fn run(key: []const u8) ![]const u8 {
            return answer(tenon.variable.get(key));
        }
    }.run);
}

export fn var_set() i32 {
    return tenon.run(struct {
        fn run(pair: []const u8) !void {
            const equals = std.mem.indexOfScalar(u8, pair, '=') orelse return tenon.fail("no =", .{});
            tenon.variable.set(pair[0..equals], pair[equals + 1 ..]);
        }
    }.run);
}

export fn var_delete() i32 {
    return tenon.run(tenon.variable.remove);
}

export fn var_count() i32 {
    return tenon.run(struct {
        fn run() ![]const u8 {
            const count = try decimal(try numberOf(tenon.variable.get("count") orelse "0") + 1);
            tenon.variable.set("count", count);
            return count;
        }
    }.run);
}

var calls: u32 = 0;

export fn static_count() i32 {
    return tenon.run(struct {
        fn run() ![]const u8 {
            calls += 1;
            return decimal(calls);
        }
    }.run);
}

export fn log_trace() i32 {
    return tenon.run(struct {
        fn run(text: []const u8) void {
            tenon.log.write(.trace, text);
        }
    }.run);
}

export fn log_four() i32 {
    return tenon.run(struct {
        fn run(text: []const u8) void {
            for ([_]tenon.log.Level{ .debug, .info, .warn, .err }) |level| tenon.log.print(level, "{s}", .{text});
        }
    }.run);
}

export fn log_level() i32 {
    return tenon.run(struct {
        fn run() ![]const u8 {
            return decimal(abi.get_log_level());
        }
    }.run);
}

export fn alloc_many() i32 {
    return tenon.run(struct {
        fn run(digits: []const u8) ![]const u8 {
            const count: usize = @intCast(try numberOf(digits));
            const handles = try tenon.allocator.alloc(u64, 2 * count);
            var kept: usize = 0;
            for (handles, 0..) |*handle, i| {
                if (i == count) for (handles[0..count], 0..) |odd, j| if (j % 2 == 1) abi.free(odd);
                handle.* = abi.alloc(16);
                abi.store_u64(handle.*, i);
            }
            for (handles, 0..) |handle, i| {
                const was_freed = i < count and i % 2 == 1;
                kept += @intFromBool(!was_freed and abi.load_u64(handle) == i and abi.length_unsafe(handle) == 16);
            }
            return decimal(kept);
        }
    }.run);
}

export fn wild_handles() i32 {
    return tenon.run(struct {
        fn run(input: []const u8) ![]const u8 {
            const handle = tenon.share(input);
            var sum: u64 = 0;
            for ([_]u64{ 1, handle + 1, 1 << 32, 1 << 40, 1 << 53, 1 << 63, std.math.maxInt(u64) - 7, std.math.maxInt(u64) }) |wild| {
                abi.free(wild);
                sum += abi.length(wild);
                if (wild < 1 << 32) continue; // These lie inside of the memory, where reading and writing are allowed.
                abi.store_u8(wild, 0xff);
                abi.store_u64(wild, std.math.maxInt(u64));
                sum += abi.load_u8(wild) + abi.load_u64(wild);
            }
            if (sum != 0 or !std.mem.eql(u8, tenon.read(handle), input)) return tenon.fail("not harmless", .{});
            return "harmless";
        }
    }.run);
}

export fn http() i32 {
    return tenon.run(fetch);
}

fn fetch(message: []const u8) ![]const u8 {
    const end = std.mem.indexOf(u8, message, "\n\n") orelse return tenon.fail("no end of headers", .{});
    var lines = std.mem.splitScalar(u8, message[0..end], '\n');
    var first = std.mem.splitScalar(u8, lines.first(), ' ');
    const method = first.first();
    var headers: [16]tenon.http.Header = undefined;
    var count: usize = 0;
    while (lines.next()) |line| : (count += 1) {
        const colon = std.mem.indexOf(u8, line, ": ") orelse return tenon.fail("no header: {s}", .{line});
        headers[count] = .{ .name = line[0..colon], .value = line[colon + 2 ..] };
    }
    const response = try tenon.http.send(.{ .method = method, .url = first.rest(), .headers = headers[0..count], .body = message[end + 2 ..] });
    const reply = response.header("x-reply");
    return std.fmt.allocPrint(tenon.allocator, "{d}\n{s}{s}{s}\n{s}", .{
        response.status, if (reply != null) "x-reply: " else "", reply orelse "", if (reply != null) "\n" else "", response.body,
    });
}

export fn http_cookies() i32 {
    return tenon.run(struct {
        fn run(url: []const u8) ![]const u8 {
            return (try tenon.http.send(.{ .url = url })).header("set-cookie") orelse "-";
        }
    }.run);
}

// Host functions.

const host = struct {
    extern "extism:host/user" fn add_i32(a: i32, b: i32) i32;
    extern "extism:host/user" fn add_i64(a: i64, b: i64) i64;
    extern "extism:host/user" fn add_f32(a: f32, b: f32) f32;
    extern "extism:host/user" fn add_f64(a: f64, b: f64) f64;
    extern "extism:host/user" fn mixed(a: i32, b: i64, c: f32, d: f64, text: abi.Handle) abi.Handle;
    extern "extism:host/user" fn sum_seven(a: i32, b: i32, c: i32, d: i32, e: i32, f: i32, g: i32) i32;
    extern "extism:host/user" fn note(text: abi.Handle) void;
    extern "extism:host/user" fn refuse() void;
};

fn numbers(comptime T: type, comptime count: usize, bytes: []const u8) [count]T {
    return @bitCast(bytes[0..@sizeOf([count]T)].*);
}

fn hostAdd(comptime T: type, comptime add: anytype) i32 {
    return tenon.run(struct {
        fn run(input: []const u8) ![]u8 {
            const pair = numbers(T, 2, input);
            return tenon.allocator.dupe(u8, std.mem.asBytes(&add(pair[0], pair[1])));
        }
    }.run);
}

export fn host_i32() i32 {
    return hostAdd(i32, host.add_i32);
}

export fn host_i64() i32 {
    return hostAdd(i64, host.add_i64);
}

export fn host_f32() i32 {
    return hostAdd(f32, host.add_f32);
}

export fn host_f64() i32 {
    return hostAdd(f64, host.add_f64);
}

const host_upper = @extern(*const fn (abi.Handle) callconv(.c) abi.Handle, .{ .name = "upper", .library_name = "extism:host/user" });

export fn host_text() i32 {
    return tenon.run(struct {
        fn run(text: []const u8) []const u8 {
            return tenon.receive(host_upper(tenon.share(text)));
        }
    }.run);
}

export fn host_mixed() i32 {
    return tenon.run(struct {
        fn run(input: []const u8) []const u8 {
            const a = numbers(i32, 1, input)[0];
            const b = numbers(i64, 1, input[4..])[0];
            const c = numbers(f32, 1, input[12..])[0];
            const d = numbers(f64, 1, input[16..])[0];
            return tenon.receive(host.mixed(a, b, c, d, tenon.share(input[24..])));
        }
    }.run);
}

export fn host_seven() i32 {
    return tenon.run(struct {
        fn run(input: []const u8) ![]u8 {
            const n = numbers(i32, 7, input);
            return tenon.allocator.dupe(u8, std.mem.asBytes(&host.sum_seven(n[0], n[1], n[2], n[3], n[4], n[5], n[6])));
        }
    }.run);
}

export fn host_note() i32 {
    return tenon.run(struct {
        fn run(text: []const u8) []const u8 {
            host.note(tenon.share(text));
            return "noted";
        }
    }.run);
}

export fn host_fail() i32 {
    host.refuse();
    return 0;
}
