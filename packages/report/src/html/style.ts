/** The style of the report: two themes from one set of names, narrow and wide, screen and paper. */

const light = `
  --page: #f6f7f8; --card: #ffffff; --text: #1b1f24; --dim: #57606a; --line: #d3d9df; --accent: #0a5bbf;
  --good: #1a7f37; --bad: #b3261e; --warn: #855300; --note: #57606a;
  --gen: #b3261e; --prop: #855300; --kill: #7136a5; --benign: #2f6785; --clean: #7a838d; --ink: #ffffff;
  --target: #0a5bbf; --reference: #a04a00; --nan: #b3261e; --infinity: #855300; --finite: #e1ebe3; --padding: #8b95a0;
  --good-soft: #e3f4e7; --bad-soft: #fce8e6; --warn-soft: #fbf0d9; --shadow: 0 1px 2px rgb(0 0 0 / 8%);`;

const dark = `
  --page: #0d1117; --card: #161b22; --text: #e6eaef; --dim: #9aa6b2; --line: #30383f; --accent: #79b8ff;
  --good: #56d364; --bad: #ff8b83; --warn: #e3b341; --note: #9aa6b2;
  --gen: #ff8b83; --prop: #e3b341; --kill: #d2a8ff; --benign: #79c0dd; --clean: #8b95a1; --ink: #10151b;
  --target: #79b8ff; --reference: #f0a35e; --nan: #ff8b83; --infinity: #e3b341; --finite: #22332a; --padding: #77828d;
  --good-soft: #12261a; --bad-soft: #32191a; --warn-soft: #2d2410; --shadow: none;`;

