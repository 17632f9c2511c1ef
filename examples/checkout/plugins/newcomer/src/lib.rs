//! A merchant, in Rust: 20 percent for new customers whose carts are of 100 and more.

mod bindings;

use bindings::*;
use tenon_pdk::*;

#[plugin_fn]
pub fn before_checkout(Json(cart): Json<Cart>) -> FnResult<Json<Discount>> {
    let mut discount = Discount { discount_percent: 0.0 };
    if cart.is_new_customer && cart.cart_total_in_cents >= 10000 { discount.discount_percent = 20.0 }
    Ok(Json(discount))
}
