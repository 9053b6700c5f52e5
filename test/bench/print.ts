import type { Figure, Results } from "./results.ts";
import { type Section, sections } from "./settings.ts";
import { threeDigits } from "./statistics.ts";
import { table } from "./table.ts";
import { type Target, targets } from "./targets.ts";

const titles: Record<Section, string> = {
  steps: "Steps, ms: median (min); × = how many times longer than convgrad with as many threads",
  convs:
    "Convolutions of a batch of 64 and a matrix product, one thread: ms, GFLOP/s, share of the 128-bit peak if known",
  layers: "Layers that memory limits, forward and backward, and a step of Adam, ms: median (min)",
  overhead: "One operation in a scope, µs: median (min)",
  loader:
    "A W1 b64 step with images augmented before, and by a DataLoader as they are needed, ms: median (min); × = how many times longer",
  coldStart: "Process start to the end of the first W1 b64 step, ms: median (min)",
  memory: "Peak resident memory of a training process, MiB",
  sizes: "Minified and gzipped, kB",
  epoch: "The MNIST example",
  micro: "Micro-kernels, GFLOP/s: median (min)",
};

/** Everything that was measured, as text. */
export function printed(results: Results): string {
  const parts = sections.flatMap((section) => {
    const figures = results.figures.filter((figure) => figure.section === section);
    return figures.length > 0 ? [`${titles[section]}\n\n${pivot(figures, results)}`] : [];
  });
  parts.push(`Targets\n\n${targetTable(targets(results))}`);
  for (const text of results.mismatches) parts.push(`MISMATCH ${text}`);
  if (results.notes.length > 0) parts.push(results.notes.map((note) => `· ${note}`).join("\n"));
  return parts.join("\n\n");
}

function pivot(figures: readonly Figure[], results: Results): string {
  const whats = [...new Set(figures.map(({ what }) => what))];
  const bys = [...new Set(figures.map(({ by }) => by))];
  const rows = whats.map((what) => [
    what,
    ...bys.map((by) => {
      const figure = figures.find((other) => other.what === what && other.by === by);
      return figure ? cell(figure, results) : "";
    }),
  ]);
  return table([["", ...bys], ...rows]);
}

function cell(figure: Figure, results: Results): string {
  const { what, by, median, min, gflops, share, unit, rounds } = figure;
  const parts = [threeDigits(median)];
  if (gflops !== undefined) {
    parts.push(`${threeDigits(gflops)} GF/s`);
    if (share !== undefined) parts.push(`${(100 * share).toFixed(0)} %`);
    return parts.join(", ");
  }
  if (rounds.length > 1) parts.push(`(${threeDigits(min)})`);
  if (figure.section === "epoch") parts.push(unit);
  const threads = /\d+t/.exec(by)?.[0];
  const ratio = by.startsWith("convgrad")
    ? undefined
    : results.ratio(what, by, `convgrad ${threads}`);
  if (ratio !== undefined && unit !== "MiB") parts.push(`${threeDigits(ratio)}×`);
  return parts.join(" ");
}

function targetTable(rows: readonly Target[]): string {
  const cells = rows.map(({ what, required, aim, measured, met }) => [
    what,
    required,
    aim,
    measured,
    met,
  ]);
  return table([["", "required", "aim", "measured", "met"], ...cells]);
}
