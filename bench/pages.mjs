// The pages of `explain --html` and `ring timeline --html` in a real browser: on a phone and a desk, light and dark, and on
// paper. Nothing may overflow sideways, no text may become markup, nothing may be loaded or run, and axe-core must find no
// violation. Chromium is Debian's (apt-get install chromium), or the one that CHROMIUM names.
//   node pages.mjs [--screenshots FOLDER]
import { strict as assert } from 'node:assert';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { exportJwk, exportPrivateJwk, generateKey, nestJwt, signJwt } from '../dist/index.js';

const { values: options } = parseArgs({ options: { screenshots: { type: 'string' } } });
const COMMAND = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ISSUER = 'https://issuer.example';
const NOW = Date.parse('2026-01-31T12:00:00Z') / 1000;
const HOSTILE = `"'><img src=x onerror=alert(1)></style></title><script>alert(1)</script><!-- \u202e&lt;`;
const LONG = 'x'.repeat(300);

/** A phone and a desk, each light and dark. */
const SCREENS = [375, 1280].flatMap((width) => ['light', 'dark'].map((scheme) => [width, scheme]));
/** The width of A4 without its margins, in pixels. */
const PAPER_WIDTH = 718;

const folder = mkdtempSync(join(tmpdir(), 'barejose-pages-'));
try {
  await checkAll(await writePages());
} finally {
  rmSync(folder, { recursive: true });
}

// ── the pages ────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function writePages() {
  const rsa = await generateKey('RS256', { kid: 'rsa-2026-01' });
  const hostile = await generateKey('ES256', { kid: HOSTILE });
  const own = await generateKey('ECDH-ES+A256KW', { kid: 'enc-1' });
  put('jwks.json', { keys: [exportJwk(rsa), exportJwk(hostile)] });
  put('empty.json', { keys: [exportJwk(hostile)] });
  put('own.jwk', exportPrivateJwk(own));
  const claims = { iss: ISSUER, aud: ['api', 'admin'], sub: 'user-1', scope: 'orders:read orders:write' };
  const token = signJwt(claims, rsa, { expiresIn: '1h', notBefore: '5m', now: NOW - 1200, typ: 'at+jwt' });
  const hostileClaims = { ...claims, [HOSTILE]: HOSTILE, [LONG]: LONG, nested: { [HOSTILE]: [HOSTILE, LONG] } };
  const nested = nestJwt(token, own.publicKey());
  const decrypt = ['--decrypt-key', `@${join(folder, 'own.jwk')}`];
  return [
    explain('valid', token, ['--values']),
    explain('without-values', token),
    explain('expired', token, ['--values', '--at', '2026-03-31']),
    explain('refused-without-values', token, ['--audience', 'other', '--at', '2026-03-31']),
    explain('no-key', token, ['--values', '--jwks', join(folder, 'empty.json')]),
    explain('hostile', signJwt(hostileClaims, hostile, { expiresIn: '1h', now: NOW }), ['--values', '--typ', HOSTILE]),
    explain('large', signJwt(largeClaims(claims), rsa, { expiresIn: '1h', now: NOW }), ['--values']),
    explain('no-token', `not a token ${LONG}`, ['--values']),
    explain('nested', nested, [...decrypt, '--values']),
    explain('nested-without-values', nested, decrypt),
    explain('encrypted', nested, ['--values']),
    ...rings(),
  ];
}

/** Hostile claims of nearly as much as a token may hold, which is 256 KiB of base64url. */
function largeClaims(claims) {
  const others = Array.from({ length: 500 }, (_, i) => [`claim ${i} ${HOSTILE}`, HOSTILE]);
  return { ...claims, ...Object.fromEntries(others), text: `${HOSTILE}${'\u202e'.repeat(300)}${LONG.repeat(200)}` };
}

function put(name, value) {
  writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value));
}

/** Writes the page of an explanation. Later options replace the usual ones. */
function explain(name, token, more = []) {
  put('token.txt', token);
  const usual = { '--jwks': join(folder, 'jwks.json'), '--issuer': ISSUER, '--audience': 'api', '--at': String(NOW) };
  const given = Object.entries(usual).flatMap((option) => (more.includes(option[0]) ? [] : option));
  return write(name, ['explain', `@${join(folder, 'token.txt')}`, ...given, ...more]);
}

