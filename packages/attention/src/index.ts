/** Scaled dot-product attention: mask algebra, policies of real systems, eager, sdpa, and a float64 oracle. @module */
export {};
