//! The memory of a call: an arena that the next call starts afresh, so nothing is freed by hand.

const std = @import("std");

var arena = std.heap.ArenaAllocator.init(std.heap.wasm_allocator);

/// Allocates what lives until the next call.
pub const allocator: std.mem.Allocator = arena.allocator();

/// Bytes that live until the next call; panics when there is no more memory.
pub fn take(length: usize) []u8 {
    return allocator.alloc(u8, length) catch @panic("out of memory");
}

/// Frees the memory of the last call, but for what the next one can use again.
pub fn clear() void {
    _ = arena.reset(.retain_capacity);
}
