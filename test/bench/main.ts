// How fast convgrad is, and its peers in the same minutes: `npm run bench`, or `npm run bench -- --help`.

import type { Bench } from "./bench.ts";
import { gather } from "./crew.ts";
import { compileWorkers } from "./launch.ts";
import { commit, load, machine, warning } from "./machine.ts";
import { printed } from "./print.ts";
import { resultsOf, save } from "./report.ts";
import { Results } from "./results.ts";
import { coldStart } from "./sections/coldStart.ts";
import { convs } from "./sections/convs.ts";
import { epoch } from "./sections/epoch.ts";
import { layers } from "./sections/layers.ts";
import { loader } from "./sections/loader.ts";
import { memory } from "./sections/memory.ts";
import { micro } from "./sections/micro.ts";
import { overhead } from "./sections/overhead.ts";
import { sizes } from "./sections/sizes.ts";
import { steps } from "./sections/steps.ts";
import { readSettings, type Section, sections } from "./settings.ts";

const run: Record<Section, (bench: Bench) => Promise<void>> = {
  steps,
  convs,
  layers,
  overhead,
  loader,
  coldStart,
  memory,
  sizes,
  epoch,
  micro,
};

async function main(): Promise<void> {
  const settings = readSettings(process.argv);
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const progress = (text: string) => console.error(`${String(seconds()).padStart(4)} s  ${text}`);
  const results = new Results();

  const before = await load();
  const early = warning(before);
  if (early) console.error(`warning: ${early}`);
  if (settings.from === "dist") await compileWorkers();
  const crew = await gather(settings, results);
  const bench: Bench = { settings, crew, results, progress };
  for (const section of sections) {
    if (!settings.only.includes(section)) continue;
    try {
      await run[section](bench);
    } catch (error) {
      results.note(`${section} ended early: ${(error as Error).message}`);
      results.failed = true;
    }
  }

  const after = await load();
  const warned = warning(before) ?? warning(after);
  const here = machine();
  const checkedOut = commit();
  console.log(`${here.cpu}, ${here.cores} cores, ${here.memoryGiB} GiB; Node ${here.node}`);
  for (const { name, version, engine } of Object.values(crew.infos)) {
    console.log(`${name} ${version}: ${engine}`);
  }
  console.log(`\n${printed(results)}`);
  if (warned) console.log(`\nWARNING ${warned}`);
  await save(
    {
      date: new Date().toISOString(),
      seconds: seconds(),
      ...(checkedOut && { commit: checkedOut }),
      machine: here,
      load: { before, after },
      reliable: warned === undefined,
      settings,
      libraries: crew.infos,
      ...resultsOf(results),
    },
    settings.json,
  );
  console.log(`\n${seconds()} s; all figures are in ${settings.json}`);
  if (results.failed) process.exitCode = 1;
}

await main();
