import type { Mark } from "../matrix/Matrix.tsx";
import type { Place } from "../matrix/plane.ts";
import type { Net } from "./net.ts";
import { placeOf, placesOf, type Sheet, type SheetKind, spotAt } from "./sheets.ts";
import { cellUnder, firstChannel } from "./spot.ts";
import type { Story, Term } from "./terms.ts";

/** What a story sets apart in a sheet. */
export interface Lights {
  readonly marks: ReadonlyMap<string, readonly Mark[]>;
  readonly box: { readonly from: Place; readonly to: Place } | null;
}

/** The cells of a sheet that take part in a story, and the story's own cell. */
export function lightsOf(net: Net, sheet: Sheet, story: Story, letter: string | null): Lights {
  const marks = new Map<string, Mark[]>();
  const add = (place: Place, mark: Mark) => {
    const now = marks.get(`${place}`);
    if (!now) marks.set(`${place}`, [mark]);
    else if (!now.includes(mark)) now.push(mark);
  };
  const chosen = placeOf(net, sheet, story.spot);
  if (chosen) add(chosen, "chosen");
  const lit = letter ? placesOfLetter(net, sheet, story, letter) : partsOf(net, sheet, story);
  for (const place of lit) add(place, "lit");
  return { marks, box: letter ? null : boxOf(net, sheet, story) };
}

/** A text that differs where lights do. */
export function signature({ marks, box }: Lights): string {
  return JSON.stringify([[...marks], box]);
}

/** Whether a place holds a zero that the stride inserts. */
export function isInserted(net: Net, { kind, plane }: Sheet, [i, j]: Place): boolean {
  if (kind !== "dilated" || i < 0 || j < 0 || i >= plane.rows || j >= plane.columns) return false;
  const [sh, sw] = net.shapes.geometry.stride;
  return i % sh !== 0 || j % sw !== 0;
}

/** Where the terms of a story stand in a sheet. */
function partsOf(net: Net, sheet: Sheet, story: Story): Place[] {
  const { spot } = story;
  const [first] = sheet.lead;
  if (sheet.kind === "b" && spot.of === "y") return [[0, spot.index[0]!]];
  return story.terms.flatMap((term) => {
    if (sheet.kind === "x")
      return term.cell && term.cell.channel === first ? [term.cell.place] : [];
    if (sheet.kind === "dx") return []; // the gradient of what takes part is another story
    return placeInSheet(net, sheet, term);
  });
}

function placeInSheet(net: Net, sheet: Sheet, { output, tap }: Term): Place[] {
  const place =
    sheet.kind === "w" || sheet.kind === "turned"
      ? tap && placeOf(net, sheet, { of: "w", index: tap })
      : sheet.kind !== "t" && placeOf(net, sheet, { of: "y", index: output });
  return place ? [place] : [];
}

/** Region Q: the smallest box around the outputs that an input takes part in. */
function boxOf(net: Net, sheet: Sheet, { spot, terms }: Story): Lights["box"] {
  if (spot.of !== "x" || !/^(y|delta|dilated)$/.test(sheet.kind)) return null;
  const places = terms.flatMap((term) => placeInSheet(net, sheet, term));
  if (places.length === 0) return null;
  const rows = places.map(([i]) => i);
  const columns = places.map(([, j]) => j);
  return {
    from: [Math.min(...rows), Math.min(...columns)],
    to: [Math.max(...rows), Math.max(...columns)],
  };
}

const OUTPUTS: readonly SheetKind[] = ["y", "delta", "dilated"];
const KERNELS: readonly SheetKind[] = ["w", "dw", "turned"];
const IMAGES: readonly SheetKind[] = ["x", "dx"];

/** The cells that a letter of the equations is about. */
function placesOfLetter(net: Net, sheet: Sheet, story: Story, letter: string): Place[] {
  const whole: Readonly<Record<string, readonly SheetKind[]>> = {
    x: ["x"],
    w: ["w", "turned"],
    b: ["b"],
    y: ["y"],
    delta: ["delta", "dilated"],
    dw: ["dw"],
    db: ["db"],
    dx: ["dx"],
  };
  const { kind } = sheet;
  const all = placesOf(sheet);
  if (whole[letter]) return whole[letter].includes(kind) ? all.filter(own(sheet)) : [];
  if (letter === "p") return kind === "x" ? all.filter((place) => !own(sheet)(place)) : [];
  if (letter === "s") {
    return kind === "x" ? starts(net) : all.filter((place) => isInserted(net, sheet, place));
  }
  if (letter === "d") return partsOf(net, sheet, story);
  return all.filter((place) => own(sheet)(place) && isOfIndex(net, sheet, place, story, letter));
}

const own =
  ({ plane }: Sheet) =>
  ([i, j]: Place): boolean =>
    i >= 0 && j >= 0 && i < plane.rows && j < plane.columns;

/** The first cell of each window. */
function starts(net: Net): Place[] {
  const [oh, ow] = net.shapes.geometry.output;
  const first = net.state.flip
    ? ([net.state.kernel[0] - 1, net.state.kernel[1] - 1] as const)
    : ([0, 0] as const);
  return Array.from({ length: oh * ow }, (_, at) =>
    cellUnder(net, [Math.floor(at / ow), at % ow], first),
  );
}

/** Whether a cell lies where the loop of an index stands; a loop that sums stands everywhere. */
function isOfIndex(net: Net, sheet: Sheet, place: Place, { spot }: Story, letter: string): boolean {
  const at = spotAt(net, sheet, place);
  if (!at) return false;
  const letters = { y: "ouv", w: "ocij", b: "o", x: "chl" } as const;
  const axis = letters[at.of].indexOf(letter);
  const mine = letters[spot.of].indexOf(letter);
  if (axis >= 0) {
    const kinds = { y: OUTPUTS, w: KERNELS, b: ["b", "db"], x: IMAGES }[at.of] as SheetKind[];
    if (!kinds.includes(sheet.kind)) return false;
    const shift = letter === "c" && at.of === "w" ? firstChannel(net, at.index[0]!) : 0;
    const base = letter === "c" && spot.of === "w" ? firstChannel(net, spot.index[0]!) : 0;
    return mine < 0 || at.index[axis]! + shift === spot.index[mine]! + base;
  }
  return false;
}
