// The pages that show other libraries' code beside ours, run: each `javascript` fence with the real package, each `js` fence with
// ours, on the tokens of one issuer, and what their comments say is checked. Then the bad tokens of the test kit are given to
// each fence that has a `verify` or an `app`: what it accepts must be what the guide says in its table.
//   node guide.mjs [--table]        --table: prints that table instead of comparing it
import { deepStrictEqual } from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { exportPem, exportPrivatePem, generateKey } from '../dist/index.js';
import { testIssuer } from '../dist/testing.js';

process.env.NODE_ENV = 'test'; // or Express prints each error
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const GUIDE = 'src/compat/guide/README.md';
const PAGES = [GUIDE, 'src/testing/README.md'];
const text = (page) => readFileSync(join(ROOT, page), 'utf8');

// ── the issuers, and a network that leads to them and nowhere else ──────────────────────────────────────────────────────

const ISSUER = 'https://issuer.example';
const POOL = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI';
const settings = { audience: 'api', algorithm: 'RS256', now: new Date() };
const ofCognito = { token_use: 'access', client_id: '1example23456789', scope: 'openid', aud: undefined };
const issuer = testIssuer({ ...settings, issuer: ISSUER });
const pool = testIssuer({ ...settings, issuer: POOL, claims: ofCognito });

globalThis.fetch = async (input, init) => {
  const { origin } = new URL(input instanceof Request ? input.url : input);
  const found = [issuer, pool].find((each) => new URL(each.issuer).origin === origin);
  if (!found) throw new TypeError(`no issuer at ${origin}`);
  return found.fetch(input, init);
};

/** Where the requests of node:https arrive. The origin that each is for stands in a header. */
const server = await listen(
  http.createServer(async ({ headers, url }, response) => {
    const answer = await fetch(`${headers['x-origin']}${url}`, { redirect: 'manual' });
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  }),
);

for (const name of ['request', 'get'])
  https[name] = (target, ...rest) => {
    const [options, done] = typeof rest[0] === 'function' ? [{}, rest[0]] : [Object(rest[0]), rest[1]];
    const { hostname, path } = Object(target);
    const url =
      typeof target === 'string' || target instanceof URL ? new URL(target) : new URL(`https://${hostname}${path}`);
    const headers = { ...options.headers, 'x-origin': url.origin };
    return http[name](
      { ...options, port: server.port, host: '127.0.0.1', path: url.pathname, headers, agent: false },
      done,
    );
  };
syncBuiltinESMExports();

async function listen(handler) {
  const listening = typeof handler === 'function' ? http.createServer(handler) : handler;
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return { port: listening.address().port, close: () => listening.close() };
}

// ── the fences, as modules in a folder from which both ours and the peers are found ─────────────────────────────────────

const folder = mkdtempSync(join(ROOT, 'bench/node_modules/.guide-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'node_modules'));
mkdirSync(join(folder, 'tokens'));
symlinkSync(ROOT, join(folder, 'node_modules/barejose'));
const key = await generateKey('RS256', { kid: 'rsa-1' });
const files = {
  'token.txt': issuer.sign(),
  'expired.txt': issuer.refusal('expired').token,
  'tokens/cognito.txt': pool.sign(),
  'private.pem': exportPrivatePem(key),
  'public.pem': exportPem(key),
};
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), `${content}\n`);
process.chdir(folder);

const fences = PAGES.flatMap((page) =>
  Array.from(text(page).matchAll(/^```(js|javascript)\n([\s\S]*?)^```$/gm), ({ index, 2: code }) => {
    const before = text(page).slice(0, index);
    const section = before.slice(before.lastIndexOf('\n## ') + 4).split('\n')[0];
    return { page, section, line: before.split('\n').length, code, name: nameOf(code) };
  }),
);

/** The package that a fence verifies with. */
function nameOf(code) {
  const imported = Array.from(code.matchAll(/ from '([^.'n][^']*)'/g), ([, name]) => name);
  const all = imported.filter((name) => !/^(node:|express$|passport$|barejose\/testing)/.test(name));
  return all.length > 1 ? all.filter((name) => name !== 'jwks-rsa').join() : all.join();
}

