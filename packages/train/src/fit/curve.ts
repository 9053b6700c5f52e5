/** Draws losses over the width of a terminal; lines that end in a line break, or nothing where there are too few. */
export type Curve = (losses: readonly number[], columns: number) => string;

const HEIGHT = 8;
/** Characters of the numbers at the axis, and the axis. */
const LABEL = 8;
/** How much of the past the drawn average keeps from one point to the next. */
const SMOOTHING = 0.6;

/** asciichart, by a name that bundlers for browsers do not follow. */
export async function loadCurve(): Promise<Curve> {
  const specifier = "asciichart";
  const module = await import(/* @vite-ignore */ /* webpackIgnore: true */ specifier);
  const { plot, cyan, reset } = module.default;
  const colors = process.env["NO_COLOR"] ? [] : [cyan];
  const format = (value: number) => value.toPrecision(3).slice(0, LABEL).padStart(LABEL);
  return (losses, columns) => {
    const points = smoothed(resampled(losses, columns - LABEL - 4));
    if (points.length < 2) return "";
    // Coloured character by character: what only ends a colour to begin it again goes.
    const drawn = plot(points, { height: HEIGHT, colors, format }).replaceAll(reset + cyan, "");
    return `${drawn}\n`;
  };
}

/** As many means of neighbours as there is room for. */
function resampled(values: readonly number[], count: number): readonly number[] {
  if (values.length <= count) return values;
  return Array.from({ length: count }, (_, i) => {
    const from = Math.floor((i * values.length) / count);
    const part = values.slice(from, Math.floor(((i + 1) * values.length) / count));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}

/** A running average, exact from the first value on. */
function smoothed(values: readonly number[]): number[] {
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    sum = SMOOTHING * sum + value;
    weight = SMOOTHING * weight + 1;
    return sum / weight;
  });
}
