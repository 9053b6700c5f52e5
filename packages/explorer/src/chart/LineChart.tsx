import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatNumber } from "../matrix/formatNumber.ts";
import "./chart.css";
import { onThemeChange } from "../shell/onThemeChange.ts";
import { decadesAround, decadeTicks } from "./decades.ts";

/** A line of a chart. */
export interface Line {
  readonly label: string;
  /** One number per x; `null` where there is none. */
  readonly values: readonly (number | null)[];
  /** Which of the theme's line colours, 0 to 5. */
  readonly colour: number;
  readonly dashed?: boolean;
  /** Thin and pale: what stands behind another line. */
  readonly faint?: boolean;
  /** Points only, without lines between. */
  readonly points?: boolean;
}

export interface LineChartProps {
  /** What it shows, for screen readers. */
  readonly name: string;
  readonly xLabel: string;
  readonly x: readonly number[];
  readonly lines: readonly Line[];
  /** A logarithmic y axis: numbers ≤ 0 are left out. */
  readonly log?: boolean;
  readonly yRange?: readonly [number, number];
  /** In CSS pixels; default 220. */
  readonly height?: number;
}

/** Lines over a common x, by uPlot. It follows its numbers while it is on the screen or printed, its width and the theme. */
export function LineChart(props: LineChartProps): JSX.Element {
  const { name, lines, log = false, height = 220 } = props;
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const shown = useRef<uPlot.AlignedData>([[]]);
  const isSeen = useRef(true);
  const isNew = useRef(true);
  const positive = (v: number | null) =>
    v !== null && Number.isFinite(v) && (!log || v > 0) ? v : null;
  shown.current = [[...props.x], ...lines.map(({ values }) => values.map(positive))];

  const design = JSON.stringify([
    lines.map(({ label, colour, dashed, faint, points }) => [label, colour, dashed, faint, points]),
    log,
    props.yRange,
    height,
    props.xLabel,
  ]);
  // `design` stands for all that a drawing is made of.
  useLayoutEffect(() => {
    const element = place.current!;
    const draw = () => {
      chart.current?.destroy();
      chart.current = new uPlot(settings(props, element), shown.current, element);
    };
    // A new page is built in one task and measured in another, the frame's, which nobody has seen before either.
    const first = isNew.current ? requestAnimationFrame(draw) : 0;
    if (!isNew.current) draw();
    isNew.current = false;
    const resized = new ResizeObserver(() => {
      const width = element.clientWidth;
      if (width && chart.current?.width !== width) chart.current?.setSize({ width, height });
    });
    resized.observe(element);
    const fill = () => chart.current?.setData(shown.current);
    const seen = new IntersectionObserver((changes) => {
      isSeen.current = changes.at(-1)!.isIntersecting;
      if (isSeen.current) fill();
    });
    seen.observe(element);
    addEventListener("beforeprint", fill);
    const end = onThemeChange(draw);
    return () => {
      cancelAnimationFrame(first);
      resized.disconnect();
      seen.disconnect();
      removeEventListener("beforeprint", fill);
      end();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [design]);
  // In the frame of what else changed: a frame of its own would paint the page twice.
  useLayoutEffect(() => {
    if (isSeen.current) chart.current?.setData(shown.current);
  });

  const lastOf = (values: Line["values"]) => values.findLast((v) => v !== null);
  const last = lines.flatMap(({ label, values }) => {
    const value = lastOf(values) ?? null;
    return value === null ? [] : [`${label} ${formatNumber(value)}`];
  });
  return (
    <div
      class="chart"
      role="img"
      aria-label={last.length ? `${name}; last: ${last.join(", ")}` : name}
      ref={place}
    />
  );
}

// uPlot's own logarithmic axes end at 1e±16 and take for ever beyond.
const logarithmicRange: uPlot.Range.Function = (_, least, most) =>
  least > 0 ? decadesAround(least, most) : [1, 10];
const LOGARITHMIC: Pick<uPlot.Axis, "splits" | "filter" | "values"> = {
  splits: (_, __, least, most) => decadeTicks(least, most),
  filter: (_, ticks) => ticks,
  values: (_, ticks) => ticks.map((tick) => formatNumber(tick)),
};

function settings(props: LineChartProps, element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (variable: string) => style.getPropertyValue(variable).trim();
  const [ink, grid] = [colour("--soft"), colour("--line")];
  // Nothing beside a label while nothing is pointed at.
  const value = (_: uPlot, v: number | null) => (v === null ? "" : formatNumber(v));
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  return {
    width: element.clientWidth || 320,
    height: props.height ?? 220,
    scales: {
      x: { time: false },
      y: {
        ...(props.log && { distr: 3 as const, range: logarithmicRange }),
        ...(props.yRange && { range: [...props.yRange] as [number, number] }),
      },
    },
    axes: [
      { ...axis, label: props.xLabel, labelSize: 18, size: 32 },
      { ...axis, size: 56, ...(props.log && LOGARITHMIC) },
    ],
    series: [
      { label: props.xLabel, value },
      ...props.lines.map(({ label, colour: number, dashed, faint, points }) => ({
        label,
        value,
        stroke: colour(`--line-${number}`),
        width: points ? 0 : faint ? 1 : 2,
        alpha: faint ? 0.4 : 1,
        ...(dashed && { dash: [6, 4] }),
        points: { show: points ?? false, size: 6 },
      })),
    ],
  };
}
