import type { JSX } from "preact";
import { type Line, LineChart } from "../chart/LineChart.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import type { NormsAt } from "./trainerState.ts";

/** The bars' scale: powers of ten. */
const [LEAST, MOST] = [-5, 2];

/** How long the gradient of each layer is: now as bars, before as lines. */
export function NormsCard({ norms }: { readonly norms: readonly NormsAt[] }): JSX.Element {
  const last = norms.at(-1)?.norms ?? [];
  const lines: Line[] = last.map(({ card, layer }, k) => ({
    label: `${card + 1} ${layer.replace(/\(.*/s, "")}`,
    values: norms.map((at) => at.norms.find((one) => one.card === card)?.norm ?? null),
    colour: k % 6,
    dashed: k > 5,
  }));
  return (
    <section class="card norms" aria-label="Gradient norms">
      <h2>Gradient of each layer</h2>
      <p class="hint">
        ‖∂L/∂w‖₂ after the last step, on a scale of powers of ten. A vanishing gradient shrinks from
        the last layer to the first; an exploding one grows.
      </p>
      {last.length === 0 ? (
        <p class="hint">Nothing has been learned yet.</p>
      ) : (
        <div class="pair">
          <div>
            <ol class="norm-bars">
              {last.map(({ card, layer, norm }, k) => (
                <li key={card} data-card={card} data-value={norm}>
                  <span class="layer">
                    {card + 1} {layer}
                  </span>
                  <span class="value">{formatNumber(norm, 3)}</span>
                  <span class="track" aria-hidden="true">
                    <span
                      class="fill"
                      style={{ width: `${shareOf(norm)}%`, background: `var(--line-${k % 6})` }}
                    />
                  </span>
                </li>
              ))}
            </ol>
            <p class="scale" aria-hidden="true">
              <span>10⁻⁵</span>
              <span>10²</span>
            </p>
          </div>
          <LineChart
            name="gradient norms over the steps"
            xLabel="step"
            x={norms.map(({ step }) => step)}
            lines={lines}
            log
          />
        </div>
      )}
    </section>
  );
}

const shareOf = (norm: number) =>
  Math.min(Math.max(((Math.log10(norm) - LEAST) / (MOST - LEAST)) * 100, 0), 100) || 0;
