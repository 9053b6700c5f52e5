import type { JSX } from "preact";

export function FlipsView(): JSX.Element {
  return <p>Soon.</p>;
}
