import type { RunHistory } from "../../history.ts";
import type { RunReceipt } from "../../receipt.ts";
import type { Inspection } from "../inspect.ts";
import { type Html, html, type Part } from "./html.ts";
import { classTable, epochTable, facts, flattened, summaryTable } from "./tables.ts";
import { count, duration, figure, many, percent, rounded } from "./words.ts";

/** What the page is made of. */
export interface PageData {
  readonly title: string;
  readonly receipt: RunReceipt;
  readonly history: RunHistory;
  readonly inspection: Inspection | null;
  /** What the data was that the model did not learn from: `"validation"`. */
  readonly held: string;
}

/** Figures with more classes would be grey. */
const MOST_CLASSES = 128;

/** With more the confusion matrix has the whole width of the page. */
const FEW_CLASSES = 20;

/** A figure in a card with its button. */
function card(
  name: string,
  title: string,
  note: Part,
  content: Part,
  { more = null, isWide = false }: { readonly more?: Part; readonly isWide?: boolean } = {},
): Html {
  return html`<figure class="card${isWide ? " wide" : ""}" aria-labelledby="title-${name}"><div class="bar"><div><h3 id="title-${name}">${title}</h3>${
    note === "" ? null : html`<p>${note}</p>`
  }</div>${more}<button type="button" class="png" data-save="${name}" aria-label="Save as PNG: ${title}">PNG</button></div>${content}</figure>`;
}

/** Title, headline numbers and warnings. */
export function headSection({ title, receipt, inspection, held }: PageData): Html {
  const { epochs, seconds, stopped, backend, threads, started, warnings, resumed } = receipt;
  const last = epochs.at(-1);
  const accuracy = inspection?.accuracy ?? last?.validation?.["accuracy"] ?? last?.accuracy ?? null;
  const loss = inspection?.loss ?? last?.validation?.["loss"] ?? last?.loss ?? null;
  const measuredOn = inspection || last?.validation ? held : "training";
  const samples = inspection
    ? `${count(inspection.samples)} samples`
    : "as measured in the last epoch";
  const perStep = last && last.step > 0 ? `${figure((1000 * seconds) / last.step)} ms a step` : "";
  const tiles: (readonly [name: string, value: string | null, note: string])[] = [
    [`${measuredOn} accuracy`, accuracy === null ? null : percent(accuracy), samples],
    [
      `${measuredOn} loss`,
      loss === null ? null : loss.toPrecision(3),
      inspection ? "mean cross-entropy" : "mean over the samples",
    ],
    ["time", duration(seconds), `${many(last?.step ?? 0, "step")}, ${perStep}`],
    [
      "parameters",
      inspection ? rounded(inspection.summary.parameters) : null,
      inspection ? `${rounded(inspection.summary.multiplyAdds)} multiply-adds an image` : "",
    ],
  ];
  const state =
    stopped === null ? "still going on" : stopped === "epochs" ? "finished" : `stopped: ${stopped}`;
  const when = `${started.slice(0, 10)} ${started.slice(11, 16)} UTC`;
  const again =
    resumed.length > 0 ? `, resumed at ${resumed.map((step) => `step ${step}`).join(", ")}` : "";
  return html`<header><p class="eyebrow">convgrad · report of a run</p><h1>${title}</h1>
<p class="lead">${many(epochs.length, "epoch")}, ${state}${again} · ${backend} backend, ${many(threads, "thread")} · ${when}</p>
<dl class="tiles">${tiles
    .filter(([, value]) => value !== null)
    .map(
      ([name, value, note], i) =>
        html`<div class="tile${i === 0 ? " main" : ""}"><dt>${name}</dt><dd>${withUnit(value!)}</dd><dd class="note">${note}</dd></div>`,
    )}</dl>
${warnings.length === 0 ? null : html`<div class="warnings" role="note"><h3>${many(warnings.length, "warning")}</h3><ul>${warnings.map((warning) => html`<li>${warning}</li>`)}</ul></div>`}
</header>`;
}

/** `"98.61 %"` with a smaller unit. */
function withUnit(value: string): Part {
  const [number, unit] = value.split(/ (?=[^\d ]+$)/);
  return unit === undefined ? value : html`${number!}<small>${unit}</small>`;
}

