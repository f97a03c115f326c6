// node .ci/survey.mjs: figures of src/, read with TypeScript's own rules of layout from the text: files, lines, functions, imports,
// the longest chain of value imports, and the closures of what people take alone.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const src = fileURLToPath(new URL('../src/', import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const texts = new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8').trimEnd()]));
const lines = (file) => texts.get(file).split('\n').length;

const IMPORT = /^(?:import|export)\s+(type\s)?(?:[^'";]*?\bfrom\s+)?'(\.[^']+)';/gm;
const values = (file) =>
  Array.from(texts.get(file).matchAll(IMPORT)).flatMap(([, type, path]) =>
    type ? [] : [normalize(join(dirname(file), path))],
  );

/** The formatter's layout: a function ends with the first brace at the indentation of its head. */
const FUNCTION =
  /^( *)(?:export )?(?:(?:static|async|private|get|set) )*(?:function\b\*? ?)?[#\w]+(?:<.*?>)?\((?:.*|\n(?:\1 {2}.*\n)*\1\).*)\{\n([\s\S]*?)\n\1\}/gm;
const isStatement = (head) => /^\s*(?:if|for|while|switch|catch)\b/.test(head);

const quantile = (numbers, q) =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(q * numbers.length))];
const summary = (numbers) =>
  `median ${quantile(numbers, 0.5)}, p90 ${quantile(numbers, 0.9)}, max ${Math.max(...numbers)}`;

const depths = new Map();
function depth(file) {
  if (!depths.has(file)) depths.set(file, 1 + Math.max(0, ...values(file).map(depth)));
  return depths.get(file);
}

function closure(...from) {
  const seen = new Set(from);
  for (const file of seen) for (const next of values(file)) seen.add(next);
  return [...seen];
}

const lengths = files.flatMap((file) =>
  Array.from(texts.get(file).matchAll(FUNCTION), ([whole]) => whole).filter((whole) => !isStatement(whole)),
);
const sizes = files.map(lines);
const library = files.filter((file) => !file.startsWith('cli/'));
console.log(
  `files        ${files.length}, ${sizes.reduce((sum, each) => sum + each)} lines; ${summary(sizes)}; under 30 lines: ${sizes.filter((each) => each < 30).length}`,
);
console.log(`functions    ${lengths.length}; lines: ${summary(lengths.map((whole) => whole.split('\n').length))}`);
console.log(
  `imports      ${(files.reduce((sum, file) => sum + Array.from(texts.get(file).matchAll(IMPORT)).length, 0) / files.length).toFixed(1)} a file`,
);
console.log(
  `longest chain of value imports: ${Math.max(...library.map(depth))}, with the command ${Math.max(...files.map(depth))}`,
);
for (const from of [
  ['jwt/verify.ts', 'jwks/import.ts'],
  ['jwt/sign.ts'],
  ['remote/remote.ts'],
  ['verifier/verifier.ts'],
  ['verifier/create.ts'],
  ['http/jwks-endpoint.ts'],
  ['issuer/issuer.ts'],
]) {
  const all = closure(...from);
  console.log(
    `closure      ${from.join(' + ')}: ${all.length} files, ${all.reduce((sum, file) => sum + lines(file), 0)} lines`,
  );
}
