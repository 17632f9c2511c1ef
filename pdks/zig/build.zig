//! Offers the module `tenon` to plug-ins that have this package as dependency.

const std = @import("std");

pub fn build(b: *std.Build) void {
    _ = b.addModule("tenon", .{ .root_source_file = b.path("src/tenon.zig") });
}
