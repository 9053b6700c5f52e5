import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Scroll } from "../controls/Scroll.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { planeAt, planesOf, Thumbnail } from "./PlaneView.tsx";
import { type Progress, titleOf } from "./progress.ts";
import type { SoftmaxRow, Walk } from "./walk.ts";

const MOST_MAPS = 4;
const DECADES = 8;

/** δ from layer to layer, in the order of the pass: each is computed from the one before. */
export function DeltaStrip(props: {
  readonly walk: Walk;
  readonly progress: Progress;
  readonly chosen: number;
  readonly onChoose: (id: number) => void;
}): JSX.Element {
  const { walk, progress, chosen, onChoose } = props;
  const layers = useMemo(() => layersOf(walk), [walk]);
  return (
    <section class="card">
      <h2>δ from layer to layer</h2>
      <p class="soft">From the loss back to the input. Each δ is made from the one before it.</p>
      <ol class="delta-strip">
        {layers.map(({ node, maps, more }) => {
          const seen = progress.visited.has(node.id);
          return (
            <li key={node.id}>
              <button
                type="button"
                aria-pressed={node.id === chosen}
                class={seen ? "visited" : ""}
                onClick={() => onChoose(node.id)}
              >
                <strong>{titleOf(node)}</strong> <small>{node.shape.join(" × ") || "1"}</small>
                <span class="thumbnails" aria-hidden="true">
                  {maps.map((plane, i) => (
                    <Thumbnail key={i} plane={plane} />
                  ))}
                  {more > 0 && <small>and {more} more</small>}
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** The layers in the order of the pass, the first planes of their δ, and how many more there are. */
function layersOf({ order, nodes }: Walk) {
  return order.flatMap((id) => {
    const node = nodes[id]!;
    if (node.kind === "leaf") return [];
    const values = { shape: node.shape, values: node.gradient! };
    const count = planesOf(node.shape);
    const maps = Array.from({ length: Math.min(count, MOST_MAPS) }, (_, i) => planeAt(values, i));
    return [{ node, maps, more: count - maps.length }];
  });
}

/** The length of each leaf's gradient, on a logarithmic scale. */
export function NormBars({ norms }: Pick<Walk, "norms">): JSX.Element {
  const most = Math.max(...norms.map(({ norm }) => (Number.isFinite(norm) ? norm : 0)));
  const share = (norm: number) =>
    norm > 0 ? Math.max(1 + Math.log10(norm / most) / DECADES, 0.01) : 0;
  return (
    <section class="card">
      <h2>Gradient norms</h2>
      <p class="soft">‖∂E/∂w‖₂ of each leaf; a bar is {DECADES} powers of ten long.</p>
      <Scroll name="Gradient norms">
        <table class="norms">
          <tbody>
            {norms.map(({ name, norm }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td class="number" data-value={norm}>
                  {formatNumber(norm)}
                </td>
                <td class="bar" aria-hidden="true">
                  <span style={{ width: `${(Math.min(share(norm), 1) * 100).toFixed(1)}%` }} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

/** Probabilities, and the gradient of the logits: (softmax − onehot) / N. */
export function SoftmaxBars({ rows }: { readonly rows: readonly SoftmaxRow[] }): JSX.Element {
  return (
    <section class="card">
      <h2>Softmax and its gradient</h2>
      <p class="soft">
        ∂E/∂x = (softmax(x) − onehot) / N: the right class is pulled up, the others are pushed down
        by as much as they are believed.
      </p>
      <Scroll name="Softmax and its gradient">
        <table class="softmax">
          <thead>
            <tr>
              <th scope="col">class</th>
              <th scope="col" class="number">
                probability
              </th>
              <td class="bar" aria-hidden="true" />
              <th scope="col" class="number">
                (p − onehot) / N
              </th>
              <th scope="col" class="number">
                ∂E/∂x
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.flatMap(({ label, probabilities, expected, gradient }, n) =>
              Array.from(probabilities, (p, k) => (
                <tr key={`${n} ${k}`}>
                  <th scope="row">
                    {k}
                    {k === label && " ← label"}
                  </th>
                  <td class="number">{formatNumber(p)}</td>
                  <td class="bar" aria-hidden="true">
                    <span style={{ width: `${(p * 100).toFixed(1)}%` }} />
                  </td>
                  <td class="number">{formatNumber(expected[k]!)}</td>
                  <td class="number" data-value={gradient[k]}>
                    {formatNumber(gradient[k]!)}
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
