import type { JSX } from "preact";
import { formatNumber } from "../matrix/formatNumber.ts";
import type { Net } from "./net.ts";
import type { Story, Term } from "./terms.ts";

const MOST_ROWS = 60;

/** The products of a story, one a row, and their sum beside what the library computed. */
export function Terms(props: { readonly net: Net; readonly story: Story }): JSX.Element | null {
  const { net, story } = props;
  const { spot, terms, bias, sum, value } = story;
  if (terms.length === 0) return null;
  const heads = HEADS[spot.of];
  const shown = terms.slice(0, MOST_ROWS);
  const what = spot.of === "y" ? "y" : "the gradient";
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
    <section class="terms scroll" tabIndex={0} aria-label="Terms">
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((term) => (
            <tr key={`${term.output}/${term.tap}`} class={term.padding ? "padding" : ""}>
              {cellsOf(net, spot.of, term).map((text, at) => (
                <td
                  key={heads[at]}
                  class="number"
                  {...(at === heads.length - 1 && { "data-value": term.value })}
                >
                  {text}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        <tfoot>
          {terms.length > shown.length && (
            <tr>
              <td colSpan={heads.length}>… and {terms.length - shown.length} more</td>
            </tr>
          )}
          {bias !== null && <Foot span={heads.length} name="bias b" value={bias} />}
          <Foot span={heads.length} name="sum" value={sum} />
          <Foot span={heads.length} name={`${what}, by the library`} value={value} />
        </tfoot>
      </table>
    </section>
  );
}

function Foot(props: { span: number; name: string; value: number }): JSX.Element {
  return (
    <tr>
      <th scope="row" colSpan={props.span - 1}>
        {props.name}
      </th>
      <td class="number" data-sum={props.name} data-value={props.value}>
        {formatNumber(props.value, 6)}
      </td>
    </tr>
  );
}

const HEADS = {
  y: ["w at", "w", "x at", "x", "w·x"],
  w: ["δ at", "δ", "x at", "x", "δ·x"],
  x: ["δ at", "δ", "w at", "w", "δ·w"],
  b: ["δ at", "δ"],
} as const;

/** The texts of a row. Indices that can only be 0 are left out. */
function cellsOf(net: Net, of: Story["spot"]["of"], term: Term): string[] {
  const { a, b, value, output, tap, cell, padding } = term;
  const list = (index: readonly number[]) => `[${index.join(", ")}]`;
  const { filters, channels } = net.state;
  const o = filters > 1 ? [output[0]!] : [];
  const c = cell && channels > 1 ? [cell.channel] : [];
  const x = cell ? (padding ? "padding" : list([...c, ...cell.place])) : "";
  const y = list([...o, ...output.slice(1)]);
  const w = tap ? list([...o, ...(net.shapes.w[1]! > 1 ? [tap[1]!] : []), ...tap.slice(2)]) : "";
  const result = formatNumber(value);
  if (of === "b") return [y, result];
  if (of === "y") return [w, formatNumber(a), x, formatNumber(b), result];
  return [y, formatNumber(a), of === "w" ? x : w, formatNumber(b), result];
}
