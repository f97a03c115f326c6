// The page of an explanation: what it shows, what it never shows, and that every text stays text.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ExplainedToken, formatExplainPage } from '../../src/cli/explain-page.ts';
import {
  createVerifier,
  decryptWith,
  ERROR_HELP,
  explainToken,
  generateKey,
  importSecret,
  type JwtClaims,
  nestJwt,
  signJwt,
} from '../../src/index.ts';
import { anyText, HOSTILE, tagsOf, textOf } from './pages.ts';

const NOW = 1_769_860_800; // 2026-01-31T12:00:00Z
const ISSUER = 'https://issuer.example';
const CLAIMS = {
  iss: ISSUER,
  aud: 'api',
  sub: 'user-4711',
  email: 'someone@else.example',
  iat: NOW - 60,
  exp: NOW + 3600,
};
const secret = (fill: number) => new Uint8Array(48).fill(fill).map((octet, i) => octet + i);
const key = importSecret(secret(1), { alg: 'HS256', kid: 'hs-1' });
const own = await generateKey('ECDH-ES+A256KW', { kid: 'enc-1' });

interface Given {
  readonly token?: string;
  readonly values?: boolean;
  readonly now?: number;
  readonly by?: typeof key;
  readonly decrypt?: boolean;
  readonly inner?: string;
}

function sign(claims: JwtClaims, by = key): string {
  return signJwt(claims, by, { expiresIn: null, now: NOW });
}

function explained({ token = sign(CLAIMS), values = false, now = NOW, by = key, ...given }: Given): ExplainedToken {
  const decrypt = given.decrypt ? { decrypt: decryptWith(own) } : {};
  const verifier = createVerifier({ issuer: ISSUER, audience: 'api', keys: by, clock: () => now, ...decrypt });
  const { code, steps, at } = explainToken(verifier, token, { values });
  return { token, inner: given.inner, code, steps, at, skipped: [], values };
}

const pageOf = (given: Given = {}) => formatExplainPage(explained(given));

/** A key of the same algorithm, under which no signature holds. */
const stranger = importSecret(secret(2), { alg: 'HS256', kid: 'hs-1' });
const nested = nestJwt(sign(CLAIMS), own.publicKey());
const cases: readonly (readonly [string, Given])[] = [
  ['valid', {}],
  ['expired', { now: NOW + 7200 }],
  ['with another signature', { by: stranger }],
  ['of another issuer', { token: sign({ ...CLAIMS, iss: 'https://other.example' }) }],
  ['that is no token', { token: 'not a token' }],
  ['nested', { token: nested, decrypt: true, inner: sign(CLAIMS) }],
  ['nested, expired', { token: nested, decrypt: true, inner: sign(CLAIMS), now: NOW + 7200 }],
  ['encrypted, and no key', { token: nested }],
];

describe.each(cases)('a token %s', (_, given) => {
  const { token = sign(CLAIMS), inner = '' } = given;

  test('every step is there, with its outcome, its section, its reason and its remedy', () => {
    for (const values of [false, true]) {
      const { steps, code } = explained({ ...given, values });
      const text = textOf(pageOf({ ...given, values }));
      let from = text.indexOf('Steps');
      for (const { name, outcome, section, reason, remedy = '' } of steps) {
        const told = [`${name} ${outcome} ${section}`, ...reason.split('; '), remedy];
        for (const words of told) {
          const found = text.indexOf(words.replace(/\s+/g, ' '), from);
          expect(found, words).toBeGreaterThanOrEqual(from);
          from = found;
        }
      }
      expect(text).toMatch(code === undefined ? /^barejose explain Valid Every step/ : `Refused ${code} `);
      if (code) expect(text).toContain(ERROR_HELP[code].replaceAll('`', ' ').replace(/\s+/g, ' ').slice(0, 40));
    }
  });

  test('signature and ciphertext never appear, and without values no claim, time or encoded part', () => {
    const parts = [...token.split('.'), ...inner.split('.')].filter((part) => part.length > 20);
    const readable = parts.filter((part) => Buffer.from(part, 'base64url').toString().startsWith('{"'));
    const unreadable = parts.filter((part) => !readable.includes(part));
    for (const part of unreadable) expect(pageOf({ ...given, values: true })).not.toContain(part);
    const hidden = [...parts, 'user-4711', 'someone@else', 'email', 'other.example', `${CLAIMS.exp}`, `${CLAIMS.iat}`];
    for (const text of hidden) expect(pageOf({ ...given, values: false })).not.toContain(text);
    expect(pageOf({ ...given, values: false })).toMatch(/Claim values are left out/);
  });
});

test('with values the header, the claims and the times are there', () => {
  const text = textOf(pageOf({ values: true }));
  const [header, payload] = sign(CLAIMS).split('.');
  expect(text).toContain(`${header} alg "HS256"`);
  expect(text).toContain(payload);
  expect(text).toContain('email "someone@else.example"');
  expect(text).toContain(`exp ${NOW + 3600} 2026-01-31 13:00:00 UTC`);
  expect(text).toMatch(/Times signature verified iat issued .* 1m before now now .* exp expires .* 1h after now/);
  expect(text).toContain('keep this page as private as they are');
});

