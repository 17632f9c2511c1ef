//! The smallest real plug-in in Rust, with `pdks/rust`: a cart in, a discount out.

use serde::{Deserialize, Serialize};
use tenon_pdk::*;

#[derive(Deserialize)]
struct Cart {
    is_new_customer: bool,
    cart_total_in_cents: u32,
}

#[derive(Serialize)]
struct Discount {
    discount_percent: f32,
}

#[plugin_fn]
pub fn before_checkout(Json(cart): Json<Cart>) -> FnResult<Json<Discount>> {
    let mut discount = Discount { discount_percent: 0.0 };
    if cart.is_new_customer && cart.cart_total_in_cents >= 10000 { discount.discount_percent = 20.0 }
    Ok(Json(discount))
}
