// `npm run bits`: the hashes of today's kernels, for expected.ts.

import { hashes } from "./hashes.ts";

for (const threads of [1, 2, 3]) console.log(await hashes(threads));
