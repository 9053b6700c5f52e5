import type { JSX } from "preact";

export function BugLabView(): JSX.Element {
  return <p>Soon.</p>;
}
