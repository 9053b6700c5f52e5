import type { Results } from "./results.ts";
import { LOADER } from "./sections/loader.ts";
import { engineBundle } from "./sections/sizes.ts";
import { imageLayers } from "./workloads.ts";

/** What the engine must reach, and what a run found. */
export interface Target {
  readonly what: string;
  readonly required: string;
  readonly aim: string;
  /** Empty where it was not measured. */
  readonly measured: string;
  readonly met: "aim" | "yes" | "no" | "n/a";
}

interface Bound {
  readonly required: number;
  readonly aim: number;
  readonly unit: string;
  /** Whether the figure should be below its bound; default: above. */
  readonly below?: boolean;
}

/** Every row of the table of targets. */
export function targets(results: Results): Target[] {
  const row = (what: string, bound: Bound, measured: number | undefined): Target => {
    const { required, aim, unit, below = false } = bound;
    const reaches = (limit: number) => (below ? measured! <= limit : measured! >= limit);
    const show = (value: number) => `${Number(value.toFixed(2))}${unit}`;
    const met =
      measured === undefined ? "n/a" : reaches(aim) ? "aim" : reaches(required) ? "yes" : "no";
    const sign = below ? "≤ " : "≥ ";
    return {
      what,
      required: sign + show(required),
      aim: sign + show(aim),
      measured: measured === undefined ? "" : show(measured),
      met,
    };
  };
  return [
    ...["W1", "W2", "W3"].flatMap((name) =>
      [1, 2].map((threads) => {
        const required = name === "W1" ? 0.9 : 0.85;
        const speed = results.ratio(
          `${name} b64 step`,
          `PyTorch ${threads}t`,
          `convgrad ${threads}t`,
        );
        const what = `${name} b64 step, speed against PyTorch, ${threads}t`;
        return row(what, { required, aim: 1.3, unit: "×" }, speed);
      }),
    ),
    ...[...Object.keys(imageLayers), "Adam"].flatMap((name) =>
      [1, 2].map((threads) => {
        const what = `${name}, time over PyTorch's, ${threads}t`;
        const over = slowest(results, new RegExp(`^${name}( \\[|,)`), threads);
        return row(what, { required: 1.3, aim: 1, unit: "×", below: true }, over);
      }),
    ),
    ...againstJavaScript.map(({ name, required, aim, best }) => {
      const speed = results.ratio(`${name} b64 step`, "ConvNetJS 1t", "convgrad 1t");
      const what = `${name} b64 step, speed against the best JavaScript peer`;
      return row(what, { required, aim, unit: "×" }, speed && speed * best);
    }),
    row("GEMM 256³, share of peak", { required: 85, aim: 94, unit: " %" }, share(results, /^GEMM/)),
    row(
      "direct conv forward, W3's 32–64 channels, share of peak",
      { required: 75, aim: 90, unit: " %" },
      share(results, /^W3 (32|64)→\d+ .* forward$/),
    ),
    ...["W2", "W3"].map((name) => {
      const speed = results.ratio(`${name} b64 step`, "convgrad 1t", "convgrad 2t");
      return row(
        `${name} b64 step, 2 threads over 1`,
        { required: 1.7, aim: 1.9, unit: "×" },
        speed,
      );
    }),
    ...[1, 2].map((threads) => {
      const over = results.ratio(LOADER, `DataLoader ${threads}t`, `convgrad ${threads}t`);
      const bound = { required: 1.15, aim: 1.05, unit: "×", below: true };
      return row(
        `W1 b64 with a DataLoader and augmentation, time over steps alone, ${threads}t`,
        bound,
        over,
      );
    }),
    row(
      "one epoch of MNIST, whole",
      { required: 8, aim: 4, unit: " s", below: true },
      results.find("one epoch of MNIST, whole", "convgrad")?.median,
    ),
    row(
      "cold start to the end of the first W1 step",
      { required: 350, aim: 200, unit: " ms", below: true },
      results.find("cold start", "convgrad")?.median,
    ),
    row(
      `${engineBundle}, gzip`,
      { required: 60, aim: 40, unit: " kB", below: true },
      results.find(engineBundle, "gzip")?.median,
    ),
  ];
}

/**
 * ConvNetJS is the peer at hand; `best` is the time of the best JavaScript peer ever measured over ConvNetJS's on that
 * day: TensorFlow.js with its convolutions written as conv3d for W1, jax-js in Chromium for W2.
 */
const againstJavaScript = [
  { name: "W1", required: 35, aim: 60, best: 125 / 181 },
  { name: "W2", required: 80, aim: 200, best: 4_119 / 4_890 },
  { name: "W3", required: 100, aim: 200, best: 1 },
];

/** The largest ratio of convgrad's time to PyTorch's among the figures of that name. */
function slowest(results: Results, what: RegExp, threads: number): number | undefined {
  const names = new Set(
    results.figures.map((figure) => figure.what).filter((name) => what.test(name)),
  );
  const found = Array.from(names, (name) =>
    results.ratio(name, `convgrad ${threads}t`, `PyTorch ${threads}t`),
  ).filter((ratio) => ratio !== undefined);
  return found.length > 0 ? Math.max(...found) : undefined;
}

/** The smallest share of peak among convgrad's direct figures of that name, in percent. */
function share({ figures }: Results, what: RegExp): number | undefined {
  const direct = figures.filter((figure) => what.test(figure.what) && /direct$/.test(figure.by));
  const shares = direct.flatMap((figure) => figure.share ?? []);
  return shares.length > 0 ? 100 * Math.min(...shares) : undefined;
}
