//! A plug-in: each exported function can be called by the application that loads it.
const tenon = @import("tenon");

pub const panic = tenon.panic;

const Cart = struct { is_new_customer: bool, cart_total_in_cents: i64 };
const Discount = struct { discount_percent: i64 };

export fn before_checkout() i32 {
    return tenon.run(discountOf);
}

/// Input and output are JSON, as the structs say.
fn discountOf(cart: Cart) !Discount {
    if (cart.cart_total_in_cents < 0) return tenon.fail("Cannot discount the cart: its total is {d}", .{cart.cart_total_in_cents});
    return .{ .discount_percent = if (cart.is_new_customer and cart.cart_total_in_cents >= 10000) 20 else 0 };
}
