// Tokens, JWKs, JWK Sets, PEM and HTTP headers, changed at random and judged by barejose, jose, jsonwebtoken and others. Every
// difference must be of a class in differences.mjs; of another one, or a value that is read differently, fails the run.
//   node fuzz.mjs [--seconds 20] [--seed 7] [--write]
// --write puts the shortest input of each class into ../vectors/ours/differences.json, and writes ../vectors/DIFFERENCES.md.
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { classOf, DIFFERENCES } from './differences.mjs';
import { isJudgedBy, KINDS } from './fuzz-kinds.mjs';
import { numbersFrom } from './mutations.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '20' }, seed: { type: 'string' }, write: { type: 'boolean' } },
});
const seed = Number(values.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const chance = numbersFrom(seed);

/** The page up to its rows. */
const PAGE = `# Where barejose and its peers differ

\`npm run fuzz\` in \`bench/\` changes tokens, JWKs, JWK Sets, PEM and two HTTP headers at random, and gives each to barejose and to a
peer: \`jose\`, \`jsonwebtoken\` with the key as \`node:crypto\` reads it, \`express-oauth2-jwt-bearer\` for Authorization, and the
\`fresh\` of Express for If-None-Match. Keys and expectations are the same. Each difference must be of one of these classes, or the run
fails. One input of each is kept in [ours/differences.json](ours/differences.json), which \`test/specs/differences.test.ts\` reads.
\`npm run fuzz -- --write\` writes this page.

A key, set or PEM that is *accepted* verified a good token, and one that is *refused* verified none.

| input | class | here | otherwise | because |
|---|---|---|---|---|
`;

async function outcomeOf(run) {
  try {
    return { accepted: true, value: await run() };
  } catch (error) {
    return { accepted: false, error: Object(error) };
  }
}

/** class → how often it was met, and the shortest input of each peer. */
const found = new Map(DIFFERENCES.map((each) => [each, { count: 0, shortest: new Map() }]));
const agreed = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, { accepted: 0, refused: 0, different: 0 }]));
const faults = [];

async function compare(kind, peer, input, ours) {
  const theirs = await outcomeOf(() => KINDS[kind].peers[peer](input));
  if (ours.accepted === theirs.accepted) {
    agreed[kind][ours.accepted ? 'accepted' : 'refused']++;
    if (ours.accepted && !isDeepStrictEqual(ours.value, theirs.value))
      faults.push({ kind, peer, input, what: 'READ DIFFERENTLY' });
    return;
  }
  agreed[kind].different++;
  const { message } = (ours.accepted ? theirs : ours).error;
  const difference = classOf(kind, ours.accepted, { text: input.text, message });
  if (!difference)
    faults.push({ kind, peer, input, what: ours.accepted ? 'ACCEPTED HERE ALONE' : 'REFUSED HERE ALONE', message });
  else note(found.get(difference), { kind, peer, input, code: ours.accepted ? null : codeOf(ours.error) });
}

function note(entry, { kind, peer, input, code }) {
  entry.count++;
  const known = entry.shortest.get(peer);
  if (!known || input.text.length < known.input.text.length) entry.shortest.set(peer, { kind, peer, input, code });
}

/** The code of a JoseError, TypeError for a caller's mistake, or the status of an answer. */
function codeOf({ name, code, message }) {
  return code ?? (name === 'TypeError' ? name : message);
}

/** Of what strangers send, nothing else may be thrown by us; a JWK is the caller's own, and may be for another operation. */
function checkThrown({ error }, kind, input) {
  const isCallersMistake = kind === 'JWK' && /do not allow it to verify$/.test(error?.message);
  const isOurs = !error || error.name === 'JoseError' || /^status \d+$/.test(error.message) || isCallersMistake;
  if (!isOurs) faults.push({ kind, input, what: `THROWN: ${error.name} ${error.message}` });
}

let inputs = 0;
const until = performance.now() + Number(values.seconds) * 1000;
while (performance.now() < until && faults.length < 5) {
  for (const [kind, { make, ours: judge, peers }] of Object.entries(KINDS)) {
    const input = make(chance);
    const judges = Object.keys(peers).filter((peer) => isJudgedBy(peer, kind, input));
    if (judges.length === 0) continue;
    inputs++;
    const ours = await outcomeOf(() => judge(input));
    checkThrown(ours, kind, input);
    for (const peer of judges) await compare(kind, peer, input, ours);
  }
}

console.log(`seed ${seed}, Node ${process.version}, ${inputs} inputs\n`);
console.table(agreed);
for (const [{ kind, name, isAccepted }, { count, shortest }] of found)
  console.log(
    `${String(count).padStart(7)}  ${kind}: ${name} (${isAccepted ? 'accepted' : 'refused'} here; ${[...shortest.keys()].join(', ')})`,
  );
for (const fault of faults) console.log(`FAIL   ${JSON.stringify(fault)}`);
const vacuous = Object.entries(agreed).filter(([, { accepted, refused }]) => accepted === 0 || refused === 0);
for (const [kind] of vacuous) console.log(`FAIL   ${kind}: never accepted by both, or never refused by both`);
console.log(`\n${faults.length} differences of no class`);
if (faults.length > 0 || vacuous.length > 0) process.exitCode = 1;
else if (values.write) write();

function write() {
  const entries = [...found].flatMap(([{ kind, name, isAccepted }, { shortest }]) =>
    [...shortest.values()].map(({ peer, input, code }) => ({
      kind,
      class: name,
      peer,
      accepted: isAccepted,
      code,
      ...input,
    })),
  );
  const source =
    'made here by bench/fuzz.mjs: the shortest input met of each class and peer that barejose and the peer judge differently';
  writeVector('ours/differences.json', `${JSON.stringify({ source, entries }, null, 1)}\n`);
  const rows = DIFFERENCES.map(({ kind, name, isAccepted, because }) => {
    const peers = entries.filter((each) => each.kind === kind && each.class === name).map(({ peer }) => `\`${peer}\``);
    return `| ${kind} | ${name} | ${isAccepted ? 'accepted' : 'refused'} | ${peers.join(', ')} | ${because} |`;
  });
  writeVector('DIFFERENCES.md', `${PAGE}${rows.join('\n')}\n`);
}

function writeVector(name, text) {
  writeFileSync(new URL(`../vectors/${name}`, import.meta.url), text);
}