export const style = `
:root { color-scheme: light; ${light} }
@media screen and (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { color-scheme: dark; ${dark} } }
@media screen { :root[data-theme="dark"] { color-scheme: dark; ${dark} } }
* { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
a { color: var(--accent); }
code, .inspector { font: 0.9em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
[hidden] { display: none !important; }
a.skip { position: absolute; left: -100vw; }
a.skip:focus { left: 1rem; top: 1rem; z-index: 3; background: var(--card); padding: .5rem 1rem; }

header { position: sticky; top: 0; z-index: 2; display: flex; gap: 1rem; align-items: center; padding: .6rem max(1rem, calc(50vw - 574px));
  background: var(--card); border-bottom: 1px solid var(--line); }
header .name { margin: 0; font-weight: 700; white-space: nowrap; }
header nav { flex: 1; overflow-x: auto; }
header nav ul { display: flex; gap: 1.1rem; margin: 0; padding: .2rem; list-style: none; white-space: nowrap; }
header nav a { color: var(--dim); text-decoration: none; }
header nav a:hover { color: var(--text); text-decoration: underline; }
main { max-width: 1180px; margin: 0 auto; padding: 1.2rem 1rem 3rem; display: grid; gap: 1.2rem; grid-template-columns: minmax(0, 1fr); }
footer { color: var(--dim); text-align: center; padding: 0 1rem 2rem; font-size: .9em; }

button, select, input[type="search"] { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--dim); border-radius: 6px;
  padding: .25rem .7rem; min-height: 32px; }
button { cursor: pointer; white-space: nowrap; }
button:hover { border-color: var(--accent); }
input[type="range"] { accent-color: var(--accent); width: min(24rem, 100%); min-height: 32px; }

section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.3rem; box-shadow: var(--shadow); min-width: 0; }
h1, h2, h3 { line-height: 1.25; margin: 0 0 .6rem; text-wrap: balance; }
h1 { font-size: clamp(1.6rem, 4.5vw, 2.5rem); letter-spacing: -.015em; }
h2 { font-size: 1.3rem; }
h3 { font-size: 1rem; margin-top: .8rem; }
p { margin: .4rem 0; }
p, li, h3, blockquote, figcaption { overflow-wrap: anywhere; }
ol, ul { padding-left: 1.4rem; }
.dim, caption { color: var(--dim); }
h3 .dim { font-weight: 400; }
.bad { color: var(--bad); }
blockquote { margin: 0 0 .6rem; padding-left: .8rem; border-left: 3px solid var(--line); font-size: 1.08em; font-weight: 600; }

.verdict { border-left: 8px solid var(--tone); background: var(--soft); padding: 1.5rem 1.6rem; }
.verdict.pass { --tone: var(--good); --soft: var(--good-soft); }
.verdict.warn { --tone: var(--warn); --soft: var(--warn-soft); }
.verdict.fail { --tone: var(--bad); --soft: var(--bad-soft); }
.verdict h1 span { color: var(--tone); }
.verdict .sentence { font-size: 1.15rem; max-width: 75ch; }
.verdict .next { max-width: 75ch; }
.verdict .exit { margin: .6rem 0 0; font-weight: 600; }

.command { display: flex; gap: .6rem; align-items: flex-start; flex-wrap: wrap; }
.command code { flex: 1 1 14rem; background: var(--page); border: 1px solid var(--line); border-radius: 6px; padding: .35rem .7rem; }
details { margin: .6rem 0; }
summary { cursor: pointer; color: var(--accent); padding: .15rem 0; }

dl { margin: 0; display: grid; gap: .25rem; }
dl > div { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: .8rem; }
dt { color: var(--dim); overflow-wrap: anywhere; }
dd { margin: 0; overflow-wrap: anywhere; }
.cards { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.cards article { min-width: 0; }
.cards h3 { margin-top: 0; } .cards h3.role { text-transform: capitalize; }

.badge { font-weight: 600; }
.badge.pass { color: var(--good); } .badge.fail { color: var(--bad); } .badge.warn, .badge.same { color: var(--warn); }
.badge.skip, .badge.note { color: var(--note); }
.cell { display: block; padding: .1rem .5rem; border-radius: 4px; }
.cell.note { color: var(--dim); }
.cell.pass { background: var(--finite); }
.cell.warn { background: var(--warn-soft); color: var(--warn); font-weight: 600; }
.cell.fail { background: var(--bad-soft); color: var(--bad); font-weight: 600; }

.scroll { overflow-x: auto; margin: .5rem 0; max-width: 100%; }
#cases .scroll, #cells .scroll { max-height: 75vh; overflow: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .4rem; font-size: .92em; }
th, td { text-align: left; padding: .38rem .8rem .38rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--dim); font-weight: 600; position: sticky; top: 0; background: var(--card); z-index: 1; }
tbody th { font-weight: 600; min-width: 8rem; } td { min-width: 4.5rem; } td:last-child:not(.figure) { min-width: 9rem; }
#cases td:last-child { min-width: 18rem; } #numbers td { min-width: 0; } #numbers td:last-child { min-width: 15rem; font-size: .88em; } #cases tbody th { min-width: 11rem; }
#overview tbody th { min-width: 0; }
#cells tbody th, #cells td { min-width: 0; padding-right: .5rem; } #cells td:nth-last-child(2) { min-width: 9rem; } td .command { min-width: 22rem; }
#cells tbody th { white-space: nowrap; font-weight: 400; }
.pick { padding: 0 .4rem; min-height: 24px; margin-right: .4rem; }
tbody tr:hover { background: var(--page); }
.figure { text-align: right; white-space: nowrap; padding-right: 1.2rem; }
.conditions { margin: 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; }
.filters { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: end; margin: .6rem 0; }
.filters label { display: grid; color: var(--dim); font-size: .88em; }
.filters select, .filters input { color: var(--text); font-size: 1rem; max-width: 14rem; }
.filters output { font-weight: 600; padding-bottom: .3rem; }

.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.2rem; list-style: none; margin: .5rem 0; padding: 0; font-size: .92em; }
.legend li { display: flex; gap: .4rem; align-items: center; }
.symbols { position: absolute; }
.node circle, .node path, .node rect { stroke-width: 1.5; fill: var(--kind); stroke: var(--kind); }
.node text { fill: var(--ink); font: 700 11px system-ui, sans-serif; text-anchor: middle; }
.gen { --kind: var(--gen); } .prop { --kind: var(--prop); } .kill { --kind: var(--kill); } .clean { --kind: var(--clean); }
.benign { --kind: var(--benign); }
.node.benign path { fill: var(--card); } .node.benign text { fill: var(--benign); }
.graph { display: flex; flex-wrap: wrap; gap: .7rem; margin: .7rem 0; }
.layer { border: 1px solid var(--line); border-radius: 8px; padding: .35rem .6rem 0; max-width: 100%; }
.layer h3 { margin: 0; font-size: .88rem; color: var(--dim); }
.layer ol { display: flex; flex-wrap: wrap; list-style: none; margin: 0; padding: 0; }
.op { border: 0; padding: 0; min-height: 0; background: none; display: block; border-radius: 4px; }
.op svg { display: block; }
.op:hover, .op.told { background: var(--page); }
.op.now { box-shadow: inset 0 0 0 2px var(--accent); }
.op.diverges { box-shadow: inset 0 0 0 2px var(--bad); }
.rail { stroke-width: 2; stroke: var(--line); }
.rail.reference { stroke-dasharray: 4 3; }
.mark { fill: var(--bad); font: 700 13px system-ui, sans-serif; text-anchor: middle; }
.inspector { white-space: pre-line; background: var(--page); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .9rem; margin: 0 0 .6rem; }
.inspector.told { position: sticky; bottom: .5rem; min-height: 7.6rem; }

.heat text, .chart text { font: 12px system-ui, sans-serif; fill: var(--text); }
.heat .tick, .chart .tick { fill: var(--dim); font-size: 11px; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.heat .nan { fill: var(--nan); } .heat .infinity { fill: var(--infinity); } .heat .finite { fill: var(--finite); }
.heat .unmeasured { fill: none; stroke: var(--line); stroke-dasharray: 2 2; }
.heat .padding { fill: var(--padding); } .heat .real { fill: var(--line); }
.heat text.letter { fill: var(--ink); font-weight: 700; font-size: 11px; text-anchor: middle; }
.heat .intended { fill: var(--benign); } .heat .cursor { fill: none; }
.heat .later { opacity: .12; } .heat .layer-line.now > text:first-child { font-weight: 700; fill: var(--accent); }
.heat .op-column.now .cursor { stroke: var(--text); stroke-width: 2; }
.heat text.mark { fill: var(--bad); font-size: 11px; text-anchor: middle; }
.swatch { display: inline-block; width: 1.3rem; height: 1.1rem; line-height: 1.1rem; border-radius: 3px; text-align: center; font-size: .75rem; font-weight: 700; color: var(--ink); }
.swatch.nan { background: var(--nan); } .swatch.infinity { background: var(--infinity); } .swatch.intended { background: var(--benign); } .swatch.finite { background: var(--finite); }
.swatch.unmeasured { border: 1px dashed var(--dim); } .swatch.padding { background: var(--padding); height: .55rem; }
.heats, .charts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
.slider { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: center; margin: .6rem 0; }
.slider output { flex: 1 1 100%; min-height: 3.1rem; white-space: pre-line; overflow-wrap: anywhere; }
.slider input { flex: 1 1 12rem; max-width: 60rem; width: auto; }

figure { margin: .4rem 0; min-width: 0; }
.chart { max-width: 100%; min-width: 440px; height: auto; }
.chart .grid { stroke: var(--line); } .chart .floor { stroke: var(--dim); stroke-dasharray: 2 4; }
.curve { fill: none; stroke-width: 2; } .curve.thin { stroke-width: 1; }
.curve.target { stroke: var(--target); stroke-width: 3.5; } .curve.target.thin { stroke-width: 1.5; } .curve.reference { stroke: var(--reference); stroke-dasharray: 6 4; }
.mark-target { fill: var(--target); } .mark-reference { fill: var(--card); stroke: var(--reference); stroke-width: 2; }
.broken path { stroke: var(--bad); stroke-width: 1; stroke-dasharray: 3 3; fill: none; }
.broken .cross { stroke-width: 2.5; stroke-dasharray: none; }

@media (max-width: 640px) {
  header { flex-wrap: wrap; gap: .3rem .8rem; padding-inline: .6rem; } header nav { order: 3; flex-basis: 100%; }
  header .name { flex: 1; }
  html { scroll-padding-top: 6.5rem; }
  section { padding: .9rem .9rem; } .verdict { padding: 1.1rem 1rem; }
  dl > div { grid-template-columns: 1fr; gap: 0; margin-bottom: .35rem; }
  .inspector { font-size: .74rem; padding: .4rem .6rem; }
  main { padding: .8rem .6rem 2rem; gap: .8rem; }
  table td { overflow-wrap: anywhere; } .figure { white-space: normal; padding-right: .6rem; }
  table:not(.stacked) td, table:not(.stacked) td:last-child:not(.figure), tbody th { min-width: 0; }
  .stacked, .stacked tbody, .stacked tr, .stacked tbody th { display: block; } .stacked thead { display: none; }
  .stacked caption { display: block; }
  .stacked tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
  .stacked tbody th, .stacked td { border: 0; padding: .1rem 0; white-space: normal; }
  .stacked td, .stacked td:last-child:not(.figure) { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .6rem; min-width: 0; text-align: left; }
  .stacked td::before { content: attr(data-head); color: var(--dim); } .stacked td:empty { display: none; }
  .stacked td .command { min-width: 0; }
}
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } .heat .layer-line, .heat .op-column { transition: opacity .15s; } }
@media print {
  header, .copy, .pick, .filters, .slider, .inspector, a.skip { display: none !important; }
  body { background: #fff; } section { break-inside: avoid-page; box-shadow: none; border: 0; border-top: 1px solid var(--line); border-radius: 0; }
  .scroll, #cases .scroll, #cells .scroll { overflow: visible; max-height: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
