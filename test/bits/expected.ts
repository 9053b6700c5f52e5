import type { Bits } from "./program.ts";

/** What `npm run bits` prints today. */
export const BITS: Bits = {
  leNet: "19fbc59ea579306cd2721364433a02c81d8aff53709d72fa1042fd4f6737781c",
  everyLayer: "dee08a9e19b8432da2bf9282343757b23e882fa4b73310767c1090a38d3807e2",
};
