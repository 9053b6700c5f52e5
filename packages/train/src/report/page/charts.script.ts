/** The curves, drawn by uPlot. Plain JavaScript, inlined. */
export const CHARTS_SCRIPT = /* js */ `
/** Smooth as a running average over about n entries, exact from the first one on. */
function smoothed(values, n) {
  const keep = 1 - 1 / n;
  let [sum, weight] = [0, 0];
  return values.map((value) => {
    if (value === null) return weight > 0 ? sum / weight : null;
    sum = keep * sum + value;
    weight = keep * weight + 1;
    return sum / weight;
  });
}

/** Series { label, x, y, … } on one axis: [all x, y of the first, …] with null where a series has no entry. */
function aligned(series) {
  const xs = [...new Set(series.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const columns = series.map(({ x, y }) => {
    const found = new Map(x.map((at, i) => [at, y[i]]));
    return xs.map((at) => found.get(at) ?? null);
  });
  return [xs, ...columns];
}

/** uPlot's settings for a chart of this size; at a scale all lines and letters grow with it. */
function settingsOf(chart, width, height, scale) {
  const font = 12 * scale + "px " + SANS;
  const axis = {
    stroke: theme.soft, font, labelFont: font, labelSize: 18 * scale, gap: 6 * scale,
    grid: { stroke: theme.line, width: scale },
    ticks: { show: false },
  };
  const texts = (self, values) => values.map((x) => (x === null ? "" : chart.tick(x)));
  const isLog = chart.log;
  return {
    width: width * scale,
    height: height * scale,
    padding: [10 * scale, 14 * scale, 0, 0],
    cursor: { sync: { key: "steps", scales: ["x", null] }, points: { size: 8 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: isLog ? { distr: 3 } : { range: (self, low, high) => rangeOf(chart, low, high) } },
    axes: [
      { ...axis, label: "step", size: 30 * scale, space: 70 * scale, values: (self, values) => values.map((x) => (Number.isInteger(x) ? countText(x) : "")) },
      { ...axis, size: 58 * scale, space: (isLog ? 26 : 40) * scale, values: isLog ? (self, values) => values.map((x) => (isDecade(x) ? logTick(x) : "")) : texts, grid: { ...axis.grid, filter: (self, values) => (isLog ? values.map((x) => (isDecade(x) ? x : null)) : values) } },
    ],
    series: [
      { label: "step", value: (self, x) => (x === null ? "" : countText(x)) },
      ...chart.series.map((one) => ({
        label: one.label,
        stroke: one.colour(),
        width: one.width * scale,
        dash: one.dash && one.dash.map((x) => x * scale),
        spanGaps: true,
        alpha: one.alpha ?? 1,
        value: (self, x) => (x === null || x === undefined ? "" : chart.text(x)),
        points: { show: one.x.length < 3 || one.marked === true, size: 7 * scale, fill: theme.card, stroke: one.colour(), width: 2 * scale },
      })),
    ],
    legend: { show: scale === 1, markers: { width: 0, fill: (self, i) => chart.series[i - 1]?.colour() } },
  };
}

const isDecade = (x) => x !== null && Math.abs(Math.log10(x) - Math.round(Math.log10(x))) < 1e-6;
const logTick = (x) => (x > 0.009 && x < 10001 ? String(Number(x.toPrecision(1))) : x.toExponential(0));

function rangeOf(chart, low, high) {
  if (low === null || high === null) return [0, 1];
  const pad = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
  const [least, most] = chart.limits ?? [-Infinity, Infinity];
  return [chart.zero ? 0 : Math.max(least, low - pad), Math.min(most, high + pad)];
}

/** A chart in its place, redrawn when that changes its width or the colours change; its PNG has the legend on top. */
function addChart(name, chart) {
  const place = element("chart-" + name);
  if (!place) return;
  const drawn = () => chart.series.filter(({ y }) => y.some((x) => x !== null && (!chart.log || x > 0)));
  let plot = null;
  let width = 0;
  const build = () => {
    plot?.destroy();
    const shown = { ...chart, series: drawn() };
    plot = new uPlot(settingsOf(shown, width, 270, 1), dataOf(shown), place);
    for (const label of place.querySelectorAll(".u-series th")) {
      label.tabIndex = 0;
      label.addEventListener("keydown", (event) => { if (event.key === "Enter") label.click(); });
    }
  };
  const dataOf = (shown) => {
    const [x, ...ys] = aligned(shown.series);
    return [x, ...ys.map((y) => (shown.log ? y.map((value) => (value > 0 ? value : null)) : y))];
  };
  if (drawn().length === 0) return;
  new ResizeObserver(() => {
    const now = Math.floor(place.clientWidth);
    if (now === width || now === 0) return;
    width = now;
    if (plot) plot.setSize({ width, height: 270 });
    else build();
  }).observe(place);
  redraws.push(() => plot && build());
  const toggle = document.querySelector("[data-log='" + name + "']");
  toggle?.addEventListener("click", () => {
    chart.log = !chart.log;
    toggle.setAttribute("aria-pressed", String(chart.log));
    build();
  });
  const [wide, high] = [820, 400];
  figures.set(name, {
    title: chart.title,
    note: "",
    size: () => ({ width: wide, height: high + legendHeight(drawn(), wide) }),
    draw: async (context, scale) => {
      const shown = { ...chart, series: drawn() };
      const top = drawLegend(context, shown.series, wide);
      const ratio = scale / (devicePixelRatio || 1);
      const hidden = document.createElement("div");
      const copy = new uPlot(settingsOf(shown, wide, high, ratio === 1 ? 1.0001 : ratio), dataOf(shown), (self, init) => { hidden.append(self.root); init(); });
      await new Promise((resolve) => setTimeout(resolve));
      context.drawImage(copy.ctx.canvas, 0, top, wide, high);
      copy.destroy();
    },
  });
}

/** Where each name of a legend stands. */
function legendPlaces(series, width) {
  const context = document.createElement("canvas").getContext("2d");
  context.font = "13px " + SANS;
  let [x, y] = [0, 0];
  return series.map((one) => {
    const space = 22 + context.measureText(one.label).width + 20;
    if (x > 0 && x + space > width) [x, y] = [0, y + 22];
    const at = { x, y };
    x += space;
    return at;
  });
}
const legendHeight = (series, width) => (legendPlaces(series, width).at(-1)?.y ?? 0) + 28;
function drawLegend(context, series, width) {
  const places = legendPlaces(series, width);
  context.font = "13px " + SANS;
  context.textBaseline = "middle";
  series.forEach((one, i) => {
    const { x, y } = places[i];
    context.globalAlpha = one.alpha ?? 1;
    context.fillStyle = one.colour();
    context.fillRect(x, y + 6, 14, 4);
    context.globalAlpha = 1;
    context.fillStyle = theme.soft;
    context.fillText(one.label, x + 22, y + 9);
  });
  return legendHeight(series, width);
}

/** "0" as "0 Conv2D". */
function layerName(name) {
  const row = run.inspection?.summary.rows.find((one) => one.name === name);
  return row ? name + " " + row.layer.split("(")[0] : name;
}

const train = () => theme.train;
const held = () => theme.held;

function startCharts() {
  const { steps, gradients, epochs } = run.history;
  const window = Math.max(1, Math.min(50, Math.round(steps.step.length / 30)));
  const ends = epochs.map(({ step }) => step);
  const curves = (key) => {
    const raw = { x: steps.step, y: steps[key] };
    const fine = steps.step.length >= 40;
    const means = { x: ends, y: epochs.map((epoch) => epoch[key]), width: 2.25, colour: train, marked: true };
    const list = steps.step.length === 0
      ? [{ ...means, label: "training, epoch" }]
      : [
          ...(fine ? [{ ...raw, label: "each step", width: 1, alpha: 0.28, colour: train }] : []),
          { x: raw.x, y: fine ? smoothed(raw.y, window) : raw.y, label: fine ? "training, smoothed" : "training", width: 2.25, colour: train },
        ];
    const measured = epochs.map(({ validation }) => validation?.[key] ?? null);
    return [...list, { x: ends, y: measured, label: run.held, width: 2.25, colour: held, marked: true }];
  };
  addChart("loss", { title: "Loss", series: curves("loss"), text: figureText, tick: figureText, limits: [0, Infinity], log: false });
  addChart("accuracy", { title: "Accuracy", series: curves("accuracy"), text: percentText, tick: (x) => Number((100 * x).toFixed(2)) + " %", limits: [0, 1], log: false });
  const rates = steps.step.length > 0 ? steps : { step: ends, lr: epochs.map(({ lr }) => lr) };
  addChart("lr", { title: "Learning rate", series: [{ x: rates.step, y: rates.lr, label: "learning rate", width: 2.25, colour: train }], text: figureText, tick: figureText, zero: true, log: false });
  const layers = Object.entries(gradients.layers);
  const ramp = ["#440154", "#3b528b", "#21918c", "#5ec962", "#d8c51a"];
  const bright = ["#9a7fd1", "#6f9be0", "#35b8b0", "#7bd96a", "#f4e34b"];
  const along = (share) => {
    const stops = rgb(theme.card)[0] < 128 ? bright : ramp;
    const at = share * (stops.length - 1);
    const i = Math.min(Math.floor(at), stops.length - 2);
    return css(blend(stops[i], stops[i + 1], at - i));
  };
  addChart("gradients", {
    title: "Gradient norms by layer, first to last",
    series: layers.map(([name, y], i) => ({ x: gradients.step, y, label: layerName(name), width: 1.75, colour: () => along(layers.length < 2 ? 0 : i / (layers.length - 1)) })),
    text: figureText, tick: figureText, log: true,
  });
}
`;
