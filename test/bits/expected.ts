import type { Bits } from "./program.ts";

/** What `npm run bits` prints today. */
export const BITS: Bits = {
  leNet: "40cb7f86f76afde70030ae262f87441dc34441120dc4fa26dd34eb94d07b4410",
  everyLayer: "dee08a9e19b8432da2bf9282343757b23e882fa4b73310767c1090a38d3807e2",
};
