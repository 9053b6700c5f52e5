import type { JSX } from "preact";
import { reachOf } from "../matrix/plane.ts";
import type { Mode } from "./fields.ts";
import { each } from "./net.ts";
import { SheetView, type Shown } from "./SheetView.tsx";
import { type Sheet, type SheetKind, sheetsOf } from "./sheets.ts";
import { firstChannel } from "./spot.ts";

/** What stands along the top (by channel), at the side (by filter), and where both cross. */
const KINDS: Readonly<Record<Mode, readonly [top: SheetKind, side: SheetKind, cross: SheetKind]>> =
  {
    forward: ["x", "y", "w"],
    weights: ["x", "dilated", "dw"],
    input: ["dx", "dilated", "turned"],
  };

const SAID: Readonly<Record<Mode, string>> = {
  forward: "Along a row, the sums of x with each kernel add up to the map y of the filter.",
  weights: "Where a filter's δ and a channel of x cross stands their 2-D correlation: ∂E/∂w.",
  input:
    "Down a column, the correlations of each δ with its kernel add up to ∂E/∂x of the channel.",
};

/** The planes of a large net as pictures: channels across, filters down, and where they cross their pair. */
export function PairGrid({ shown }: { readonly shown: Shown }): JSX.Element {
  const { net } = shown;
  const { mode, channels, filters } = net.state;
  const [top, side, cross] = KINDS[mode].map((kind) => sheetsOf(net, kind)) as [
    Sheet[],
    Sheet[],
    Sheet[],
  ];
  const perGroup = net.shapes.w[1]!;
  const pairOf = (o: number, c: number) => {
    const own = c - firstChannel(net, o);
    return own >= 0 && own < perGroup ? cross[o * perGroup + own]! : null;
  };
  const view = (sheets: readonly Sheet[], sheet: Sheet | null) =>
    sheet && (
      <SheetView
        sheet={sheet}
        shown={shown}
        reach={Math.max(...sheets.map(({ plane }) => reachOf(plane.values)))}
      />
    );
  return (
    <>
      <p class="soft">{SAID[mode]}</p>
      <div class="scroll">
        <table class="pairs" role="presentation">
          <thead>
            <tr>
              <td />
              {top.map((sheet) => (
                <td key={sheet.name}>{view(top, sheet)}</td>
              ))}
            </tr>
          </thead>
          <tbody>
            {each(filters, (o) => (
              <tr key={o}>
                <td>{view(side, side[o]!)}</td>
                {each(channels, (c) => (
                  <td key={c}>{view(cross, pairOf(o, c))}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
