// Prints the bits as JSON: `node … node.ts THREADS`.

import { init } from "convgrad";
import { bits } from "./program.ts";

const { name, threads } = await init({ threads: Number(process.argv[2]) });
console.log(JSON.stringify({ name, threads, ...(await bits()) }));
