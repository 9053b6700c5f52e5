import { type Epilogue, type Letters, sizeOf, type View } from "@convgrad/core";
import { BIAS, FINISH, PACK, PRODUCT, RELU, TILE } from "../assembly/contractionNumbers.ts";
import type { Engine } from "./engine.ts";
import { offsetsAlong, rolesOf } from "./letters.ts";
import type { Tables } from "./tables.ts";

/** Steps that a panel of eight columns may have to stay in the nearest cache. */
const LONGEST_BLOCK = 448;
/** Work of a part, at least: about 20 µs. */
const LEAST_OPERATIONS = 1_000_000;

/** What a contraction does once its geometry is known. */
export type ContractPlan = (a: View, b: View, epilogue: Epilogue | null, out: View) => void;

/** Runs a kernel with these arguments. */
export function call(engine: Engine, kernel: number, parts: number, args: readonly number[]): void {
  const { words } = engine;
  for (let i = 0; i < args.length; i++) words[i] = args[i]!;
  engine.run(kernel, parts, args.length);
}

/** Parts for units of so many multiplications and additions each. */
export function partsFor(engine: Engine, units: number, operations: number): number {
  return engine.partsOf(units, Math.ceil(LEAST_OPERATIONS / Math.max(operations, 1)));
}

/** Runs `use` with a temporary block of floats. */
export function withBlock(engine: Engine, length: number, use: (address: number) => void): void {
  const block = engine.allocate("float32", length);
  try {
    use(block.address);
  } finally {
    engine.release(block);
  }
}

/** The bits that say what tiles do at the end. */
export function modeOf(epilogue: Epilogue | null): number {
  return epilogue ? (epilogue.bias ? BIAS : 0) | (epilogue.relu ? RELU : 0) : 0;
}

/** The distance of neighbours in a table if it is the same everywhere, else 0. */
function stepOf(table: Int32Array): number {
  if (table.length < 2) return 4;
  const step = table[1]! - table[0]!;
  return table.every((offset, i) => i === 0 || offset - table[i - 1]! === step) ? step : 0;
}

const swapped = ({ a, b, out }: Letters): Letters => ({ a: b, b: a, out });

/** Whether the rows should be the columns: the axis of the output without gaps is theirs. */
function wantsSwap(letters: Letters, out: View): boolean {
  const closest = Array.from(letters.out).find(
    (_, axis) => out.strides[axis] === 1 && out.shape[axis]! > 1,
  );
  return closest !== undefined && !letters.b.includes(closest);
}

/** A contraction as products of matrices, for any letters and strides. */
export function planProduct(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  bias: View | null,
  out: View,
  tileHeight: number,
  tables: Tables,
): ContractPlan {
  if (sizeOf(out.shape) === 0) return () => {};
  if (wantsSwap(letters, out)) {
    // The order of the sum stays that of the first operand, whichever is the first here.
    const plan = planMatrices(
      engine,
      b,
      a,
      swapped(letters),
      letters,
      bias,
      out,
      tileHeight,
      tables,
    );
    return (a, b, epilogue, out) => plan(b, a, epilogue, out);
  }
  return planMatrices(engine, a, b, letters, letters, bias, out, tileHeight, tables);
}

