import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { Notice } from "../controls/Notice.tsx";
import { Equation } from "../equation/Equation.tsx";
import { formatNumber } from "../matrix/formatNumber.ts";
import { difference } from "./identity.ts";
import type { Net } from "./net.ts";

/** A gradient written as a cross-correlation, computed both ways. */
export function IdentityNotice({ net, of }: { net: Net; of: "weights" | "input" }): JSX.Element {
  const error = useMemo(() => difference(net, of), [net.dw, of]);
  const strided = Math.max(...net.state.stride) > 1;
  const kernel = net.state.flip ? "w" : "\\mathrm{rot}_{180^\\circ}(w)";
  const tex =
    of === "weights"
      ? `\\partial E/\\partial w = \\mathrm{xcorr}(\\mathrm{pad}(x),\\ \\delta{\\uparrow})`
      : `\\partial E/\\partial x = \\mathrm{crop}(\\mathrm{xcorr}_{\\text{full}}(\\delta{\\uparrow},\\ ${kernel}))`;
  const depths = Math.max(net.state.channels, net.state.filters) > 1;
  return (
    <Notice kind={error <= 1e-9 ? "good" : "note"}>
      <Equation tex={tex} inline />: computed both ways,{" "}
      <span data-difference={error}>error {formatNumber(error)}</span>.{" "}
      {strided
        ? "δ↑ is δ with the zeros (dotted) that the stride inserts between its rows and columns. "
        : "With stride 1 nothing is inserted: δ↑ = δ. "}
      {depths &&
        (of === "weights"
          ? "Depths need not agree: every pair of a filter's δ and a channel of x gives one 2-D map of ∂E/∂w."
          : "Depths need not agree: a pair of a filter and a channel is a 2-D correlation, and those of a channel are summed over the filters.")}
    </Notice>
  );
}
