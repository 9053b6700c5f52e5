import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { RealField } from "../controls/fields.tsx";
import { Scroll } from "../controls/Scroll.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { descent } from "./descent.ts";
import type { State } from "./fields.ts";
import type { Net } from "./net.ts";
import { formatSpot, type Spot } from "./spot.ts";

/** One step of gradient descent: a weight before, its gradient, the learning rate, the weight after. */
export function DescentCard(props: {
  readonly net: Net;
  readonly spot: Spot;
  readonly onChange: (part: Partial<State>) => void;
}): JSX.Element {
  const { net, onChange } = props;
  const spot = /^[wb]$/.test(props.spot.of)
    ? props.spot
    : ({ of: "w", index: [0, 0, 0, 0] } as const);
  const { lr } = net.state;
  const after = useMemo(() => descent(net), [net.w, net.dw, lr]);
  const at = placeOf(net, spot);
  const own = spot.of as "w" | "b";
  const gradient = own === "w" ? net.dw.flat(1).flatMap(flat)[at]! : net.db[at]!;
  const row = [net.values[own][at]!, gradient, lr, after[own][at]!];
  return (
    <section class="card descent" aria-label="One step of gradient descent">
      <h2>One step of gradient descent</h2>
      <p class="soft">
        The gradient is not the new weight: w′ = w − lr · ∂E/∂w, for every weight and bias at once.
      </p>
      <Scroll name="The step in numbers">
        <table>
          <thead>
            <tr>
              {["element", "before", "gradient", "lr", "after"].map((head) => (
                <th key={head} scope="col" class="number">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row" class="number" data-spot={formatSpot(spot)}>
                {own}[{spot.index.join(", ")}]
              </th>
              {row.map((value, i) => (
                <td key={i} class="number" data-value={value}>
                  {formatNumber(value, 5)}
                </td>
              ))}
            </tr>
          </tbody>
        </table>
      </Scroll>
      <div class="fields">
        <RealField
          label="learning rate lr"
          value={lr}
          least={0}
          most={1000}
          onChange={(n) => onChange({ lr: n })}
        />
        <button type="button" class="main" onClick={() => onChange({ w: after.w, b: after.b })}>
          Take the step
        </button>
        <span class="soft" data-after={after.loss}>
          E: {formatNumber(net.loss)} → {formatNumber(after.loss)}
        </span>
      </div>
    </section>
  );
}

function placeOf(net: Net, { of, index }: Spot): number {
  const shape = of === "w" ? net.shapes.w : net.shapes.b;
  return index.reduce((place, i, axis) => place * shape[axis]! + i, 0);
}

const flat = ({ values }: { values: ArrayLike<number> }) => Array.from(values);
