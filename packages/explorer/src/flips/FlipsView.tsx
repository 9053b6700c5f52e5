import type { JSX } from "preact";
import { Erratum } from "./Erratum.tsx";

export function FlipsView(): JSX.Element {
  return (
    <section class="card">
      <Erratum />
    </section>
  );
}
