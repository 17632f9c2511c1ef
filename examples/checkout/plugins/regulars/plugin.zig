//! A merchant, in Zig: one percent for every order that the customer has made, as the shop tells.

const std = @import("std");
const bindings = @import("bindings.zig");

pub fn before_checkout(cart: bindings.Cart) !bindings.Discount {
    const orders = try bindings.host.orders_of(cart.customer);
    return .{ .discount_percent = @floatFromInt(std.math.clamp(orders, 0, 9)) };
}
