//! Tenon's plug-in kit for Zig: functions that a WebAssembly plug-in host can call, and what the host offers them.
//!
//!     const tenon = @import("tenon");
//!     pub const panic = tenon.panic;
//!
//!     export fn greet() i32 {
//!         return tenon.run(hello);
//!     }
//!
//!     fn hello(name: []const u8) ![]const u8 {
//!         return std.fmt.allocPrint(tenon.allocator, "Hello, {s}", .{name});
//!     }
//!
//! The plug-in runs in Tenon and in every Extism host; see README.md for how to build one.

const std = @import("std");
const block = @import("block.zig");
const memory = @import("memory.zig");

pub const abi = @import("abi.zig");
pub const http = @import("http.zig");
pub const log = @import("log.zig");
pub const allocator = memory.allocator;
pub const share = block.share;
pub const read = block.read;
pub const receive = block.receive;
pub const input = block.input;

/// For `pub const panic = tenon.panic;` in the root file: what went wrong is logged, then the call traps.
pub const panic = std.debug.FullPanic(logPanic);

fn logPanic(message: []const u8, _: ?usize) noreturn {
    log.write(.err, message);
    @trap();
}

/// Runs a plug-in function and gives what the host is told: 0, or a return code.
///
/// The function takes `[]const u8` or a record, which comes as JSON, or nothing. It returns the same kinds, `void` for no
/// output, or an error union of one. An error fails the call by its name, or by the text of `fail`. A field of a record with
/// a default value may be missing.
pub fn run(comptime function: anytype) i32 {
    memory.clear();
    failure = null;
    const params = @typeInfo(@TypeOf(function)).@"fn".params;
    if (params.len > 1) @compileError("a plug-in function takes its input or nothing");
    var arguments: std.meta.ArgsTuple(@TypeOf(function)) = undefined;
    if (params.len == 1) arguments[0] = decode(params[0].type.?, input()) catch |err| return report(fail("Cannot read the input: {s}", .{@errorName(err)}));
    const made = @call(.auto, function, arguments);
    if (@typeInfo(@TypeOf(made)) == .error_union) {
        finish(made catch |err| return report(err)) catch |err| return report(err);
    } else finish(made) catch |err| return report(err);
    return 0;
}

/// Makes these bytes the output of the call; a later output replaces it.
pub fn output(bytes: []const u8) void {
    abi.output_set(share(bytes), bytes.len);
}

/// Makes an error with a text: `return tenon.fail("Cannot read the cart: it has {d} items", .{count});`
pub fn fail(comptime format: []const u8, values: anytype) error{Failed} {
    return failWithCode(1, format, values);
}

/// The same with another return code; 0, which would say success, becomes 1.
pub fn failWithCode(code: i32, comptime format: []const u8, values: anytype) error{Failed} {
    failure = .{ .text = std.fmt.allocPrint(allocator, format, values) catch "out of memory", .code = if (code == 0) 1 else code };
    return error.Failed;
}

/// Looks up the configuration; null when the key is missing or its value empty.
pub fn config(key: []const u8) ?[]const u8 {
    const handle = abi.config_get(share(key));
    return if (handle == 0) null else receive(handle);
}

/// Variables: small things that the host keeps for the plug-in from call to call.
pub const variable = struct {
    /// A copy of a variable; null when there is none.
    pub fn get(key: []const u8) ?[]const u8 {
        const handle = abi.var_get(share(key));
        return if (handle == 0) null else receive(handle);
    }

    /// Sets a variable; no bytes delete it. Past the host's budget the call fails, here and now.
    pub fn set(key: []const u8, value: []const u8) void {
        abi.var_set(share(key), share(value));
    }

    /// Deletes a variable, if there is one.
    pub fn remove(key: []const u8) void {
        abi.var_set(share(key), 0);
    }
};

const Failure = struct { text: []const u8, code: i32 };
var failure: ?Failure = null;

fn report(err: anyerror) i32 {
    const made: Failure = if (err == error.Failed) failure orelse .{ .text = "Failed", .code = 1 } else .{ .text = @errorName(err), .code = 1 };
    // A host knows an error by its block, so no text becomes a space.
    abi.error_set(share(if (made.text.len == 0) " " else made.text));
    return made.code;
}

fn decode(comptime T: type, bytes: []u8) !T {
    if (T == []const u8 or T == []u8) return bytes;
    return std.json.parseFromSliceLeaky(T, allocator, bytes, .{ .ignore_unknown_fields = true });
}

fn finish(made: anytype) !void {
    const T = @TypeOf(made);
    if (T == void) return;
    if (T == []const u8 or T == []u8) return output(made);
    if (@typeInfo(T) == .pointer) return output(@as([]const u8, made));
    output(try std.json.Stringify.valueAlloc(allocator, made, .{}));
}