test('without values the header is as much as its step quotes', () => {
  const header = Buffer.from('{"alg":"HS256","kid":"hs-1","jku":"https://private.example"}').toString('base64url');
  const token = `${header}.e30.AAAA`;
  const text = textOf(pageOf({ token }));
  expect(text).toContain('hides nothing. alg "HS256", kid "hs-1", no typ The whole header is shown with');
  expect(text).not.toContain('private.example');
  expect(textOf(pageOf({ token, values: true }))).toContain('jku "https://private.example"');
  const refused = `${Buffer.from('{"alg":"HS256","kid":1}').toString('base64url')}.e30.AAAA`;
  expect(textOf(pageOf({ token: refused }))).toContain('hides nothing. The whole header is shown with');
});

test('claims that nobody has verified are marked, where they stand and at their times', () => {
  const mark = /not verified: anyone can have written these claims/g;
  expect(pageOf({ values: true, by: stranger }).match(mark)).toHaveLength(2);
  expect(pageOf({ values: true, token: nested, decrypt: true, inner: sign(CLAIMS, stranger) })).not.toMatch(mark);
  expect(pageOf({ values: true })).not.toMatch(mark);
});

test('a nested token shows the outer parts, then the token inside', () => {
  const text = textOf(pageOf({ values: true, token: nested, decrypt: true, inner: sign(CLAIMS) }));
  expect(text).toMatch(
    /Encrypted token header .* encrypted key .* initialization vector .* ciphertext .* decryption passed tag .* Signed token inside header .* payload .* email .* signature/,
  );
  expect(textOf(pageOf({ values: true, token: nested }))).toMatch(/Token header .* enc "A256GCM" encrypted key/);
});

test('parts that cannot be read say so', () => {
  expect(textOf(pageOf({ token: 'e30.W10.AA', values: true }))).toMatch(
    /e30 It has no members\. .* W10 It is not base64url of one strict JSON object\./,
  );
  expect(pageOf({ token: 'e30.W10.AA', values: true })).not.toContain('Times');
  expect(textOf(pageOf({ token: 'a b.c.d' }))).toContain('A text of 7 characters. It is not three or five parts');
});

test('a failed step is linked from the verdict, and sections from the steps', () => {
  const page = pageOf({ now: NOW + 7200 });
  const { steps } = explained({ now: NOW + 7200 });
  const exp = steps.findIndex(({ name }) => name === 'exp') + 1;
  expect(page).toContain(`<a href="#step-${exp}">exp</a>: the token has expired`);
  expect(page).toContain(`<li id="step-${exp}" class="failed">`);
  expect(page).toContain(
    '<a href="https://www.rfc-editor.org/rfc/rfc7515#section-5.2" rel="noreferrer">RFC 7515 §5.2 step 8',
  );
  expect(
    formatExplainPage({
      ...explained({}),
      steps: [{ name: 'schema', section: 'Standard Schema', outcome: 'passed', reason: '' }],
    }),
  ).toContain('<p class="section">Standard Schema</p>');
});

test('the keys that the import skipped are named if no key fits, and only then', () => {
  const [kid = ''] = HOSTILE;
  const skipped = [{ index: 1, kid, reason: 'of an unknown type' }];
  const foreign = importSecret(secret(1), { alg: 'HS384', kid: 'hs-2' });
  const text = textOf(formatExplainPage({ ...explained({ by: foreign }), skipped }));
  expect(text).toContain(`Keys of the set that cannot be used key 1 (kid "${kid}") was skipped: of an unknown type`);
  expect(formatExplainPage({ ...explained({ by: foreign }), skipped: [] })).not.toContain('cannot be used</h3>');
  expect(formatExplainPage({ ...explained({}), skipped })).not.toContain('cannot be used</h3>');
});

test('whatever a token says, the page has the tags of one with harmless text', () => {
  const page = (text: string) => {
    const header = { alg: 'HS256', kid: text, typ: text, x: { [text]: [text] } };
    const claims = { ...CLAIMS, sub: text, x: { [text]: text }, [`y${text}`]: text };
    const token = [header, claims].map((each) => Buffer.from(JSON.stringify(each)).toString('base64url')).join('.');
    return formatExplainPage({
      ...explained({ token: `${token}.AAAA`, values: true }),
      steps: [{ name: text, section: text, outcome: 'failed', reason: text.replaceAll('; ', ';'), remedy: text }],
      skipped: [{ index: 0, kid: text, reason: text }],
    });
  };
  const tags = tagsOf(page('harmless'));
  expect(tags.length).toBeGreaterThan(80);
  const check = (text: string) => {
    expect(tagsOf(page(text))).toEqual(tags);
  };
  fc.assert(fc.property(anyText, check));
});

test('a page loads nothing and runs nothing', () => {
  const page = pageOf({ values: true, token: nested, decrypt: true, inner: sign(CLAIMS) });
  expect(page).toContain(
    `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;`,
  );
  expect(page).not.toMatch(/<(?:script|img|link|iframe|object|form)|url\(|@import|\son\w+=/i);
  expect(page.match(/<meta name="viewport" content="width=device-width, initial-scale=1">/)).toHaveLength(1);
});
