// The style sheet of pages: for narrow and wide screens, light and dark ones, and paper. Colours never stand alone: a word
// or a mark says the same.

/** The colours of a light screen and of paper. */
const LIGHT = `
--paper:#fff;--panel:#f5f7f9;--ink:#1b2026;--soft:#57606a;--line:#d5dbe1;--link:#0a5aa8;
--good:#12693a;--good-paper:#e3f4e9;--bad:#a61b16;--bad-paper:#fcebe9;
--rose:#a4145c;--violet:#6a2ba6;--blue:#0b5a88;--amber:#855000;--teal:#00665a;
--active:#1f9d57;--retiring:#5f7f95;--pending:#b87900;--removed:#8a939c;--revoked:#c9302a;`;

const DARK = `
--paper:#14181d;--panel:#1d232a;--ink:#e6eaee;--soft:#a3adb8;--line:#39424c;--link:#7cb8f5;
--good:#6fd79a;--good-paper:#12301f;--bad:#ff9a92;--bad-paper:#3d1a18;
--rose:#ff8fc2;--violet:#cba2ff;--blue:#7cc4f0;--amber:#f0b35a;--teal:#5fd6c4;
--active:#35b56c;--retiring:#7f9fb5;--pending:#d99a2b;--removed:#76808a;--revoked:#e8564f;`;

const BASE = `
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:58rem;margin:0 auto;padding:clamp(1rem,4vw,3rem)}
h1,h2,h3,p,ul,ol,dl,dd{margin:0;padding:0}
h1{font-size:clamp(1.75rem,6vw,2.5rem);line-height:1.15;letter-spacing:-.02em}
h1.issuer{font-size:clamp(1.25rem,4.5vw,1.75rem)}
h2{font-size:1.25rem;line-height:1.3;margin:2.5rem 0 .75rem}
h3{font-size:1rem;line-height:1.4}
ol,ul{list-style:none}
a{color:var(--link);text-underline-offset:.15em}
code,.encoded{font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{white-space:pre-wrap}
.option{white-space:nowrap}
.encoded,.keys code{word-break:break-all}
.note,.aside,.size,.purpose,.kicker,footer{color:var(--soft);font-size:.875rem}
.kicker{letter-spacing:.02em;margin-bottom:.25rem}
.note{margin-top:.5rem}
section>h2+.note{margin:-.5rem 0 .75rem}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line)}
.chip{display:inline-block;padding:.1rem .6rem;border:1px solid currentColor;border-radius:1rem;font-size:.8125rem;font-weight:600;line-height:1.5}
.passed.chip{color:var(--good);background:var(--good-paper)}
.failed.chip{color:var(--bad);background:var(--bad-paper)}
.skipped.chip{color:var(--soft)}
.strip,.bar,.track,.swatch{print-color-adjust:exact;-webkit-print-color-adjust:exact;forced-color-adjust:none}`;

const VERDICT = `
.verdict{padding-left:1.25rem;border-left:.375rem solid var(--line)}
.verdict p+p{margin-top:.25rem}
.verdict ul{margin-top:.75rem}
.verdict.passed{border-color:var(--good)}
.verdict.passed h1{color:var(--good)}
.verdict.failed{border-color:var(--bad)}
.verdict.failed h1{color:var(--bad)}
.verdict li{padding-left:1.25rem;text-indent:-1.25rem}
.verdict li::before{content:"✗";display:inline-block;width:1.25rem;text-indent:0;color:var(--bad)}`;

const PARTS = `
.header{--tone:var(--rose)}
.payload,.ciphertext{--tone:var(--violet)}
.signature,.tag{--tone:var(--blue)}
.encrypted-key{--tone:var(--amber)}
.initialization-vector{--tone:var(--teal)}
.strip{display:flex;gap:3px;height:.75rem;margin-bottom:1rem}
.strip span{flex:0 1 0;min-width:.375rem;background:var(--tone);border-radius:2px}
.part{padding:.875rem 1rem;margin-bottom:.75rem;background:var(--panel);border-left:.25rem solid var(--tone);border-radius:0 .375rem .375rem 0;break-inside:avoid}
.part h3{display:inline-block;color:var(--tone)}
.part h3::first-letter{text-transform:uppercase}
.part .size{display:inline;margin-left:.5rem}
.part .chip{margin-top:.5rem}
.part .encoded{margin-top:.5rem;color:var(--tone)}
.members{margin-top:.5rem}
.members>div{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,3fr);gap:0 .75rem;padding:.25rem 0;border-top:1px solid var(--line)}
.members .aside{display:block}
.members dt{font-weight:600}`;

