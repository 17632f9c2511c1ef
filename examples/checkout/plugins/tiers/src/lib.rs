//! A merchant, in Rust: 3 percent on carts of 50 and more, 6 on those of 150 and more.

mod bindings;

use bindings::*;
use tenon_pdk::*;

#[plugin_fn]
pub fn before_checkout(Json(cart): Json<Cart>) -> FnResult<Json<Discount>> {
    let discount_percent = match cart.cart_total_in_cents {
        15_000.. => 6.0,
        5_000.. => 3.0,
        _ => 0.0,
    };
    Ok(Json(Discount { discount_percent }))
}
