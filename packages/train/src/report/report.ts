import { checkOptions, formatValue, ValueError } from "@convgrad/core";
import type { RunHistory } from "../history.ts";
import type { RunReceipt } from "../receipt.ts";
import { type ChartLibrary, chartLibrary } from "./chartLibrary.ts";
import type { Inspection } from "./inspect.ts";
import { BASE_SCRIPT } from "./page/base.script.ts";
import { CHARTS_SCRIPT } from "./page/charts.script.ts";
import { Html, html, scriptJson } from "./page/html.ts";
import { MATRIX_SCRIPT } from "./page/matrix.script.ts";
import { PICTURES_SCRIPT } from "./page/pictures.script.ts";
import {
  courseSection,
  headSection,
  mistakeSection,
  modelSection,
  type PageData,
  receiptSection,
  sightSection,
} from "./page/sections.ts";
import { STYLE } from "./page/style.ts";

/** What {@link renderReport} shows. */
export interface RunReport {
  /** What ran; default: the name of the program. */
  readonly title?: string;
  readonly receipt: RunReceipt;
  readonly history: RunHistory;
  /** Without it there are no pictures, no confusion matrix and no layers. */
  readonly inspection?: Inspection | null;
  /** uPlot, for runtimes without files; default: as installed. */
  readonly library?: ChartLibrary;
}

const OWN_SCRIPT = `(() => {\n"use strict";\n${[BASE_SCRIPT, CHARTS_SCRIPT, PICTURES_SCRIPT, MATRIX_SCRIPT].join("")}})();`;

/** The page's own picture in a tab: a window that slides. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E%3Crect width='8' height='8' rx='2' fill='%230067a8'/%3E%3Cpath d='M2 2h2v2H2zM4 4h2v2H4z' fill='%23fff'/%3E%3C/svg%3E";

/**
 * A run as one HTML page that needs nothing else: curves, confusion matrix, worst mistakes, filters and feature maps,
 * layers, settings, hashes. It asks for nothing from anywhere (its content security policy forbids it), is for light and
 * dark screens, small and large ones and paper, and saves each figure as PNG.
 *
 * @throws {@link ValueError} for a report without receipt or history, and where uPlot, which draws the charts, is not
 * found: `renderReport: the package uplot cannot be read …; run npm install uplot`
 *
 * @example
 * const inspection = await inspect(model, loader);
 * await writeFileAtomic("report.html", await renderReport({ receipt, history, inspection }));
 */
export async function renderReport(report: RunReport): Promise<string> {
  checkOptions("renderReport", report, ["title", "receipt", "history", "inspection", "library"]);
  const { receipt, history, inspection = null, library = await chartLibrary() } = report;
  for (const [name, value] of Object.entries({ receipt, history })) {
    if (typeof value === "object" && value !== null) continue;
    const remedy = "startReceipt and fit make them";
    throw new ValueError("renderReport", `${name} is ${formatValue(value)}; ${remedy}`);
  }
  const title = report.title ?? titleOf(receipt);
  const held = inspection?.data ?? "validation";
  const page: PageData = { title, receipt, history, inspection, held };
  const data = scriptJson({ title, held, history: { ...history, warnings: [] }, inspection });
  const style = closed(`${library.style}\n${STYLE}`);
  const scripts = [library.script, OWN_SCRIPT].map(closed);
  const policy = [
    "default-src 'none'",
    `script-src ${(await Promise.all(scripts.map(sourceHash))).join(" ")}`,
    `style-src ${await sourceHash(style)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const links = [
    ["course", "How it went"],
    ...(inspection ? [["mistakes", "Where it errs"]] : []),
    ...(inspection?.filters ? [["sight", "What it sees"]] : []),
    ...(inspection ? [["model", "The model"]] : []),
    ["receipt", "Receipt"],
  ] as const;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="convgrad">
<title>${title} · convgrad</title>
<link rel="icon" href="${ICON}">
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#course">To the curves</a>
${headSection(page)}
<nav aria-label="Parts of the report"><div>${links.map(([id, name]) => html`<a href="#${id}">${name}</a>`)}</div></nav>
<main>
<noscript><p>Charts and pictures need JavaScript; the tables say the rest.</p></noscript>
${courseSection(page)}
${inspection ? [mistakeSection(inspection, held), sightSection(inspection), modelSection(inspection)] : null}
${receiptSection(page)}
</main>
<footer><p>Made by convgrad${receipt.code.version === null ? null : ` ${receipt.code.version}`}. This page asks for nothing from the network.</p>
<details><summary>The charts are drawn by uPlot, MIT licence</summary><pre>${library.licence}</pre></details></footer>
<script type="application/json" id="run">${data}</script>
${scripts.map((script) => html`<script>${new Html(script)}</script>`)}
</body>
</html>
`.text;
}

/** The name of the program: of `examples/mnist/main.ts` it is `mnist`. */
function titleOf({ program }: RunReceipt): string {
  const [file = "", folder = ""] = (program?.script ?? "").split("/").toReversed();
  const name = file.replace(/\.[cm]?[jt]sx?$/, "");
  return (["main", "index"].includes(name) ? folder || name : name) || "run";
}

/** A script or style in which nothing ends its element, with the line ends that a browser hashes. */
function closed(text: string): string {
  return text.replace(/\r\n?/g, "\n").replace(/<\/(?=script|style)/gi, "<\\/");
}

async function sourceHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}
