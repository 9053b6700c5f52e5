/** The style of the page; colours have names, so that the script, dark screens and paper share them. */
export const STYLE = /* css */ `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #ffffff; --ink: #151a21; --soft: #566070; --line: #e1e5eb; --tint: #eef1f5;
  --train: #0067a8; --held: #c2500a; --good: #00735c; --focus: #0067a8; --warn: #fff6e5; --warn-line: #e0a33a;
  --zero: #ffffff; --shadow: 0 1px 2px rgb(20 30 50 / 6%), 0 6px 20px rgb(20 30 50 / 5%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0e1116; --card: #171c23; --ink: #e9edf2; --soft: #9aa6b6; --line: #2a323d; --tint: #1f262f;
    --train: #62b8ee; --held: #f2a154; --good: #4cc9a4; --focus: #8fcdf5; --warn: #2c2415; --warn-line: #b98324;
    --zero: #0e1116; --shadow: none;
  }
}
* { box-sizing: border-box; }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main, header, footer, nav > div { max-width: 1520px; margin: 0 auto; padding: 0 clamp(16px, 3vw, 40px); }
h1, h2, h3, p, figure, ul, dl, dd { margin: 0; padding: 0; }
h1 { font-size: clamp(1.9rem, 4vw, 2.75rem); line-height: 1.15; letter-spacing: -0.025em; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; letter-spacing: -0.015em; line-height: 1.25; }
h3 { font-size: 1rem; line-height: 1.35; }
code, .hash { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: 0.88em; }
.soft { color: var(--soft); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 16px; top: 12px; z-index: 9; background: var(--card); color: var(--ink); padding: 8px 14px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }

header { padding-top: clamp(28px, 5vw, 56px); padding-bottom: 28px; }
.eyebrow { color: var(--soft); font-size: 0.82rem; font-weight: 600; letter-spacing: 0.09em; text-transform: uppercase; }
.lead { color: var(--soft); margin-top: 8px; font-size: 1.05rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 16px; margin-top: 28px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 18px 20px; box-shadow: var(--shadow); }
.tile dt { color: var(--soft); font-size: 0.86rem; }
.tile dd { font-size: clamp(1.8rem, 3.2vw, 2.5rem); font-weight: 650; line-height: 1.2; letter-spacing: -0.03em; font-variant-numeric: tabular-nums; }
.tile dd small { font-size: 0.5em; font-weight: 550; letter-spacing: 0; color: var(--soft); margin-left: 0.25em; }
.tile dd.note { font-size: 0.86rem; font-weight: 400; letter-spacing: 0; color: var(--soft); line-height: 1.45; margin-top: 4px; }
.tile.main dd:first-of-type { color: var(--good); }
.warnings { background: var(--warn); border: 1px solid var(--warn-line); border-radius: 14px; padding: 16px 20px; margin-top: 20px; }
.warnings ul { padding-left: 1.2em; margin-top: 4px; }
.warnings li { overflow-wrap: anywhere; }

nav { position: sticky; top: 0; z-index: 5; background: color-mix(in srgb, var(--page) 88%, transparent); backdrop-filter: blur(8px); border-bottom: 1px solid var(--line); }
nav > div { display: flex; gap: 4px 22px; overflow-x: auto; }
nav a { color: var(--soft); text-decoration: none; padding: 12px 0; font-size: 0.92rem; white-space: nowrap; }
nav a:hover { color: var(--ink); }

section { padding-top: 44px; scroll-margin-top: 32px; }
section > p { color: var(--soft); max-width: 84ch; margin-top: 6px; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 20px; margin-top: 20px; align-items: start; }
.grid > * { min-width: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 18px 20px 20px; box-shadow: var(--shadow); margin-top: 20px; }
.grid > .card { margin-top: 0; height: 100%; }
.bar { display: flex; align-items: flex-start; gap: 8px; margin-bottom: 10px; }
.bar > div { flex: 1; min-width: 0; }
.bar p { color: var(--soft); font-size: 0.88rem; overflow-wrap: anywhere; }
button { font: inherit; font-size: 0.82rem; font-weight: 600; color: var(--soft); background: transparent; border: 1px solid var(--line); border-radius: 8px; padding: 3px 10px; cursor: pointer; }
button:hover, button[aria-pressed="true"] { color: var(--ink); background: var(--tint); }

.plot { width: 100%; min-height: 270px; }
.plot .u-legend { text-align: left; font-size: 0.84rem; margin: 0 0 0 2px; }
.plot .u-inline tr { margin-right: 10px; }
.plot .u-inline.u-live th::after { content: none; }
.plot .u-series > * { padding: 2px 0; }
.plot .u-legend th { font-weight: 500; color: var(--soft); }
.plot .u-legend td { font-variant-numeric: tabular-nums; font-weight: 600; min-width: 3.4em; padding-left: 6px; }
.plot .u-legend .u-marker { width: 14px; height: 4px; border-radius: 2px; }
.plot .u-select { background: color-mix(in srgb, var(--train) 14%, transparent); }
.plot .u-cursor-x, .plot .u-cursor-y { border-color: var(--soft); }
.empty { color: var(--soft); padding: 40px 0; text-align: center; }

.matrix { position: relative; }
.matrix canvas { display: block; max-width: 100%; margin: 0 auto; }
#tip { position: absolute; z-index: 4; pointer-events: none; max-width: 240px; background: var(--ink); color: var(--page); border-radius: 8px; padding: 6px 10px; font-size: 0.84rem; line-height: 1.35; overflow-wrap: anywhere; }
#tip:empty { display: none; }

.scroll { overflow-x: auto; }
.scroll.tall { max-height: 640px; overflow-y: auto; }
.scroll.tall thead th { position: sticky; top: 0; background: var(--card); }
.grid > .wide { grid-column: 1 / -1; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
.table-card caption { text-align: left; font-weight: 600; font-size: 1rem; padding-bottom: 10px; }
.table-card th, .table-card td { padding: 7px 18px 7px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
.table-card th:last-child, .table-card td:last-child { padding-right: 0; }
.table-card thead th { color: var(--soft); font-weight: 550; font-size: 0.84rem; white-space: nowrap; vertical-align: bottom; }
.table-card th.number, .table-card td.number { text-align: right; }
.table-card tbody th { font-weight: 550; overflow-wrap: anywhere; min-width: 2.2em; }
.table-card tfoot th, .table-card tfoot td { border-bottom: 0; font-weight: 650; }
.table-card tbody tr:hover { background: var(--tint); }

.pictures { display: grid; list-style: none; gap: 14px; grid-template-columns: repeat(auto-fill, minmax(80px, 1fr)); }
.pictures.small { grid-template-columns: repeat(auto-fill, minmax(56px, 1fr)); gap: 8px; }
.pictures.filters { grid-template-columns: repeat(auto-fill, minmax(56px, 88px)); gap: 10px; }
.pictures.choice { grid-template-columns: repeat(auto-fill, minmax(64px, 84px)); gap: 10px; margin-bottom: 16px; }
.pictures canvas { display: block; width: 100%; image-rendering: pixelated; border-radius: 6px; border: 1px solid var(--line); background: var(--tint); }
.pictures p { font-size: 0.84rem; line-height: 1.35; margin-top: 5px; overflow-wrap: anywhere; }
.said { color: var(--held); font-weight: 650; }
.truth { color: var(--train); font-weight: 650; }
.pictures li { min-width: 0; }
.choice button { overflow-wrap: anywhere; display: block; width: 100%; padding: 4px; border-radius: 9px; color: var(--ink); font-weight: 500; }
.choice button[aria-pressed="true"] { border-color: var(--focus); box-shadow: 0 0 0 1px var(--focus); }
#maps h4 { font-size: 0.88rem; font-weight: 500; color: var(--soft); margin: 14px 0 8px; }

dl.facts { display: grid; grid-template-columns: minmax(90px, max-content) 1fr; gap: 6px 20px; font-size: 0.9rem; }
dl.facts dt { color: var(--soft); }
dl.facts dd { overflow-wrap: anywhere; min-width: 0; }
footer { color: var(--soft); font-size: 0.84rem; padding-top: 44px; padding-bottom: 56px; }
footer p { max-width: 90ch; }
footer summary { cursor: pointer; }
footer pre { white-space: pre-wrap; }

@media (max-width: 520px) {
  .tiles { grid-template-columns: 1fr 1fr; gap: 10px; }
  .tile { padding: 14px; }
  .card { padding: 14px; }
  dl.facts { grid-template-columns: 1fr; gap: 0; }
  dl.facts dd { margin-bottom: 8px; }
}
@media print {
  :root {
    --page: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #ccc; --tint: #f2f2f2;
    --train: #0067a8; --held: #c2500a; --good: #00735c; --zero: #fff; --shadow: none; --warn: #fff; --warn-line: #999;
  }
  .scroll.tall { max-height: none; }
  nav, button.png, button.log, .skip, .hint { display: none; }
  body { font-size: 11px; }
  .card, .tile, figure, tr { break-inside: avoid; }
  section { padding-top: 20px; }
}
`;
