import type { JSX } from "preact";
import { Sum } from "../equation/Sum.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import type { Place, Plane } from "../matrix/plane.ts";
import type { Kind, PoolNumbers, PoolWindow, Receipt } from "./pool.ts";

const text = (place: Place) => `[${place.join(", ")}]`;
const valueAt = ({ values, columns }: Plane, [i, j]: Place) => values[i * columns + j]!;
const own = ({ rows, columns }: Plane, [i, j]: Place) =>
  i >= 0 && j >= 0 && i < rows && j < columns;

export interface SaidOfOutputProps {
  readonly kind: Kind;
  readonly x: Plane;
  readonly numbers: PoolNumbers;
  readonly at: Place;
  /** What each input cell gets through this output. */
  readonly shares: Plane;
}

/** An output cell in words and numbers: how it came about, and where its δ goes. */
export function SaidOfOutput(props: SaidOfOutputProps): JSX.Element {
  const { kind, x, numbers, at } = props;
  const window = numbers.windows[at[0] * numbers.y.columns + at[1]]!;
  const inside = window.cells.filter((cell) => own(x, cell));
  const values = inside.map((cell) => valueAt(x, cell));
  const [y, delta] = [valueAt(numbers.y, at), valueAt(numbers.delta, at)];
  const numbersText = values.map((v) => formatNumber(v)).join(", ");
  if (kind === "max") return <SaidOfMax {...{ window, at, y, delta, numbersText }} />;
  const shares = inside.map((cell) => valueAt(props.shares, cell));
  if (kind === "avg") {
    return (
      <p>
        y{text(at)} is the mean of {numbersText}: <strong>{formatNumber(y)}</strong>. Its δ ={" "}
        {formatNumber(delta)} is spread evenly: each of these {inside.length} cells gets{" "}
        {delta !== 0 && `δ · ${formatNumber(shares[0]! / delta)} = `}
        <strong>{formatNumber(shares[0]!)}</strong>.
      </p>
    );
  }
  return (
    <p>
      y{text(at)} = √(
      {values.map((v) => `${v < 0 ? `(${formatNumber(v)})` : formatNumber(v)}²`).join(" + ")}) ={" "}
      <strong>{formatNumber(y)}</strong>.{" "}
      {y === 0
        ? "The norm is 0, where it has no slope: the gradient is 0, as in PyTorch."
        : `Its δ = ${formatNumber(delta)} is spread in proportion, δ·x/y: ${shares.map((v) => formatNumber(v)).join(", ")}.`}
    </p>
  );
}

function SaidOfMax(props: {
  readonly window: PoolWindow;
  readonly at: Place;
  readonly y: number;
  readonly delta: number;
  readonly numbersText: string;
}): JSX.Element {
  const { window, at, y, delta, numbersText } = props;
  const { winner, ties } = window;
  return (
    <p>
      y{text(at)} = max({numbersText}) = <strong>{formatNumber(y)}</strong>, held by x
      {text(winner!)}.{" "}
      {ties.length > 0 && (
        <>
          A tie: x{ties.map(text).join(", x")} {ties.length === 1 ? "holds" : "hold"} it too; the
          first in reading order wins.{" "}
        </>
      )}
      Its δ = {formatNumber(delta)} goes to the winner whole; the others get nothing.
    </p>
  );
}

/** An input cell in words and numbers: the windows that show it, and the sum of what they give it. */
export function SaidOfInput(props: {
  readonly kind: Kind;
  readonly numbers: PoolNumbers;
  readonly at: Place;
  /** The outputs whose windows show it. */
  readonly outputs: readonly Place[];
  readonly receipts: readonly Receipt[];
}): JSX.Element {
  const { kind, numbers, at, outputs, receipts } = props;
  const plural = outputs.length === 1 ? "window" : "windows";
  return (
    <p>
      x{text(at)} is in {outputs.length || "no"} {plural}
      {outputs.length > 0 && ` (of y${outputs.map(text).join(", y")})`}
      {kind === "max" && (receipts.length ? ` and wins ${receipts.length}` : " and wins none")}.
      ∂E/∂x
      {text(at)} = Σ δ·∂y/∂x ={" "}
      <Sum
        terms={receipts.map(({ delta, slope }) => [delta, slope])}
        sum={valueAt(numbers.dx, at)}
      />
      {receipts.length > 1 && ": where windows overlap, what they give adds up"}.
    </p>
  );
}
