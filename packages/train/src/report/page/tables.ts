import type { PlainValue, RunReceipt } from "../../receipt.ts";
import type { Inspection } from "../inspect.ts";
import { type Html, html, type Part } from "./html.ts";
import { count, duration, figure, percent, rounded } from "./words.ts";

/** A column of a table: its head, and whether it holds numbers, which stand at the right. */
type Column = string | { readonly number: string };

/** A table in a card, which scrolls sideways where it is too wide; the first cell of a row is its head. */
function table(
  caption: Part,
  columns: readonly Column[],
  rows: readonly (readonly Part[])[],
  foot?: readonly Part[],
  isTall = false,
): Html {
  const kind = (i: number) => (typeof columns[i] === "string" ? "" : "number");
  const cell = (part: Part, i: number) =>
    i === 0
      ? html`<th scope="row" class="${kind(i)}">${part}</th>`
      : html`<td class="${kind(i)}">${part}</td>`;
  return html`<div class="card table-card"><div class="scroll${isTall ? " tall" : ""}" tabindex="0" role="group" aria-label="${caption}"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map((column, i) => html`<th scope="col" class="${kind(i)}">${typeof column === "string" ? column : column.number}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>\n`)}</tbody>
${foot ? html`<tfoot><tr>${foot.map(cell)}</tr></tfoot>` : null}
</table></div></div>`;
}

/** The epochs, with the hash of the weights after each. */
export function epochTable({ epochs }: RunReceipt, held: string): Html {
  const others = [...new Set(epochs.flatMap(({ validation }) => Object.keys(validation ?? {})))];
  const columns: Column[] = [
    { number: "epoch" },
    { number: "steps" },
    { number: "training loss" },
    { number: "accuracy" },
    ...others.map((name) => ({ number: `${held} ${name}` })),
    { number: "learning rate" },
    { number: "time" },
    "weights (SHA-256)",
  ];
  const rows = epochs.map((epoch): Part[] => [
    epoch.epoch,
    count(epoch.step),
    figure(epoch.loss),
    epoch.accuracy === null ? "–" : percent(epoch.accuracy),
    ...others.map((name) => metric(name, epoch.validation?.[name])),
    figure(epoch.lr),
    duration(epoch.seconds),
    html`<code title="${epoch.weightsHash}">${epoch.weightsHash.slice(0, 12)}…</code>`,
  ]);
  return table("Epochs", columns, rows);
}

function metric(name: string, value: number | undefined): string {
  if (value === undefined) return "–";
  return name === "accuracy" ? percent(value) : figure(value);
}

/** Precision, recall and F1 of each class. */
export function classTable({ classes, scores }: Inspection): Html {
  const columns = [
    "class",
    ...["precision", "recall", "F1", "samples"].map((number) => ({ number })),
  ];
  const rows = scores.perClass.map(({ precision, recall, f1, support }, k): Part[] => [
    classes[k] ?? k,
    percent(precision),
    percent(recall),
    percent(f1),
    count(support),
  ]);
  const { precision, recall, f1 } = scores.macro;
  const total = scores.perClass.reduce((sum, { support }) => sum + support, 0);
  const foot = ["mean", percent(precision), percent(recall), percent(f1), count(total)];
  return table("By class", columns, rows, foot, true);
}

/** The layers. */
export function summaryTable({ summary }: Inspection): Html {
  const shape = (sizes: readonly number[]) => sizes.slice(1).join(" × ");
  const columns: Column[] = [
    "",
    "layer",
    "output",
    { number: "parameters" },
    { number: "multiply-adds" },
    { number: "receptive field" },
  ];
  const rows = summary.rows.map((row): Part[] => [
    html`<span class="soft">${row.name}</span>`,
    row.layer,
    html`<span class="number">${shape(row.outputShape)}</span>`,
    row.parameters === 0 ? "–" : count(row.parameters),
    row.multiplyAdds === 0 ? "–" : count(row.multiplyAdds),
    row.receptiveField === null
      ? "–"
      : row.receptiveField === "all"
        ? "all"
        : row.receptiveField.join(" × "),
  ]);
  const foot = ["", "total", "", count(summary.parameters), count(summary.multiplyAdds), ""];
  const title = `Layers for an input of ${shape(summary.inputShape)}, ${rounded(summary.multiplyAdds)} multiply-adds`;
  return table(title, columns, rows, foot);
}

/** A card with names and values. */
export function facts(
  title: string,
  entries: readonly (readonly [name: string, value: Part])[],
): Html {
  if (entries.length === 0) return html``;
  return html`<div class="card"><h3>${title}</h3><br><dl class="facts">${entries.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`,
  )}</dl></div>`;
}

/** Settings as names and values, inner names after a dot. */
export function flattened(value: PlainValue, name = ""): [name: string, value: string][] {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject) return [[name, typeof value === "string" ? value : JSON.stringify(value)]];
  const entries = Object.entries(value as Readonly<Record<string, PlainValue>>);
  if (entries.length === 0 && name !== "") return [[name, "{}"]];
  return entries.flatMap(([key, inner]) => flattened(inner, name === "" ? key : `${name}.${key}`));
}