let checks = 0;
globalThis.guide = {
  check(actual, wanted) {
    deepStrictEqual(actual, wanted);
    checks++;
  },
  refused(run, wanted) {
    return guide.rejected(async () => run(), wanted);
  },
  async rejected(run, wanted) {
    const error = await run().then(
      () => 'nothing was thrown',
      (error) => error,
    );
    guide.check(error.code ?? error.name ?? error, wanted);
  },
};

/** Comments become checks, as in test/readme.test.ts, and what the tokens are given to is exported. */
function moduleOf(code) {
  const exported = ['verify', 'app'].filter((name) =>
    new RegExp(`^(?:const|async function) ${name}\\b`, 'm').test(code),
  );
  const checked = code
    .replace(/^( *)(\S.*?);? \/\/ → throws (\w+)$/gm, "$1await guide.refused(() => ($2), '$3');")
    .replace(/^( *)await (\S.*?);? \/\/ → rejects (\w+)$/gm, "$1await guide.rejected(async () => ($2), '$3');")
    .replace(/^( *)(\S.*?);? \/\/ → (.+)$/gm, '$1guide.check($2, $3);');
  return `${checked}\nexport { ${exported.join(', ')} };\n`;
}

// ── each fence, and the bad tokens that it accepts ─────────────────────────────────────────────────────────────────────────────────

/** By pair: there and here. */
const accepted = new Map();
let wrong = 0;
for (const { page, section, line, code, name } of fences) {
  const before = checks;
  try {
    const file = join(folder, `${page.replace(/\W/g, '-')}-${line}.mjs`);
    writeFileSync(file, moduleOf(code));
    const { verify, app } = await import(pathToFileURL(file));
    if (checks - before !== (code.match(/\/\/ → /g) ?? []).length) throw new Error('not every comment was checked');
    const judge = verify ?? (app && (await guardJudge(app)));
    if (judge && page === GUIDE) {
      const pair = section.slice('From '.length);
      const side = name === 'barejose' ? 'here' : 'there';
      accepted.set(pair, { ...accepted.get(pair), [side]: await acceptedBy(judge, section) });
    }
    console.log(` ok   ${page}:${line} ${section}: ${name}, ${checks - before} checks`);
  } catch (error) {
    wrong++;
    console.log(`FAIL  ${page}:${line} ${section}: ${name}\n${error?.stack ?? error}`);
  }
}

/** Asks an Express application, and rejects unless it answers 200. */
async function guardJudge(app) {
  const { port } = await listen(app);
  return async (token) => {
    const request = http.get({ port, host: '127.0.0.1', headers: { authorization: `Bearer ${token}` }, agent: false });
    const [response] = await once(request, 'response');
    response.resume();
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  };
}

/** The names of the bad tokens that are accepted; a good one must be. */
async function acceptedBy(judge, section) {
  const isOfCognito = section.includes('aws');
  const kit = isOfCognito ? pool : issuer;
  await judge(kit.sign());
  const names = [];
  for (const { name, token } of isOfCognito ? cognitoTokens() : kit.refusals())
    if (await isAccepted(judge, token)) names.push(name);
  return names;
}

/** Access tokens of Cognito have no aud: in place of those of another audience, ones of another client and of another use. */
function cognitoTokens() {
  const others = { 'another client_id': { client_id: 'other' }, 'another token_use': { token_use: 'id' } };
  const own = Object.entries(others).map(([name, claims]) => ({ name, token: pool.sign(claims) }));
  return [...pool.refusals().filter(({ name }) => !name.endsWith('-audience')), ...own];
}

async function isAccepted(judge, token) {
  try {
    await judge(token);
    return true;
  } catch {
    return false;
  }
}

const told = (names = []) => names.map((name) => `\`${name}\``).join(', ') || 'none';
const rows = [...accepted].map(([pair, { there, here }]) => `| ${pair} | ${told(there)} | ${told(here)} |`);
const table = `| from | accepts there | here |\n|---|---|---|\n${rows.join('\n')}\n`;
if (process.argv.includes('--table')) console.log(table);
else if (!text(GUIDE).includes(`\n${table}\n`)) {
  wrong++;
  console.log(`FAIL  ${GUIDE}: its table of bad tokens is not what was measured, which is\n${table}`);
}
const tokens = issuer.refusals().length;
console.log(
  `\n${fences.length} fences, ${checks} checks, ${tokens} bad tokens to both of ${accepted.size} pairs, ${wrong} wrong`,
);
process.exit(wrong ? 1 : 0);
