import type { JSX } from "preact";

export function PoolingView(): JSX.Element {
  return <p>Soon.</p>;
}