function planMatrices(
  engine: Engine,
  a: View,
  b: View,
  letters: Letters,
  original: Letters,
  bias: View | null,
  out: View,
  tileHeight: number,
  tables: Tables,
): ContractPlan {
  const { batch, rows, columns } = rolesOf(letters, out);
  const { summed } = rolesOf(original, out);
  const along = (view: View, names: string, of: readonly string[]) => offsetsAlong(view, names, of);
  const yRows = along(out, letters.out, rows);
  const yColumns = along(out, letters.out, columns);
  const yBatches = along(out, letters.out, batch);
  const [batches, m, n] = [yBatches.length, yRows.length, yColumns.length];
  const aSteps = along(a, letters.a, summed);
  const k = aSteps.length;
  const blocks = Math.max(Math.ceil(k / LONGEST_BLOCK), 1);
  const block = Math.ceil(k / blocks);
  const aPanels = Math.ceil(m / tileHeight);
  const bPanels = Math.ceil(n / 8);
  const aIsPacked = m <= n;
  const aTables = [
    tables.add(along(a, letters.a, batch)),
    tables.add(along(a, letters.a, rows)),
    tables.add(aSteps),
  ] as const;
  const bTables = [
    tables.add(along(b, letters.b, batch)),
    tables.add(along(b, letters.b, columns)),
    tables.add(along(b, letters.b, summed)),
  ] as const;
  const [packed, other] = aIsPacked ? [aTables, bTables] : [bTables, aTables];
  const ramp = tables.add(Int32Array.from({ length: block }, (_, i) => i * 32));
  const yTables = [tables.add(yBatches), tables.add(yRows), tables.add(yColumns)] as const;
  const biasTables = bias
    ? [batch, rows, columns].map((of) => tables.add(along(bias, letters.out, of)))
    : null;
  const yStep = stepOf(yColumns) === 4 ? stepOf(yRows) : 0;
  const packedRows = aIsPacked ? m : n;
  const packedPanels = aIsPacked ? aPanels : bPanels;
  const packedLength = batches * (aIsPacked ? m : bPanels * 8) * k;
  const units = batches * (aIsPacked ? bPanels : aPanels);
  const operations = 2 * k * (aIsPacked ? m * 8 : n * tileHeight);
  const scratch = (TILE + 8 * block) * 4;

  return (a, b, epilogue, out) => {
    const mode = modeOf(epilogue);
    engine.reserveScratch(scratch);
    withBlock(engine, packedLength, (address) => {
      // Read once: a worker may become ready meanwhile.
      const packParts = partsFor(engine, batches * packedPanels, 64 * k);
      call(engine, PACK, packParts, [
        packParts,
        batches * packedPanels,
        address,
        engine.address(aIsPacked ? a : b),
        tables.at(packed[0]),
        tables.at(packed[1]),
        packedRows,
        tables.at(packed[2]),
        k,
        packedPanels,
        aIsPacked ? 0 : 8,
        0,
        0,
        0,
      ]);
      const parts = partsFor(engine, units, operations);
      const biasWords =
        biasTables && epilogue?.bias
          ? [engine.address(epilogue.bias), ...biasTables.map((place) => tables.at(place))]
          : [0, 0, 0, 0];
      call(engine, PRODUCT, parts, [
        parts,
        units,
        address,
        aIsPacked ? 1 : 0,
        engine.address(aIsPacked ? b : a),
        tables.at(other[0]),
        tables.at(other[1]),
        tables.at(other[2]),
        m,
        n,
        k,
        block,
        aPanels,
        tables.at(ramp),
        engine.address(out),
        tables.at(yTables[0]),
        tables.at(yTables[1]),
        tables.at(yTables[2]),
        yStep,
        mode,
        ...biasWords,
      ]);
    });
  };
}

/** Bias and relu in a pass of their own, for outputs whose kernel cannot do it. */
export function planFinish(
  engine: Engine,
  letters: string,
  bias: View | null,
  out: View,
  tables: Tables,
): (epilogue: Epilogue, out: View) => void {
  const rows = Array.from(letters).slice(0, -1);
  const columns = Array.from(letters).slice(-1);
  const yRows = offsetsAlong(out, letters, rows);
  const yColumns = offsetsAlong(out, letters, columns);
  const places = [tables.add(yRows), tables.add(yColumns)] as const;
  const biasPlaces = bias
    ? ([rows, columns].map((of) => tables.add(offsetsAlong(bias, letters, of))) as [number, number])
    : null;
  return (epilogue, out) => {
    const parts = partsFor(engine, yRows.length, yColumns.length * 16);
    call(engine, FINISH, parts, [
      parts,
      yRows.length,
      yColumns.length,
      engine.address(out),
      tables.at(places[0]),
      tables.at(places[1]),
      modeOf(epilogue),
      epilogue.bias ? engine.address(epilogue.bias) : 0,
      biasPlaces ? tables.at(biasPlaces[0]) : 0,
      biasPlaces ? tables.at(biasPlaces[1]) : 0,
    ]);
  };
}
