// A plug-in: each function with go:wasmexport can be called by the application that loads it.
package main

import "tenon/pdk"

type Cart struct {
	IsNewCustomer    bool  `json:"is_new_customer"`
	CartTotalInCents int64 `json:"cart_total_in_cents"`
}

type Discount struct {
	DiscountPercent float64 `json:"discount_percent"`
}

//go:wasmexport before_checkout
func beforeCheckout() int32 {
	return pdk.JSON(func(cart Cart) (Discount, error) {
		if cart.IsNewCustomer && cart.CartTotalInCents >= 10000 {
			return Discount{20}, nil
		}
		return Discount{}, nil
	})
}

func main() {}
