/** The page's only style sheet. System fonts, figures of one width, colours for light and dark with a contrast of 4.5 or more. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --sheet: #ffffff; --ink: #1d2125; --soft: #596069; --line: #e2e2dc; --faint: #f2f2ee;
  --accent: #0b6470; --good: #1b6e43; --warn: #855400; --bad: #ae2a1c; --dot: #0b7c8a; --mark: #8a5a00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --sheet: #1a1e22; --ink: #e3e6e8; --soft: #9ba4ad; --line: #2c3238; --faint: #20252a;
    --accent: #63c3cc; --good: #5fc68f; --warn: #e2b04a; --bad: #ff9184; --dot: #4fb4bf; --mark: #e2b04a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 4rem; max-width: 82rem;
  background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
a { color: var(--accent); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
code, .mono { font: 0.93em/1.45 ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--sheet); padding: 0.3rem 0.6rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1rem; }
h1 { font-size: 1.35rem; font-weight: 650; letter-spacing: -0.01em; margin: 0; }
h1 a { color: inherit; text-decoration: none; }
h2 { font-size: 1rem; font-weight: 650; margin: 2.2rem 0 0.5rem; }
h3 { font-size: 0.93rem; font-weight: 600; margin: 1.2rem 0 0.35rem; }
h2 small, h3 small { font-weight: 400; color: var(--soft); font-size: 0.93rem; margin-left: 0.5rem; }
p { margin: 0.3rem 0; max-width: 60rem; }
.soft { color: var(--soft); }
.about { color: var(--soft); margin-left: auto; }
.state { font-weight: 600; white-space: nowrap; }
.state::before { content: "●"; margin-right: 0.4em; font-size: 0.8em; vertical-align: 0.1em; }
.state.warn::before { content: "▲"; }
.state.bad::before { content: "■"; }
.state.wait::before { content: "○"; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .wait { color: var(--soft); }
.problems { margin: 1rem 0 0; padding: 0; list-style: none; border-left: 3px solid var(--warn); }
.problems.bad { border-color: var(--bad); color: inherit; }
.problems li { padding: 0.2rem 0 0.2rem 0.8rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: 1px; margin: 1.2rem 0 0;
  background: var(--line); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
.figures div { background: var(--sheet); padding: 0.6rem 0.8rem; }
.figures dt { color: var(--soft); font-size: 0.86rem; }
.figures dd { margin: 0; font-size: 1.25rem; font-weight: 600; letter-spacing: -0.01em; }
section, h2 { scroll-margin-top: 0.5rem; }
.wide + .wide { margin-top: 0.6rem; }
.wide { overflow-x: auto; background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); padding: 0.45rem 0.8rem; border-bottom: 1px solid var(--line); }
th, td { text-align: left; vertical-align: top; padding: 0.36rem 0.8rem; }
thead th { font-weight: 500; color: var(--soft); font-size: 0.86rem; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
tbody th { font-weight: 500; }
tbody tr:hover { background: var(--faint); }
.n { text-align: right; white-space: nowrap; }
.line { white-space: nowrap; }
ul.plain { list-style: none; margin: 0; padding: 0; }
form.search { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin: 0.5rem 0; }
input, button { font: inherit; color: inherit; background: var(--sheet); border: 1px solid var(--soft); border-radius: 5px; padding: 0.32rem 0.65rem; }
input[type=search] { flex: 1 1 18rem; max-width: 34rem; }
button { cursor: pointer; }
button:hover { border-color: var(--accent); color: var(--accent); }
nav.pages, nav.contents { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; padding: 0.5rem 0.1rem; }
nav.contents { margin-top: 0.5rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 0; background: var(--sheet); border: 1px solid var(--line); border-radius: 6px; padding: 0.6rem 0.8rem 0.4rem; }
figcaption { display: flex; flex-wrap: wrap; gap: 0 1rem; }
figcaption span { color: var(--soft); }
svg { display: block; width: 100%; height: auto; margin-top: 0.4rem; }
svg text { fill: var(--soft); font-size: 11px; }
svg .grid { stroke: var(--line); stroke-width: 1; }
svg .change { fill: var(--dot); fill-opacity: 0.75; }
svg .replace { fill: none; stroke: var(--mark); stroke-width: 1.6; }
svg .failed { stroke: var(--bad); stroke-width: 1.8; fill: none; }
dl.settings { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.2rem; margin: 0; }
dl.settings dt { color: var(--soft); } dl.settings dd { margin: 0; }
@media (max-width: 40rem) { dl.settings { grid-template-columns: 1fr; } dl.settings dd { margin-bottom: 0.4rem; } .about { margin-left: 0; } }
@media print { .wide { overflow: visible; } form.search, nav, #live { display: none; } }
`;
