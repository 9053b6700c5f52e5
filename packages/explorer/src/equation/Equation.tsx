import katex from "katex";
import "katex/dist/katex.min.css";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { useScrollStop } from "../controls/Scroll.tsx";
import { unlessFinger } from "./unlessFinger.ts";

export interface EquationProps {
  /** In KaTeX. `symbol("i")` makes parts of it that can be pointed at. */
  readonly tex: string;
  /** In a line of text; default: on lines of its own. */
  readonly inline?: boolean;
  /** The symbol that is pointed at, here or elsewhere; all its places light up. */
  readonly lit?: string | null;
  /** Called with the symbol under the pointer, and `null` when it leaves. */
  readonly onPoint?: (symbol: string | null) => void;
}

/** A part of an equation that can be pointed at: `symbol("u")`, `symbol("delta", "\\delta_{u,v}")`. */
export function symbol(name: string, tex = name): string {
  return `\\htmlData{symbol=${name}}{${tex}}`;
}

/** An equation, read out as MathML by screen readers. */
export function Equation({ tex, inline, lit, onPoint }: EquationProps): JSX.Element {
  const html = useMemo(
    () =>
      katex.renderToString(tex, {
        displayMode: !inline,
        throwOnError: false,
        strict: false,
        // It escapes all that it prints, so its output may stand as HTML.
        trust: ({ command }) => command === "\\htmlData",
      }),
    [tex, inline],
  );
  const box = useScrollStop<HTMLDivElement & HTMLSpanElement>("Equation");
  const style = lit ? `[data-symbol="${CSS.escape(lit)}"]` : null;
  const pointed = (target: EventTarget | null) =>
    (target as Element | null)?.closest<HTMLElement>("[data-symbol]")?.dataset["symbol"] ?? null;
  const Tag = inline ? "span" : "div";
  return (
    <Tag
      ref={box}
      class={`equation${onPoint ? " alive" : ""}`}
      onPointerOver={onPoint && ((event: PointerEvent) => onPoint(pointed(event.target)))}
      onPointerLeave={onPoint && unlessFinger(() => onPoint(null))}
    >
      {style && (
        <style>{`.equation ${style}{background:var(--mark);border-radius:3px;outline:2px solid transparent}`}</style>
      )}
      <span dangerouslySetInnerHTML={{ __html: html }} />
    </Tag>
  );
}
