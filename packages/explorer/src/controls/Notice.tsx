import type { ComponentChildren, JSX } from "preact";

/** A message in place: what is wrong and the remedy (`bad`), that something holds (`good`), or a remark (`note`). */
export function Notice(props: {
  readonly kind: "bad" | "good" | "note";
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <p class={`notice ${props.kind}`} role={props.kind === "bad" ? "alert" : "status"}>
      {props.children}
    </p>
  );
}
