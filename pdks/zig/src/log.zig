//! Logs. What the host does not keep is not even formatted.

const std = @import("std");
const abi = @import("abi.zig");
const block = @import("block.zig");
const memory = @import("memory.zig");

/// Levels, lowest first, with the numbers of the ABI.
pub const Level = enum(i32) { trace, debug, info, warn, err };

/// Whether the host keeps logs of this level.
pub fn isKept(level: Level) bool {
    return @intFromEnum(level) >= abi.get_log_level();
}

/// Logs a text.
pub fn write(level: Level, text: []const u8) void {
    if (!isKept(level)) return;
    const handle = block.share(text);
    switch (level) {
        .trace => abi.log_trace(handle),
        .debug => abi.log_debug(handle),
        .info => abi.log_info(handle),
        .warn => abi.log_warn(handle),
        .err => abi.log_error(handle),
    }
}

/// Logs a text by the format of std.fmt.
pub fn print(level: Level, comptime format: []const u8, values: anytype) void {
    if (!isKept(level)) return;
    write(level, std.fmt.allocPrint(memory.allocator, format, values) catch @panic("out of memory"));
}