/** Writes the pages of a ring: new, after a rotation and a revocation, and in a period without keys. */
function rings() {
  const ring = (name, ...words) => run(['ring', name, '--ring', join(folder, 'ring'), ...words]);
  const show = (name, ...words) => write(name, ['ring', 'timeline', '--ring', join(folder, 'ring'), ...words]);
  ring('init', '--issuer', `${ISSUER}/${HOSTILE}`, '--max-token-lifetime', '1h', '--alg', 'ES256', '--alg', 'EdDSA');
  const fresh = show('ring');
  const { keys } = JSON.parse(ring('status', '--json'));
  ring('revoke', keys.find(({ signs }) => signs).kid, '--reason', 'a drill');
  return [fresh, show('ring-revoked'), show('ring-empty', '--from', '2020-01-01', '--to', '2020-02-01')];
}

function write(name, words) {
  const file = join(folder, `${name}.html`);
  run([...words, '--html', '--out', file]);
  return { name, file };
}

function run(words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...words], { encoding: 'utf8' });
  assert.ok(status === 0 || (words[0] === 'explain' && status === 1), `${words.join(' ')}\n${stderr}`);
  return stdout;
}

// ── the browser ──────────────────────────────────────────────────────────────────────────────────────────────────────────

async function checkAll(pages) {
  if (options.screenshots) mkdirSync(options.screenshots, { recursive: true });
  const executablePath =
    process.env.CHROMIUM ?? spawnSync('sh', ['-c', 'command -v chromium']).stdout.toString().trim();
  assert.ok(executablePath, 'chromium is not installed: apt-get install chromium, or name one by CHROMIUM');
  const browser = await chromium.launch({ executablePath });
  try {
    const context = await browser.newContext();
    for (const page of pages) await check(await context.newPage(), page);
    console.log(
      `${pages.length} pages in Chromium ${browser.version()}, each on ${SCREENS.length} screens and on paper: no violation`,
    );
  } finally {
    await browser.close();
  }
}

/** Loads a page once, and checks it on each screen and on paper. */
async function check(page, { name, file }) {
  const events = [];
  page.on('request', (request) => events.push(`request ${request.url()}`));
  page.on('console', (message) => events.push(`console ${message.text()}`));
  page.on('dialog', (dialog) => events.push(`dialog ${dialog.message()}`) && dialog.dismiss());
  await page.goto(pathToFileURL(file).href);
  assert.deepEqual(await page.evaluate(markupOf), { forbidden: [], title: true }, name);
  await page.evaluate(AXE);
  for (const [width, colorScheme] of SCREENS) {
    const where = `${name}-${width}-${colorScheme}`;
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ media: 'screen', colorScheme });
    await checkWidth(page, where);
    if (options.screenshots) await page.screenshot({ path: join(options.screenshots, `${where}.png`), fullPage: true });
    const { violations, passes } = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
    const told = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => [id, target, failureSummary]),
    );
    assert.deepEqual(told, [], where);
    assert.ok(
      passes.some(({ id }) => id === 'color-contrast'),
      `${where}: axe compared no colours`,
    );
  }
  await page.setViewportSize({ width: PAPER_WIDTH, height: 1000 });
  await page.emulateMedia({ media: 'print' });
  await checkWidth(page, `${name} on paper`);
  if (options.screenshots) await page.pdf({ path: join(options.screenshots, `${name}.pdf`), format: 'A4' });
  assert.deepEqual(
    events,
    [`request ${pathToFileURL(file).href}`],
    `${name}: nothing else is loaded, and nothing runs`,
  );
  await page.close();
}

/** Runs in the page: elements and attributes that no page of ours has. */
function markupOf() {
  const attributes = {
    href: /^(?:#step-\d+|https:\/\/www\.rfc-editor\.org\/rfc\/rfc\d+#section-[\w.]+)$/,
    style: /^(?:left:[\d.]+%(?:;right:[\d.]+%)?|flex-grow:\d+)$/,
    'http-equiv': /^Content-Security-Policy$/,
  };
  const isForbidden = (element) =>
    /^(?:script|img|iframe|link|object|embed|form|base|svg)$/i.test(element.localName) ||
    element.matches('body style') ||
    element.getAttributeNames().some((name) => {
      const value = element.getAttribute(name);
      return /^on|^src|^srcset$|:/.test(name) || attributes[name]?.test(value) === false;
    });
  const forbidden = [...document.querySelectorAll('*')].filter(isForbidden);
  return { forbidden: forbidden.map(({ outerHTML }) => outerHTML), title: document.title.includes('barejose') };
}

/** Nothing reaches beyond the right edge of the screen. */
async function checkWidth(page, where) {
  const beyond = await page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    const isBeyond = (element) => element.getBoundingClientRect().right > clientWidth + 0.5;
    return [
      scrollWidth > clientWidth,
      ...[...document.body.querySelectorAll('*')].filter(isBeyond).map((e) => e.outerHTML),
    ];
  });
  assert.deepEqual(beyond, [false], `${where}: nothing overflows sideways`);
}
