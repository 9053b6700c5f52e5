import type { JSX } from "preact";
import { Equation } from "./Equation.tsx";
import { unlessFinger } from "./unlessFinger.ts";

export interface SymbolKeyProps {
  /** What each symbol is: its name, as in `symbol(name)`, its KaTeX and its meaning. */
  readonly symbols: readonly { readonly name: string; readonly tex: string; readonly is: string }[];
  readonly lit: string | null;
  readonly onPoint: (symbol: string | null) => void;
}

/** The symbols of an equation in words: pointing at one, or stepping to it with the keyboard, lights it everywhere. */
export function SymbolKey({ symbols, lit, onPoint }: SymbolKeyProps): JSX.Element {
  return (
    <ul class="symbol-key" aria-label="Symbols">
      {symbols.map(({ name, tex, is }) => (
        <li key={name}>
          <button
            type="button"
            class={lit === name ? "lit" : ""}
            data-symbol-key={name}
            onPointerEnter={() => onPoint(name)}
            onPointerLeave={unlessFinger(() => onPoint(null))}
            onFocus={() => onPoint(name)}
            onBlur={() => onPoint(null)}
          >
            <Equation tex={tex} inline /> {is}
          </button>
        </li>
      ))}
    </ul>
  );
}
