import type { JSX } from "preact";
import { reachOf } from "../matrix/plane.ts";
import type { Mode } from "./fields.ts";
import { PairGrid } from "./PairGrid.tsx";
import { isAlone, SheetView, type Shown } from "./SheetView.tsx";
import { type SheetKind, sheetsOf } from "./sheets.ts";

/** What a mode puts side by side, with the signs between. */
const PLAYERS: Readonly<Record<Mode, readonly (readonly [sign: string, kind: SheetKind])[]>> = {
  forward: [
    ["", "x"],
    ["⊗", "w"],
    ["+", "b"],
    ["=", "y"],
  ],
  weights: [
    ["", "x"],
    ["⊗", "dilated"],
    ["=", "dw"],
    ["and", "db"],
  ],
  input: [
    ["", "dilated"],
    ["⊗", "turned"],
    ["=", "dx"],
  ],
};

/** The planes of a mode in the order of its equation. */
export function Stage({ shown }: { readonly shown: Shown }): JSX.Element {
  const { mode } = shown.net.state;
  if (shown.pictures && !isAlone(shown.net)) {
    return (
      <>
        <PairGrid shown={shown} />
        {mode !== "input" && <Planes kind={mode === "weights" ? "db" : "b"} shown={shown} />}
      </>
    );
  }
  return (
    <div class="stage">
      {PLAYERS[mode].map(([sign, kind]) => (
        <div class="player" key={kind}>
          {sign && (
            <span class="sign" aria-hidden="true">
              {sign}
            </span>
          )}
          <Planes kind={kind} shown={shown} />
        </div>
      ))}
    </div>
  );
}

/** All planes of a kind: kernels with a row per filter. */
export function Planes(props: { readonly kind: SheetKind; readonly shown: Shown }): JSX.Element {
  const { kind, shown } = props;
  const sheets = sheetsOf(shown.net, kind);
  const reach = Math.max(...sheets.map(({ plane }) => reachOf(plane.values)));
  const columns = sheets[0]?.lead.length === 2 ? shown.net.shapes.w[1]! : 1;
  return (
    <div
      class={`planes ${kind}${shown.pictures && !isAlone(shown.net) ? " pictures" : ""}`}
      style={{ "--across": columns }}
    >
      {sheets.map((sheet) => (
        <SheetView key={sheet.name} sheet={sheet} shown={shown} reach={reach} />
      ))}
    </div>
  );
}