/** The curves and the epochs. */
export function courseSection({ history, receipt, held }: PageData): Html {
  const log = (name: string) =>
    html`<button type="button" class="log" data-log="${name}" aria-pressed="false">log</button>`;
  const plot = (name: string, label: string) =>
    html`<div class="plot" id="chart-${name}" role="img" aria-label="${label}"></div>`;
  const isEmpty = history.steps.step.length + receipt.epochs.length === 0;
  const last = receipt.epochs.at(-1);
  const lossNow = last
    ? `Training loss ${figure(last.loss)} in the last epoch`
    : "The loss of each step";
  const accuracyNow =
    last && last.accuracy !== null
      ? `Training accuracy ${percent(last.accuracy)} in the last epoch`
      : "Part of right answers";
  const charts = [
    card(
      "loss",
      "Loss",
      "Training as it went, and the other data after each epoch.",
      plot("loss", lossNow),
      { more: log("loss") },
    ),
    !hasAccuracy(history)
      ? null
      : card(
          "accuracy",
          "Accuracy",
          "The part of samples whose largest logit is the label.",
          plot("accuracy", accuracyNow),
        ),
    !hasGradients(history)
      ? null
      : card(
          "gradients",
          "Gradient norms",
          "By layer, first to last, on a logarithmic axis.",
          plot("gradients", "Norm of the gradient of each layer over the steps"),
        ),
    card(
      "lr",
      "Learning rate",
      "As the optimiser took it.",
      plot("lr", "The learning rate over the steps"),
    ),
  ];
  return html`<section id="course"><h2>How it went</h2>
<p>${isEmpty ? "No step was recorded." : html`<span class="hint">Drag across a chart to look closer, double-click to go back, click a name to hide its curve.</span>`}</p>
${isEmpty ? null : html`<div class="grid">${charts}</div>${epochTable(receipt, held)}`}</section>`;
}

/** Models that tell no classes apart have none. */
function hasAccuracy({ steps, epochs }: RunHistory): boolean {
  const validated = epochs.map(({ validation }) => validation?.["accuracy"] ?? null);
  return [...steps.accuracy, ...validated].some((value) => value !== null && !Number.isNaN(value));
}

/** Whether there is a norm that a logarithmic axis has a place for. */
function hasGradients({ gradients }: RunHistory): boolean {
  return Object.values(gradients.layers).some((norms) => norms.some((norm) => norm > 0));
}

/** What the model confuses. */
export function mistakeSection(inspection: Inspection, held: string): Html {
  const { classes, mistakes, samples, confusion } = inspection;
  const wrong = confusion.reduce(
    (sum, row, i) => sum + row.reduce((all, n, j) => all + (i === j ? 0 : n), 0),
    0,
  );
  const matrix = card(
    "confusion",
    "Confusion matrix",
    "Rows are the truth. Blue: recognised, by their share; orange: mistakes, by their number.",
    classes.length > MOST_CLASSES
      ? html`<p class="empty">${count(classes.length)} classes are too many to draw.</p>`
      : html`<div class="matrix"><canvas id="matrix" tabindex="0" role="img" aria-label="Confusion matrix of ${classes.length} classes; the table by class says the same in numbers. Arrow keys go from cell to cell."></canvas><div id="tip" role="status" aria-live="polite"></div></div>`,
    { isWide: classes.length > FEW_CLASSES },
  );
  const name = (k: number) => classes[k] ?? String(k);
  const shown = mistakes.filter(({ picture }) => picture !== null);
  const items = mistakes.map(({ picture, label, predicted, confidence, index }, i) =>
    picture === null
      ? null
      : html`<li><canvas role="img" aria-label="sample ${index}: ${name(label)}, taken for ${name(predicted)}" title="sample ${index}" data-picture="mistakes/${i}/picture"></canvas>
<p><span class="said">${name(predicted)}</span> <span class="soft">${confidence === null ? "" : percent(confidence, 0)}</span><br><span class="soft">is</span> <span class="truth">${name(label)}</span></p></li>`,
  );
  const figures =
    shown.length === 0
      ? null
      : card(
          "mistakes",
          "Worst mistakes",
          "What it said and how sure it was, and what it is; the highest losses first.",
          html`<ul class="pictures">${items}</ul>`,
        );
  return html`<section id="mistakes"><h2>Where it errs</h2>
<p>${count(wrong)} of ${many(samples, "sample")} of ${held} data are taken for another class.</p>
<div class="grid">${matrix}${classTable(inspection)}</div>${figures}</section>`;
}

