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
    try {
      const answer = await fetch(`${headers['x-origin']}${url}`, { redirect: 'manual' });
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
    } catch {
      response.destroy(); // the issuer is down
    }
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

// ── each fence; the bad tokens that it accepts, and what becomes of a good one while there are no keys ──────────────────

/** By pair: there and here. */
const measured = new Map();
let wrong = 0;
for (const { page, section, line, code, name } of fences) {
  const before = checks;
  try {
    const fence = await load(`${page}-${line}`, code);
    if (checks - before !== (code.match(/\/\/ → /g) ?? []).length) throw new Error('not every comment was checked');
    if (page === GUIDE && (fence.verify || fence.app)) {
      const pair = section.slice('From '.length);
      const side = name === 'barejose' ? 'here' : 'there';
      measured.set(pair, { ...measured.get(pair), [side]: await measure(fence, { code, section, name }) });
    }
    console.log(` ok   ${page}:${line} ${section}: ${name}, ${checks - before} checks`);
  } catch (error) {
    wrong++;
    console.log(`FAIL  ${page}:${line} ${section}: ${name}\n${error?.stack ?? error}`);
  }
}

async function load(name, code) {
  const file = join(folder, `${name.replace(/\W/g, '-')}.mjs`);
  writeFileSync(file, moduleOf(code));
  return import(pathToFileURL(file));
}

async function measure(fence, { code, section, name: library }) {
  const isOfCognito = section.includes('aws');
  const kit = isOfCognito ? pool : issuer;
  const judge = await judgeOf(fence);
  deepStrictEqual(await judge(kit.sign()), 'accepted');
  const accepted = [];
  for (const { name, token } of isOfCognito ? cognitoTokens() : kit.refusals())
    if ((await judge(token)) === 'accepted') accepted.push(name);
  kit.fail('down');
  // Once more, without the keys of the first time, and without what the comments check.
  const withoutKeys = await load(`${section}-${library}-without-keys`, code.replace(/^.* \/\/ → .*$/gm, ''));
  const unavailable = await (await judgeOf(withoutKeys))(kit.sign());
  kit.recover();
  return { accepted, unavailable };
}

/** The function that gives a token to a fence, and tells what became of it. */
async function judgeOf({ verify, app }) {
  if (!app)
    return async (token) => {
      try {
        await verify(token);
        return 'accepted';
      } catch (error) {
        return `\`${error.code ?? error.name}\``;
      }
    };
  const { port } = await listen(app);
  return async (token) => {
    const request = http.get({ port, host: '127.0.0.1', headers: { authorization: `Bearer ${token}` }, agent: false });
    const [response] = await once(request, 'response');
    response.resume();
    return response.statusCode === 200 ? 'accepted' : String(response.statusCode);
  };
}

/** Access tokens of Cognito have no aud: in place of those of another audience, ones of another client and of another use. */
function cognitoTokens() {
  const others = { 'another client_id': { client_id: 'other' }, 'another token_use': { token_use: 'id' } };
  const own = Object.entries(others).map(([name, claims]) => ({ name, token: pool.sign(claims) }));
  return [...pool.refusals().filter(({ name }) => !name.endsWith('-audience')), ...own];
}

const told = ({ accepted }) => accepted.map((name) => `\`${name}\``).join(', ') || 'none';
const NOT_RUN = { accepted: ['it did not run'], unavailable: '' };
const rows = [...measured].map(
  ([pair, { there = NOT_RUN, here = NOT_RUN }]) =>
    `| ${pair} | ${told(there)} | ${told(here)} | ${there.unavailable} | ${here.unavailable} |`,
);
const table = `| from | accepts there | here | without keys there | here |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
if (process.argv.includes('--table')) console.log(table);
else if (!text(GUIDE).includes(`\n${table}\n`)) {
  wrong++;
  console.log(`FAIL  ${GUIDE}: its table of bad tokens is not what was measured, which is\n${table}`);
}
const tokens = issuer.refusals().length;
console.log(
  `\n${fences.length} fences, ${checks} checks, ${tokens} bad tokens to both of ${measured.size} pairs, ${wrong} wrong`,
);
process.exit(wrong ? 1 : 0);
