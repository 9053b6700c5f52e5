/** Pictures: mistakes, filters, feature maps. Plain JavaScript, inlined. */
export const PICTURES_SCRIPT = /* js */ `
/** Draws a picture cell by cell: in greys or colours, or signed numbers from blue through the ground to orange. */
function paint(canvas, picture, kind) {
  const { width, height, channels, pixels } = picture;
  const bytes = Uint8Array.from(atob(pixels), (character) => character.charCodeAt(0));
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const own = bytes.subarray(i * channels, (i + 1) * channels);
    const colour = channels === 3 ? own : kind === "signed" ? signed(own[0]) : [own[0], own[0], own[0]];
    image.data.set([...colour, 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

const scales = new Map();
function signed(byte) {
  const key = theme.zero;
  if (!scales.has(key)) {
    scales.set(key, Array.from({ length: 256 }, (_, i) => {
      const share = (i - 127.5) / 127.5;
      return blend(theme.zero, share < 0 ? theme.train : theme.held, Math.abs(share) < 0.005 ? 0 : Math.abs(share));
    }));
  }
  return scales.get(key)[byte];
}

/** What a path like "mistakes/3/picture" names. */
const found = (path) => path.split("/").reduce((value, key) => value?.[key], run.inspection);

function paintAll() {
  for (const canvas of document.querySelectorAll("canvas[data-picture]")) {
    const picture = found(canvas.dataset.picture);
    if (picture) paint(canvas, picture, canvas.dataset.kind);
  }
}

const nameOf = (k) => run.inspection.classes[k] ?? String(k);

/** A grid of pictures with captions as one figure. */
function gridFigure(name, title, note, groups, side) {
  const columns = 8;
  const gap = 14;
  const lines = () => groups().map(({ head, items }) => {
    const words = Math.max(0, ...items.map(({ caption }) => caption.length));
    return { head, items, cell: side + words * 17 + gap, rows: Math.ceil(items.length / columns) };
  });
  figures.set(name, {
    title,
    get note() { return typeof note === "function" ? note() : note; },
    size: () => ({
      width: columns * (side + gap) - gap,
      height: lines().reduce((sum, { head, cell, rows }) => sum + (head ? 26 : 0) + cell * rows, 0),
    }),
    draw: async (context) => {
      let y = 0;
      context.imageSmoothingEnabled = false;
      context.textBaseline = "top";
      for (const { head, items, cell, rows } of lines()) {
        if (head) {
          context.font = "13px " + SANS;
          context.fillStyle = theme.soft;
          context.fillText(fitted(context, head, columns * (side + gap) - gap), 0, y + 4);
          y += 26;
        }
        items.forEach(({ picture, kind, caption }, i) => {
          const [left, top] = [(i % columns) * (side + gap), y + Math.floor(i / columns) * cell];
          const canvas = document.createElement("canvas");
          if (picture) paint(canvas, picture, kind);
          const fit = side / Math.max(canvas.width, canvas.height);
          context.drawImage(canvas, left, top, canvas.width * fit, canvas.height * fit);
          context.strokeStyle = theme.line;
          context.strokeRect(left + 0.5, top + 0.5, side - 1, side - 1);
          context.font = "12px " + SANS;
          context.fillStyle = theme.ink;
          caption.forEach((text, j) => context.fillText(fitted(context, text, side), left, top + side + 5 + 17 * j));
        });
        y += cell * rows;
      }
    },
  });
}

/** The feature maps of the image that is chosen. */
let chosen = 0;
function showMaps() {
  const place = element("maps");
  const image = run.inspection.images[chosen];
  place.replaceChildren();
  image.maps.forEach(({ layer, pictures, of }, i) => {
    const more = of > pictures.length ? ", the first " + pictures.length + " of " + of : "";
    place.append(make("h4", "", layer + more));
    const list = make("ul", "pictures small");
    pictures.forEach((picture, j) => {
      const canvas = make("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", "map " + (j + 1) + " of " + layer);
      canvas.title = "map " + j + ": " + figureText(picture.low) + " to " + figureText(picture.high);
      paint(canvas, picture, "signed");
      const item = make("li");
      item.append(canvas);
      list.append(item);
    });
    place.append(list);
  });
  document.querySelectorAll("[data-choose]").forEach((button) => {
    button.setAttribute("aria-pressed", String(Number(button.dataset.choose) === chosen));
  });
}

function startPictures() {
  const { mistakes, filters, images } = run.inspection;
  paintAll();
  redraws.push(paintAll);
  if (mistakes.some(({ picture }) => picture)) {
    const items = mistakes.map(({ picture, label, predicted, confidence }) => ({
      picture, caption: ["said " + nameOf(predicted) + (confidence === null ? "" : ", " + (100 * confidence).toFixed(0) + " %"), "is " + nameOf(label)],
    }));
    gridFigure("mistakes", "Worst mistakes", run.title + ", " + run.inspection.data + " data", () => [{ head: "", items }], 110);
  }
  if (filters) {
    const items = filters.pictures.map((picture) => ({ picture, kind: "signed", caption: [] }));
    gridFigure("filters", "First filters", filters.layer, () => [{ head: "", items }], 72);
  }
  if (element("maps")) {
    showMaps();
    redraws.push(showMaps);
    for (const button of document.querySelectorAll("[data-choose]")) {
      button.addEventListener("click", () => { chosen = Number(button.dataset.choose); showMaps(); });
    }
    const groups = () => [
      { head: "input: " + nameOf(images[chosen].label), items: [{ picture: images[chosen].picture, caption: [] }] },
      ...images[chosen].maps.map(({ layer, pictures }) => ({ head: layer, items: pictures.map((picture) => ({ picture, kind: "signed", caption: [] })) })),
    ];
    gridFigure("maps", "Feature maps", "", groups, 84);
  }
}
`;
