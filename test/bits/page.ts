// What the browser runs; the test reads `globalThis.result`.

import { init } from "convgrad";
import { bits } from "./program.ts";

declare const location: { readonly search: string };

async function run(): Promise<object> {
  const threads = Number(new URLSearchParams(location.search).get("threads"));
  const info = await init({ threads });
  const { name, trouble } = info;
  return { name, threads: info.threads, trouble, ...(await bits()) };
}

Object.assign(globalThis, { result: run() });
