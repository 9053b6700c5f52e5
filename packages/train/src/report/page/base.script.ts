/** What all figures of the page share: data, colours, and how a figure becomes a PNG. Plain JavaScript, inlined. */
export const BASE_SCRIPT = /* js */ String.raw`
const run = JSON.parse(document.getElementById("run").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const SANS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

/** The page's colours of the moment: light, dark or paper. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["page", "card", "ink", "soft", "line", "tint", "train", "held", "zero"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue("--" + name).trim()]));
}
let theme = colours();

const rgb = (hex) => [1, 3, 5].map((i) => parseInt((hex.length === 4 ? hex.replace(/[^#]/g, "$&$&") : hex).slice(i, i + 2), 16));
const blend = (from, to, share) => {
  const [a, b] = [rgb(from), rgb(to)];
  return a.map((x, i) => Math.round(x + (b[i] - x) * share));
};
const css = (channels) => "rgb(" + channels.join(" ") + ")";

/** Figures by name: { title, note, size(), draw(context, scale) } in CSS pixels; and what to redraw. */
const figures = new Map();
const redraws = [];

/** A canvas of so many CSS pixels, sharp on this screen, or at a given scale. */
function sized(canvas, width, height, scale = devicePixelRatio || 1) {
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return context;
}

/** The text cut so that it fits. */
function fitted(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  let end = text.length;
  while (end > 1 && context.measureText(text.slice(0, end) + "…").width > width) end--;
  return text.slice(0, end) + "…";
}

/** A figure with its title on a ground of its own, at twice the size of the screen. */
async function pngOf(name) {
  const figure = figures.get(name);
  const { width, height } = figure.size();
  const [edge, head] = [24, figure.note ? 58 : 40];
  const canvas = document.createElement("canvas");
  const context = sized(canvas, width + 2 * edge, height + head + 2 * edge, 2);
  context.fillStyle = theme.card;
  context.fillRect(0, 0, width + 2 * edge, height + head + 2 * edge);
  context.textBaseline = "top";
  context.fillStyle = theme.ink;
  context.font = "600 17px " + SANS;
  context.fillText(fitted(context, figure.title, width), edge, edge);
  context.fillStyle = theme.soft;
  context.font = "13px " + SANS;
  if (figure.note) context.fillText(fitted(context, figure.note, width), edge, edge + 26);
  context.translate(edge, edge + head);
  await figure.draw(context, 2);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

async function savePng(name) {
  const address = URL.createObjectURL(await pngOf(name));
  const link = document.createElement("a");
  link.href = address;
  link.download = (run.title + "-" + name).replace(/[^\w.-]+/g, "-").replace(/^[-.]+/, "") + ".png";
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function figureText(x) {
  if (x === null || x === undefined) return "–";
  const size = Math.abs(x);
  if (x === 0 || (size >= 1e-3 && size < 1e6)) return String(Number(x.toPrecision(4)));
  return x.toExponential(2);
}
const percentText = (x) => (x === null || x === undefined ? "–" : (100 * x).toFixed(2) + " %");
const countText = (x) => (x === null || x === undefined ? "–" : x.toLocaleString("en-US"));
const element = (id) => document.getElementById(id);
const make = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
`;
