/** Floats of a copy of a plane, at most; every thread has one. */
const MOST_CELLS = 1 << 22;

/** How windows lie along an axis of an image: cells that they see, floats from cell to cell, and steps in cells. */
interface Axis {
  readonly cells: number;
  readonly step: number;
  readonly stride: number;
  readonly dilation: number;
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** From floats between windows and floats between taps; `null` where cells are repeated or run backwards. */
function axisOf(windows: number, byWindow: number, taps: number, byTap: number): Axis | null {
  // The step of an axis of one window or one tap means nothing.
  const stride = windows > 1 ? byWindow : 0;
  const dilation = taps > 1 ? byTap : 0;
  if ((windows > 1 && stride <= 0) || (taps > 1 && dilation <= 0)) return null;
  const step = divisor(stride, dilation) || 1;
  return {
    step,
    cells: ((windows - 1) * stride + (taps - 1) * dilation) / step + 1,
    stride: Math.max(stride / step, 1),
    dilation: dilation / step,
  };
}

/** A copy of the plane that windows see, one phase of the stride behind the other: neighbouring windows lie side by side. */
export interface StagedPlane {
  /** Floats from row to row. */
  readonly pitch: number;
  /** Floats of the copy. */
  readonly cells: number;
  /** How the kernel copies it: the words of `stage`. */
  readonly words: readonly number[];
  /** Byte offsets of the taps in it. */
  readonly taps: Int32Array;
}

/** The words where nothing is copied. */
export const NOT_STAGED = [0, 0, 0, 0, 0, 0, 0, 0] as const;

/** The axes of windows on a plane, as in `Convolution`. */
interface Windows {
  readonly sizes: Readonly<Record<"h" | "w" | "i" | "j", number>>;
  readonly strides: Readonly<Record<"h" | "w" | "i" | "j", number>>;
}

/** The copy of a plane, or `null` where it would be too large, or cells are repeated. */
export function stagedPlane({ sizes, strides }: Windows): StagedPlane | null {
  const down = axisOf(sizes.h, strides.h, sizes.i, strides.i);
  const across = axisOf(sizes.w, strides.w, sizes.j, strides.j);
  if (!down || !across) return null;
  const pitch = Math.ceil(across.cells / across.stride);
  const phase = Math.ceil(down.cells / down.stride) * pitch;
  const cells = phase * down.stride * across.stride;
  if (cells > MOST_CELLS) return null;
  const along = ({ stride, dilation }: Axis, taps: number, phases: number, row: number) =>
    Array.from({ length: taps }, (_, tap) => {
      const cell = tap * dilation;
      return (cell % stride) * phases + Math.floor(cell / stride) * row;
    });
  const rows = along(down, sizes.i, across.stride * phase, pitch);
  const columns = along(across, sizes.j, phase, 1);
  return {
    pitch,
    cells,
    words: [
      down.cells,
      across.cells,
      down.step * 4,
      across.step * 4,
      down.stride,
      across.stride,
      pitch * 4,
      phase * 4,
    ],
    taps: Int32Array.from(rows.flatMap((row) => columns.map((column) => (row + column) * 4))),
  };
}

/** Whether taps are 3 × 3 neighbours in rows `pitch` floats apart, as windows are. */
export function isDenseSquare(taps: ArrayLike<number>, pitch: number): boolean {
  const dense = (offset: number, tap: number) =>
    offset === ((tap % 3) + Math.floor(tap / 3) * pitch) * 4;
  return taps.length === 9 && Array.from(taps).every(dense);
}

/** Whether windows are such squares, two cells apart down and across. */
export const isStridedSquare = ({ strides }: Windows, taps: Int32Array): boolean =>
  strides.w === 2 && strides.h === 2 * strides.i && isDenseSquare(taps, strides.i);