const TIMES = `
.chip+.times{margin-top:.75rem}
.times>li{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:0 1rem;padding:.25rem 0}
.track{grid-column:1/-1;grid-row:2;position:relative;height:1.5rem;background:linear-gradient(var(--line),var(--line)) 0 50%/100% 1px no-repeat}
.track i,.bar i{position:absolute;top:0;bottom:0}
.track .life{background:var(--good-paper);border:solid var(--good);border-width:0 2px;min-width:4px}
.track .dot{top:.375rem;bottom:auto;width:.75rem;height:.75rem;margin-left:-.375rem;border-radius:50%;background:var(--ink);border:2px solid var(--paper)}
.now .dot{display:none}
.now .moment b{color:var(--link)}
.track .now-line,.bar .now-line{width:3px;margin-left:-1.5px;background:var(--link)}
.bar .now-line{background:var(--ink);top:-.375rem;bottom:-.375rem}
.date{text-align:right}
.date .aside{display:block}`;

const STEPS = `
.steps>li{display:grid;grid-template-columns:1.5rem minmax(0,1fr) auto;gap:0 .5rem;padding:.625rem 0;border-top:1px solid var(--line);break-inside:avoid}
.steps>li:target{background:var(--panel)}
.mark{font-weight:700;text-align:center}
.passed>.mark,.passed>.outcome{color:var(--good)}
.failed>.mark,.failed>.outcome{color:var(--bad)}
.skipped>*{color:var(--soft)}
.outcome{font-size:.875rem;font-weight:600}
.section{grid-column:2/-1;font-size:.875rem}
.reason{grid-column:2/-1}
.reason ul{margin:.25rem 0 0 1rem;list-style:disc;font-size:.875rem}
.remedy{margin-top:.375rem;padding:.375rem .75rem;background:var(--panel);border-radius:.375rem}
.failed>.reason>p:first-child{font-weight:600}`;

const KEYS = `
.legend{display:grid;gap:.25rem 1.5rem;margin-top:1.5rem}
.legend li{padding-left:2rem;text-indent:-2rem}
.legend .swatch{margin-right:.25rem}
.swatch{display:inline-block;width:1.5rem;height:.75rem;border-radius:2px;vertical-align:-1px}
.keys>li{padding:.875rem 0;border-top:1px solid var(--line);break-inside:avoid}
.bar{position:relative;height:1.25rem;margin:.625rem 0;background:var(--panel)}
.bar i{min-width:3px}
.active{--tone:var(--active)}
.retiring{--tone:var(--retiring)}
.pending{--tone:var(--pending)}
.removed{--tone:var(--removed)}
.revoked{--tone:var(--revoked)}
i.active{background:var(--tone)}
i.pending{background:radial-gradient(circle,var(--tone) 2px,transparent 2.5px) 0 50%/8px 8px;box-shadow:inset 0 0 0 1px var(--tone)}
i.retiring{background:repeating-linear-gradient(135deg,var(--tone) 0 4px,transparent 4px 8px);box-shadow:inset 0 0 0 1px var(--tone)}
i.removed{background:linear-gradient(90deg,var(--tone) 60%,transparent 60%) 0 50%/10px 2px repeat-x}
i.revoked{background:repeating-linear-gradient(45deg,var(--tone) 0 2px,transparent 2px 6px),repeating-linear-gradient(135deg,var(--tone) 0 2px,transparent 2px 6px)}
.spans li{display:grid;grid-template-columns:1.5rem minmax(0,1fr);gap:0 .5rem;align-items:center;font-size:.875rem;padding:.125rem 0}
.spans .aside{grid-column:2}
.axis{display:flex;justify-content:space-between;gap:1rem;color:var(--soft);font-size:.8125rem;border-top:1px solid var(--line);padding-top:.25rem}
.axis :last-child{text-align:right}
.axis :nth-child(2){text-align:center}`;

const WIDE = `
.times>li{grid-template-columns:8.5rem minmax(0,1fr) 13rem;padding:0;align-items:center}
.track{grid-column:2;grid-row:1;height:3.25rem}
.track .dot{top:1.25rem}
.steps>li{grid-template-columns:1.5rem 9rem minmax(0,1fr) 4.25rem 10.5rem;gap:0 .75rem}
.reason{grid-row:1;grid-column:3}
.outcome{grid-column:4}
.section{grid-column:5;text-align:right}
.members>div{grid-template-columns:10rem minmax(0,1fr)}
.members .aside{display:inline;margin-left:.5rem}
.legend{grid-template-columns:1fr 1fr}
.spans li{grid-template-columns:1.5rem 22rem minmax(0,1fr)}
.spans .aside{grid-column:auto}`;

const PAPER = `
@page{margin:15mm}
body{font-size:10pt}
main{max-width:none;padding:0}
h2,.chip{break-after:avoid}
.times{break-inside:avoid}
a{color:inherit;text-decoration:none}`;

/** The whole style sheet. */
export const PAGE_STYLE: string = [
  `:root{color-scheme:light dark;${LIGHT}}`,
  `@media screen and (prefers-color-scheme:dark){:root{${DARK}}}`,
  ...[BASE, VERDICT, PARTS, TIMES, STEPS, KEYS],
  `@media (min-width:48rem){${WIDE}}`,
  `@media print{${PAPER}}`,
].join('\n');