/** Filters and feature maps. */
export function sightSection({ filters, images, classes }: Inspection): Html | null {
  if (!filters) return null;
  const some =
    filters.of > filters.pictures.length
      ? `, the first ${filters.pictures.length} of ${filters.of}`
      : "";
  const filterCard = card(
    "filters",
    "First filters",
    `${filters.layer}${some}. ${
      filters.pictures[0]?.channels === 3
        ? "Red, green and blue as the filter weighs them; grey is zero."
        : "Orange: positive weights, blue: negative."
    }`,
    html`<ul class="pictures filters">${filters.pictures.map(
      (picture, i) =>
        html`<li><canvas role="img" aria-label="filter ${i}" title="filter ${i}: ${figure(picture.low)} to ${figure(picture.high)}" data-kind="signed" data-picture="filters/pictures/${i}"></canvas></li>`,
    )}</ul>`,
  );
  const name = (k: number) => classes[k] ?? String(k);
  const choices = images.map(
    ({ label, predicted }, i) =>
      html`<li><button type="button" data-choose="${i}" aria-pressed="${i === 0 ? "true" : "false"}"><canvas role="img" aria-label="${name(label)}" data-picture="images/${i}/picture"></canvas>${name(label)}${label === predicted ? null : html` → ${name(predicted)}`}</button></li>`,
  );
  const maps =
    images.length === 0 || images[0]!.maps.length === 0
      ? null
      : card(
          "maps",
          "Feature maps",
          "What the first convolutions make of an image. Choose one.",
          html`<ul class="pictures choice">${choices}</ul><div id="maps"></div>`,
        );
  return html`<section id="sight"><h2>What it sees</h2>${filterCard}${maps}</section>`;
}

/** The layers. */
export function modelSection(inspection: Inspection): Html {
  return html`<section id="model"><h2>The model</h2>${summaryTable(inspection)}</section>`;
}

/** All that decides the run. */
export function receiptSection({ receipt }: PageData): Html {
  const {
    program,
    code,
    settings,
    seeds,
    data,
    backend,
    threads,
    platform,
    processor,
    runtime,
    weightsHash,
  } = receipt;
  const known = (entries: readonly (readonly [string, Part])[]) =>
    entries.filter(([, value]) => value !== null && value !== "");
  const hash = (value: string | null): Part =>
    value === null ? null : html`<code class="hash">${value}</code>`;
  const command = program ? `${program.script} ${program.arguments.join(" ")}`.trim() : null;
  const machine = known([
    ["backend", `${backend}, ${many(threads, "thread")}`],
    ["runtime", runtime],
    ["platform", platform],
    ["processor", processor],
    ["convgrad", code.version],
  ]);
  const origin = known([
    ["weights", hash(weightsHash)],
    ["command", command === null ? null : html`<code>${command}</code>`],
    ...Object.entries(data).map(([name, value]) => [`data: ${name}`, hash(value)] as const),
    ["code: program", hash(code.program)],
    ...Object.entries(code.packages).map(
      ([name, value]) => [`code: ${name}`, hash(value)] as const,
    ),
  ]);
  return html`<section id="receipt"><h2>Receipt</h2>
<p>The same code, data, seeds and settings come to the same weights, bit for bit, on any machine and any number of threads. The file run.json beside this page says all of it in a form that a program can replay.</p>
<div class="grid">${facts("Settings", flattened(settings))}${facts("Machine", [...machine, ...flattened(seeds).map(([name, seed]) => [`seed: ${name}`, seed] as const)])}</div>
${facts("Hashes (SHA-256)", origin)}</section>`;
}
