//! Blocks: what the plug-in and the host hand each other. Copies go eight bytes at a time and four times a turn, because the
//! loop itself costs as much as one call. Those loops are functions of their own: an engine that puts the host's functions in
//! place of calls goes by how often each call was made when it compiles, and in one function with the code for short input, a
//! loop that short input never enters would stay slow for good.

const std = @import("std");
const abi = @import("abi.zig");
const memory = @import("memory.zig");

/// Copies bytes into a new block, to hand it to the host: 0 for no bytes. Traps when the host has no room for more, not even
/// for the text of a panic.
pub fn share(bytes: []const u8) abi.Handle {
    const handle = abi.alloc(bytes.len);
    if (handle == 0) {
        if (bytes.len > 0) @trap();
        return 0;
    }
    var i: usize = bytes.len - bytes.len % 32;
    if (i > 0) storeTurns(handle, bytes[0..i]);
    while (bytes.len - i >= 8) : (i += 8) abi.store_u64(handle + i, std.mem.readInt(u64, bytes[i..][0..8], .little));
    while (i < bytes.len) : (i += 1) abi.store_u8(handle + i, bytes[i]);
    return handle;
}

/// Copies a block of the host: no bytes for 0 and for what is no block. The block stays; the copy lives until the next call.
pub fn read(handle: abi.Handle) []u8 {
    const length: usize = if (handle == 0) 0 else @intCast(abi.length(handle));
    return load(length, handle, abi.load_u64, abi.load_u8);
}

/// Copies a block and frees it: for what a host function gave.
pub fn receive(handle: abi.Handle) []u8 {
    const bytes = read(handle);
    if (handle != 0) abi.free(handle);
    return bytes;
}

/// A copy of the call's input; it lives until the next call.
pub fn input() []u8 {
    return load(@intCast(abi.input_length()), 0, abi.input_load_u64, abi.input_load_u8);
}

fn load(length: usize, from: u64, comptime loadWord: fn (u64) callconv(.c) u64, comptime loadByte: fn (u64) callconv(.c) u32) []u8 {
    const bytes = memory.take(length);
    var i: usize = length - length % 32;
    if (i > 0) loadTurns(bytes[0..i], from, loadWord);
    while (bytes.len - i >= 8) : (i += 8) std.mem.writeInt(u64, bytes[i..][0..8], loadWord(from + i), .little);
    while (i < bytes.len) : (i += 1) bytes[i] = @truncate(loadByte(from + i));
    return bytes;
}

noinline fn storeTurns(to: u64, bytes: []const u8) void {
    var i: usize = 0;
    while (i < bytes.len) : (i += 32) {
        inline for (.{ 0, 8, 16, 24 }) |step| abi.store_u64(to + i + step, std.mem.readInt(u64, bytes[i + step ..][0..8], .little));
    }
}

noinline fn loadTurns(bytes: []u8, from: u64, comptime loadWord: fn (u64) callconv(.c) u64) void {
    var i: usize = 0;
    while (i < bytes.len) : (i += 32) {
        inline for (.{ 0, 8, 16, 24 }) |step| std.mem.writeInt(u64, bytes[i + step ..][0..8], loadWord(from + i + step), .little);
    }
}
