import type { JSX } from "preact";

export function TrainerView(): JSX.Element {
  return <p>Soon.</p>;
}
