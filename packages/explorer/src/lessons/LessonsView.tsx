import type { JSX } from "preact";

export function LessonsView(): JSX.Element {
  return <p>Soon.</p>;
}
