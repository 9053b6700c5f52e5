import type { JSX } from "preact";

export function GraphView(): JSX.Element {
  return <p>Soon.</p>;
}
