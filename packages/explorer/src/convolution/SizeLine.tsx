import type { JSX } from "preact";
import { Equation } from "../equation/Equation.tsx";
import { outputSize, type SizeOf } from "./arithmetic.ts";
import type { Net } from "./net.ts";

/** The size of the output, reckoned. */
export function SizeLine(props: {
  readonly net: Net;
  readonly letter: string | null;
  readonly onLetter: (letter: string | null) => void;
}): JSX.Element {
  const { net, letter, onLetter } = props;
  const sizes = [outputSize(net, 0), outputSize(net, 1)] as const;
  const alike = sizes[0].tex === sizes[1].tex;
  const left = [
    sizes[0].left > 0 ? `${sizes[0].left} row${sizes[0].left > 1 ? "s" : ""} at the bottom` : "",
    sizes[1].left > 0 ? `${sizes[1].left} column${sizes[1].left > 1 ? "s" : ""} at the right` : "",
  ].filter(Boolean);
  return (
    <div class="size">
      <code data-layer>{net.layer}</code>
      {(alike ? [`H_{\\text{out}} = W_{\\text{out}} = ${sizes[0].tex}`] : sizes.map(named)).map(
        (tex) => (
          <Equation key={tex} tex={tex} inline lit={letter} onPoint={onLetter} />
        ),
      )}
      {left.length > 0 && (
        <span class="soft">
          {left.join(" and ")} of the padded image {left.length > 1 ? "are" : "is"} in no window.
        </span>
      )}
    </div>
  );
}

function named({ tex }: SizeOf, axis: number): string {
  return `${axis === 0 ? "H" : "W"}_{\\text{out}} = ${tex}`;
}
