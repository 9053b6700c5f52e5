import type { Bits } from "./program.ts";

/** What `npm run bits` prints today. */
export const BITS: Bits = {
  augmented: "055244568ae00f1d8f76d8a665ad35128913e32a80d9a8fc8f23cc58ca18f3a4",
  leNet: "40cb7f86f76afde70030ae262f87441dc34441120dc4fa26dd34eb94d07b4410",
  everyLayer: "1497bb373def22eb725bae011da8cd7cbf3737405cfa715f36ade4654d6433fa",
  catalogue: "ad1ee79f715003a904aa56e83b6166122a5db09e8b403f366fa07db78bc82165",
};
