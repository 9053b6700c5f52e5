// Trains on a page: `?threads=2` calls `init`, without it the first use has to do.

import { init } from "convgrad";
import { type Report, train } from "./training.ts";

declare const location: { readonly search: string };

async function run(): Promise<Report> {
  const threads = new URLSearchParams(location.search).get("threads");
  if (threads) await init({ threads: Number(threads) });
  return train();
}

Object.assign(globalThis, { result: run() });
