// Draws results/verify.svg from the figures that speed.mjs wrote: time of one verification as a multiple of its floor.
//   node chart.mjs [results/speed-node20.json]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

const RESULTS = new URL('results/', import.meta.url);
const { node, verify } = JSON.parse(readFileSync(process.argv[2] ?? new URL(oldest(), RESULTS), 'utf8'));

const ORDER = ['barejose', 'fast-jwt', 'jsonwebtoken', 'aws-jwt-verify', 'jose'];
const WIDTH = 720;
const MARGIN = 16;
const LABELS = 150;
const FIGURES = 150;
const BAR = 16;
const GAP = 6;
const GROUP = 30;
const TOP = 74;
/** Bars longer than this multiple of the floor are cut, and say so. */
const CUT = 4;
const SCALE = (WIDTH - LABELS - FIGURES) / CUT;

const rows = Object.entries(verify).map(([alg, { floor, bars }]) => ({
  alg,
  floor,
  bars: ORDER.filter((name) => bars[name]).map((name) => ({ name, ...bars[name] })),
}));

writeFileSync(new URL('verify.svg', RESULTS), draw(rows));
console.log('wrote results/verify.svg');

/** The results of the oldest Node that was measured. */
function oldest() {
  const files = readdirSync(RESULTS).filter((name) => /^speed-node\d+\.json$/.test(name));
  if (files.length === 0) throw new Error('no results yet: run `npm run speed` first');
  return files.sort()[0];
}

function draw(groups) {
  let y = TOP;
  const parts = [];
  for (const { alg, floor, bars } of groups) {
    parts.push(`<text class="alg" x="0" y="${y}">${alg}</text>`);
    parts.push(`<text class="note" x="${LABELS}" y="${y}">floor ${micros(floor)}</text>`);
    y += 10;
    const start = y;
    for (const bar of bars) {
      parts.push(...drawBar(bar, y));
      y += BAR + GAP;
    }
    parts.push(`<line class="floor" x1="${LABELS + SCALE}" x2="${LABELS + SCALE}" y1="${start - 4}" y2="${y - 2}"/>`);
    y += GROUP;
  }
  return page(parts, y - 4);
}

function drawBar({ name, ns, ratio }, y) {
  const width = Math.min(ratio, CUT) * SCALE;
  const text = `${ratio < 10 ? ratio.toFixed(2) : ratio.toFixed(0)} × · ${micros(ns)}`;
  const middle = y + BAR - 4;
  const end = LABELS + width;
  const cut = ratio > CUT ? `<path class="cut" d="M${end - 22} ${y - 1} l6 ${BAR + 2} h5 l-6 -${BAR + 2} z"/>` : '';
  return [
    `<text class="name" x="${LABELS - 8}" y="${middle}" text-anchor="end">${name}</text>`,
    `<rect class="${name === 'barejose' ? 'ours' : 'peer'}" x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>${cut}`,
    `<text class="figure" x="${(end + 8).toFixed(1)}" y="${middle}">${text}</text>`,
  ];
}

function micros(ns) {
  return `${(ns / 1000).toFixed(ns < 1e5 ? 1 : 0)} µs`;
}

function page(parts, height) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${-MARGIN} ${-MARGIN} ${WIDTH + 2 * MARGIN} ${height + 2 * MARGIN}" width="${WIDTH + 2 * MARGIN}" height="${height + 2 * MARGIN}" role="img" aria-label="Time of one JWT verification as a multiple of bare node:crypto">
<style>
text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 }
.alg { font-weight: 600 }
.note, .figure { fill: #59636e; font-size: 12px }
.ours { fill: #1a7f64 }
.peer { fill: #b6bec8 }
.floor { stroke: #1f2328; stroke-width: 1; stroke-dasharray: 3 3 }
.cut, .paper { fill: #ffffff }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note, .figure { fill: #9198a1 }
  .ours { fill: #3fb68b }
  .peer { fill: #4b5563 }
  .floor { stroke: #e6edf3 }
  .cut, .paper { fill: #0d1117 }
}
</style>
<rect class="paper" x="${-MARGIN}" y="${-MARGIN}" width="${WIDTH + 2 * MARGIN}" height="${height + 2 * MARGIN}"/>
<text class="title" x="0" y="20">Time to verify one JWT, as a multiple of its floor</text>
<text class="note" x="0" y="42">The dashed line is the floor: bare node:crypto, base64url decode and JSON.parse. Shorter is better. Node ${node.slice(1)}.</text>
${parts.join('\n')}
</svg>
`;
}
