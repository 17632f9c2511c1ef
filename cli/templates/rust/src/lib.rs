use serde::{Deserialize, Serialize};
use tenon_pdk::*;

#[derive(Deserialize)]
pub struct Cart {
    is_new_customer: bool,
    cart_total_in_cents: u32,
}

#[derive(Serialize, Debug, PartialEq)]
pub struct Discount {
    discount_percent: u32,
}

/// Called by the application: input and output are JSON, as the types say.
#[plugin_fn]
pub fn before_checkout(Json(cart): Json<Cart>) -> FnResult<Json<Discount>> {
    let is_discounted = cart.is_new_customer && cart.cart_total_in_cents >= 10000;
    Ok(Json(Discount { discount_percent: if is_discounted { 20 } else { 0 } }))
}
