/** Text that is HTML already. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template; lists one after the other, `null` and `false` as nothing. */
export type Part = Html | string | number | null | false | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Characters that turn the direction of what stands behind them. */
const TURNING = /\p{Bidi_Control}/gu;

/** HTML with what stands in `${…}` escaped, for elements and for attributes in quotes; HTML in it stays HTML. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    strings.map((text, i) => text + (i < parts.length ? inner(parts[i]!) : "")).join(""),
  );
}

function inner(part: Part): string {
  if (part === null || part === false) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(inner).join("");
  return String(part)
    .replace(TURNING, "�")
    .replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** JSON that may stand in a script element: nothing in it ends the element or begins a comment. */
export function scriptJson(value: unknown): Html {
  const coded = (character: string) =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return new Html(JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, coded));
}
