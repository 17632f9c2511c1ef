//! HTTP by the host, which decides where a plug-in may go: what it does not allow fails the call.

const std = @import("std");
const abi = @import("abi.zig");
const block = @import("block.zig");
const memory = @import("memory.zig");

pub const Header = struct { name: []const u8, value: []const u8 };

/// What is asked for.
pub const Request = struct {
    url: []const u8,
    /// In capital letters.
    method: []const u8 = "GET",
    headers: []const Header = &.{},
    /// Sent as it is; none if it is empty.
    body: []const u8 = "",
};

/// What came back, whatever its status. It lives until the next call.
pub const Response = struct {
    /// 0 when the host gave none.
    status: i32,
    body: []const u8,
    headers: std.json.ObjectMap,

    /// A header, its name in lower case, several values joined by ", "; null when it is missing or the host does not show it.
    pub fn header(response: Response, name: []const u8) ?[]const u8 {
        const value = response.headers.get(name) orelse return null;
        return switch (value) {
            .string => |text| text,
            .array => |list| joined(list.items),
            else => null,
        };
    }
};

/// Sends a request and waits for the response.
pub fn send(request: Request) !Response {
    var headers = std.json.ObjectMap.init(memory.allocator);
    for (request.headers) |each| try headers.put(each.name, .{ .string = each.value });
    const asked = .{ .url = request.url, .method = request.method, .headers = std.json.Value{ .object = headers } };
    const json = try std.json.Stringify.valueAlloc(memory.allocator, asked, .{});
    const body = abi.http_request(block.share(json), block.share(request.body));
    const status = abi.http_status_code();
    const shown = block.receive(abi.http_headers());
    return .{ .status = status, .body = block.receive(body), .headers = if (shown.len == 0) .init(memory.allocator) else try readObject(shown) };
}

fn joined(values: []const std.json.Value) ?[]const u8 {
    const texts = memory.allocator.alloc([]const u8, values.len) catch @panic("out of memory");
    for (values, texts) |value, *text| text.* = if (value == .string) value.string else return null;
    return std.mem.join(memory.allocator, ", ", texts) catch @panic("out of memory");
}

fn readObject(json: []const u8) !std.json.ObjectMap {
    const value = try std.json.parseFromSliceLeaky(std.json.Value, memory.allocator, json, .{});
    return if (value == .object) value.object else error.HeadersAreNoObject;
}
