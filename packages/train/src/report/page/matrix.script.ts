/** The confusion matrix, and the start of all. Plain JavaScript, inlined. */
export const MATRIX_SCRIPT = /* js */ `
/** Sizes and colours of the confusion matrix at a width. */
function matrixOf(width) {
  const { confusion, classes } = run.inspection;
  const K = confusion.length;
  const context = document.createElement("canvas").getContext("2d");
  context.font = "12px " + SANS;
  const names = classes.map((name) => fitted(context, name, 110));
  const widest = Math.max(...names.map((name) => context.measureText(name).width));
  const left = 26 + Math.ceil(widest) + 8;
  const cell = Math.max(2, Math.min(52, (width - left - 2) / K));
  const upright = widest > cell - 4;
  const top = 26 + (upright ? Math.ceil(widest) : 14) + 8;
  const totals = confusion.map((row) => row.reduce((sum, n) => sum + n, 0));
  const worst = Math.max(1, ...confusion.flatMap((row, i) => row.filter((_, j) => i !== j)));
  return { K, confusion, names, left, top, cell, upright, totals, worst, width: left + K * cell + 2, height: top + K * cell + 2 };
}

/** Right answers in blue, by their share of the row; mistakes in orange, by their number. */
function cellColour(m, i, j) {
  const n = m.confusion[i][j];
  if (n === 0) return rgb(theme.tint);
  if (i === j) return blend(theme.tint, theme.train, 0.25 + 0.7 * (n / m.totals[i]));
  return blend(theme.tint, theme.held, 0.18 + 0.77 * Math.sqrt(n / m.worst));
}

function drawMatrix(context, m, marked) {
  const gap = m.cell > 14 ? 1.5 : m.cell > 6 ? 0.5 : 0;
  context.textBaseline = "middle";
  context.font = "12px " + SANS;
  context.fillStyle = theme.soft;
  context.textAlign = "center";
  context.fillText("predicted", m.left + (m.K * m.cell) / 2, 9);
  context.save();
  context.translate(9, m.top + (m.K * m.cell) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText("true", 0, 0);
  context.restore();
  const every = Math.max(1, Math.ceil(13 / m.cell));
  for (let k = 0; k < m.K; k += every) {
    const middle = (k + 0.5) * m.cell;
    context.fillStyle = theme.ink;
    context.textAlign = "right";
    context.fillText(m.names[k], m.left - 8, m.top + middle);
    context.save();
    context.translate(m.left + middle, m.top - 8);
    context.textAlign = m.upright ? "left" : "center";
    if (m.upright) context.rotate(-Math.PI / 2);
    else context.translate(0, -6);
    context.fillText(m.names[k], 0, 0);
    context.restore();
  }
  context.textAlign = "center";
  for (let i = 0; i < m.K; i++) {
    for (let j = 0; j < m.K; j++) {
      const colour = cellColour(m, i, j);
      const [x, y] = [m.left + j * m.cell, m.top + i * m.cell];
      context.fillStyle = css(colour);
      context.fillRect(x, y, m.cell - gap, m.cell - gap);
      const text = String(m.confusion[i][j]);
      if (m.confusion[i][j] === 0 || m.cell < 18) continue;
      const size = Math.min(13, (m.cell - 5) / ((i === j ? 0.68 : 0.6) * text.length));
      if (size < 7) continue;
      const light = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2];
      context.fillStyle = light > 140 ? "#11161d" : "#ffffff";
      context.font = (i === j ? "600 " : "") + size + "px " + SANS;
      context.fillText(text, x + (m.cell - gap) / 2, y + (m.cell - gap) / 2 + 0.5);
    }
  }
  if (marked) {
    context.strokeStyle = theme.ink;
    context.lineWidth = 2;
    context.strokeRect(m.left + marked[1] * m.cell, m.top + marked[0] * m.cell, m.cell - gap, m.cell - gap);
  }
  context.textAlign = "left";
}

function startMatrix() {
  const canvas = element("matrix");
  if (!canvas) return;
  const place = canvas.parentElement;
  const tip = element("tip");
  let m = null;
  let marked = null;
  const draw = () => {
    m = matrixOf(place.clientWidth);
    canvas.style.width = m.width + "px";
    canvas.style.height = m.height + "px";
    drawMatrix(sized(canvas, m.width, m.height), m, marked);
  };
  const mark = (at) => {
    marked = at;
    draw();
    if (!at) return tip.replaceChildren();
    const [i, j] = at;
    const n = m.confusion[i][j];
    const share = m.totals[i] === 0 ? "" : " (" + ((100 * n) / m.totals[i]).toFixed(1) + " %)";
    const what = i === j ? nameOf(i) + " recognised" : nameOf(i) + " taken for " + nameOf(j);
    tip.textContent = what + ": " + countText(n) + " of " + countText(m.totals[i]) + share;
    const left = canvas.offsetLeft + m.left + (j + 0.5) * m.cell - tip.offsetWidth / 2;
    tip.style.left = Math.max(0, Math.min(left, place.clientWidth - tip.offsetWidth)) + "px";
    tip.style.top = m.top + i * m.cell - tip.offsetHeight - 8 + "px";
  };
  canvas.addEventListener("mousemove", ({ offsetX, offsetY }) => {
    const [i, j] = [(offsetY - m.top) / m.cell, (offsetX - m.left) / m.cell].map(Math.floor);
    mark(i >= 0 && j >= 0 && i < m.K && j < m.K ? [i, j] : null);
  });
  canvas.addEventListener("mouseleave", () => mark(null));
  canvas.addEventListener("blur", () => mark(null));
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const [i, j] = marked ?? [0, 0];
    const within = (k) => Math.min(Math.max(k, 0), m.K - 1);
    mark(marked ? [within(i + move[0]), within(j + move[1])] : [0, 0]);
  });
  new ResizeObserver(draw).observe(place);
  redraws.push(draw);
  figures.set("confusion", {
    title: "Confusion matrix",
    note: run.title + ", " + countText(run.inspection.samples) + " samples of " + run.inspection.data + " data",
    size: () => matrixOf(900),
    draw: async (context) => drawMatrix(context, matrixOf(900), null),
  });
}

function redrawAll() {
  theme = colours();
  for (const redraw of redraws) redraw();
}

startCharts();
if (run.inspection) {
  startMatrix();
  startPictures();
}
for (const button of document.querySelectorAll("[data-save]")) {
  if (!figures.has(button.dataset.save)) button.remove();
  else button.addEventListener("click", () => savePng(button.dataset.save));
}
dark.addEventListener("change", redrawAll);
matchMedia("print").addEventListener("change", redrawAll);
`;
