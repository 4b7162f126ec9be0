/** Where a NaN is born and how it spreads: kernel taps, health by bits, gen/prop/kill, origin, mechanism. @module */
export {};
