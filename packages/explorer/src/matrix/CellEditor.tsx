import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { typedNumber } from "./typedNumber.ts";

export interface CellEditorProps {
  readonly name: string;
  readonly text: string;
  /** Whether the text is what was there before: then it is selected, and the first key replaces it. */
  readonly before: boolean;
  readonly onValue: (value: number) => void;
  /** Whether the keyboard ended it, so that the cell gets the focus back. */
  readonly onEnd: (keepFocus: boolean) => void;
}

/** The field in a cell: Enter takes the number, Escape leaves it, what is no number is shown as such. */
export function CellEditor({ name, text, before, onValue, onEnd }: CellEditorProps): JSX.Element {
  const [typed, setTyped] = useState(text);
  const input = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  // Before the next key comes.
  useLayoutEffect(() => {
    input.current?.focus();
    if (before) input.current?.select();
  }, [before]);
  const value = typedNumber(typed);
  const end = (keepFocus: boolean, take: boolean) => {
    if (over.current) return;
    over.current = true;
    if (take && value !== undefined) onValue(value);
    onEnd(keepFocus);
  };
  return (
    <input
      ref={input}
      aria-label={name}
      aria-invalid={value === undefined}
      value={typed}
      onInput={(event) => setTyped(event.currentTarget.value)}
      onBlur={() => end(false, true)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && value !== undefined) end(true, true);
        if (event.key === "Escape") end(true, false);
        event.stopPropagation();
      }}
    />
  );
}
