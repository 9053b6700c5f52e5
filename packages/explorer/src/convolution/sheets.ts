import { windowExtent } from "@convgrad/core";
import type { Margin } from "../matrix/Matrix.tsx";
import type { Place, Plane } from "../matrix/plane.ts";
import { each, type Net } from "./net.ts";
import type { Spot } from "./spot.ts";

/** What a plane on the page shows; `turned` is w as δ meets it, `dilated` is δ↑. */
export type SheetKind =
  | "x" | "w" | "turned" | "b" | "y" | "t" | "delta" | "dilated" | "dw" | "db" | "dx"; // biome-ignore format: a list

/** A plane on the page. */
export interface Sheet {
  readonly kind: SheetKind;
  /** Filter, channel, or filter and channel within the group; nothing for biases. */
  readonly lead: readonly number[];
  readonly name: string;
  readonly symbol: string;
  readonly plane: Plane;
  readonly margin?: Margin;
}

const SYMBOLS: Readonly<Record<SheetKind, string>> = {
  x: "x",
  w: "w",
  turned: "\\mathrm{rot}_{180^\\circ} w",
  b: "b",
  y: "y",
  t: "t",
  delta: "\\delta",
  dilated: "\\delta{\\uparrow}",
  dw: "\\partial E/\\partial w",
  db: "\\partial E/\\partial b",
  dx: "\\partial E/\\partial x",
};

const NAMES: Readonly<Record<SheetKind, string>> = {
  x: "x",
  w: "w",
  turned: "turned w",
  b: "b",
  y: "y",
  t: "target",
  delta: "delta",
  dilated: "delta with inserted zeros",
  dw: "dW",
  db: "db",
  dx: "dX",
};

/** All planes of a kind, in order. */
export function sheetsOf(net: Net, kind: SheetKind): Sheet[] {
  switch (kind) {
    case "x":
      return net.x.map((plane, c) => ({ ...sheet(net, kind, [c], plane), margin: paddingOf(net) }));
    case "dx":
    case "y":
    case "t":
    case "delta":
      return net[kind].map((plane, i) => sheet(net, kind, [i], plane));
    case "dilated":
      return net.dilated.map((plane, o) => {
        const one = sheet(net, kind, [o], plane);
        return net.state.mode === "input" ? { ...one, margin: fullMargin(net) } : one;
      });
    case "w":
    case "dw":
      return net[kind].flatMap((row, o) => row.map((plane, c) => sheet(net, kind, [o, c], plane)));
    case "turned":
      return net.w.flatMap((row, o) =>
        row.map((plane, c) => sheet(net, kind, [o, c], net.state.flip ? plane : turned(plane))),
      );
    case "b":
    case "db":
      return [sheet(net, kind, [], { rows: 1, columns: net.b.length, values: net[kind] })];
  }
}

function sheet(net: Net, kind: SheetKind, lead: readonly number[], plane: Plane): Sheet {
  const { channels, filters } = net.state;
  const perFilter = lead.length === 2 || !/^d?x$/.test(kind);
  const parts = [
    ...(perFilter && lead.length > 0 && filters > 1 ? [`filter ${lead[0]}`] : []),
    ...(lead.length === 2 && net.shapes.w[1]! > 1 ? [`channel ${lead[1]}`] : []),
    ...(!perFilter && channels > 1 ? [`channel ${lead[0]}`] : []),
  ];
  const index = parts.map((part) => part.split(" ")[1]).join(",");
  const base = kind === "turned" && net.state.flip ? "w" : SYMBOLS[kind];
  return {
    kind,
    lead,
    name: [NAMES[kind], ...parts].join(", "),
    symbol: index ? `${base}_{${index}}` : base,
    plane,
  };
}

/** A plane turned by 180°: its numbers from the end. */
function turned({ rows, columns, values }: Plane): Plane {
  return { rows, columns, values: Array.from(values).reverse() };
}

function paddingOf({ shapes }: Net): Margin {
  const [[top, bottom], [left, right]] = shapes.geometry.padding;
  return { top, bottom, left, right };
}

/** The zeros around δ↑ over which a kernel slides in full. */
function fullMargin({ shapes }: Net): Margin {
  const { kernel, dilation } = shapes.geometry;
  const [h, w] = [
    windowExtent(kernel[0], dilation[0]) - 1,
    windowExtent(kernel[1], dilation[1]) - 1,
  ];
  return { top: h, bottom: h, left: w, right: w };
}

/** The element that a place of a sheet stands for; `null` for padding and inserted zeros. */
export function spotAt(net: Net, { kind, lead, plane }: Sheet, [i, j]: Place): Spot | null {
  if (i < 0 || j < 0 || i >= plane.rows || j >= plane.columns) return null;
  const [o = 0, c = 0] = lead;
  const [, , kh, kw] = net.shapes.w as [number, number, number, number];
  const [sh, sw] = net.shapes.geometry.stride;
  switch (kind) {
    case "x":
    case "dx":
      return { of: "x", index: [o, i, j] };
    case "w":
    case "dw":
      return { of: "w", index: [o, c, i, j] };
    case "turned":
      return { of: "w", index: net.state.flip ? [o, c, i, j] : [o, c, kh - 1 - i, kw - 1 - j] };
    case "b":
    case "db":
      return { of: "b", index: [j] };
    case "dilated":
      return i % sh || j % sw ? null : { of: "y", index: [o, i / sh, j / sw] };
    default:
      return { of: "y", index: [o, i, j] };
  }
}

/** The place of an element on a sheet, if it stands there. */
export function placeOf(net: Net, { kind, lead }: Sheet, { of, index }: Spot): Place | null {
  if (of !== elementOf(kind)) return null;
  if (of === "b") return [0, index[0]!];
  if (lead.some((n, axis) => n !== index[axis])) return null;
  const [i, j] = index.slice(-2) as [number, number];
  if (kind === "dilated") {
    const [sh, sw] = net.shapes.geometry.stride;
    return [i * sh, j * sw];
  }
  const [kh, kw] = net.shapes.geometry.kernel;
  return kind === "turned" && !net.state.flip ? [kh - 1 - i, kw - 1 - j] : [i, j];
}

/** What the cells of a kind stand for. */
function elementOf(kind: SheetKind): Spot["of"] {
  if (kind === "w" || kind === "dw" || kind === "turned") return "w";
  if (kind === "x" || kind === "dx") return "x";
  return kind === "b" || kind === "db" ? "b" : "y";
}

/** The places of a sheet, those of its margin too. */
export function placesOf({ plane, margin }: Sheet): Place[] {
  const { top = 0, bottom = 0, left = 0, right = 0 } = margin ?? {};
  const columns = plane.columns + left + right;
  return each((plane.rows + top + bottom) * columns, (at) => [
    Math.floor(at / columns) - top,
    (at % columns) - left,
  ]);
}
