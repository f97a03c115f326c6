// SECURITY.md, group 4: one token, one spelling. Every test text is correctly signed over the text as sent, so that only
// the encoding can be what refuses it.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  importJwks,
  importKey,
  type JoseErrorCode,
  readUnverifiedJwt,
  signJws,
  signJwsJson,
  signJwt,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';
import { CLAIMS, type Door, doorNames, doors, EXPECTED, explainedCode, NOW, parts } from '../support/doors.ts';
import { expectCode, expectTypeError } from '../support/expect.ts';
import { b64u, compact, concat, forge, hex, jwkOf, octets, signerOf, signText } from '../support/forge.ts';
import { nodePair, secretKey, supportedAlgorithms, verifyingKey } from '../support/keys.ts';

const KEY = secretKey('HS256');
const sign = signerOf('HS256');
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const PARTS = [0, 1, 2] as const;
type PartIndex = (typeof PARTS)[number];

/** A token in which each part ends in a group of 2 or 3 characters, so that its last one has unused bits. */
function looseEnded(length: 2 | 3): string[] {
  const pad = (value: object) => {
    let text = JSON.stringify(value);
    while (b64u(text).length % 4 !== length) text += ' ';
    return b64u(text);
  };
  return signText(`${pad({ alg: 'HS256' })}.${pad(CLAIMS)}`, sign).split('.');
}

/** The token with one part spelled by `spell`, signed over that very text where the part is header or payload. */
function respelled(token: readonly string[], part: PartIndex, spell: (text: string) => string): string {
  const [header = '', payload = '', signature = ''] = token.map((text, i) => (i === part ? spell(text) : text));
  return part === 2 ? `${header}.${payload}.${signature}` : signText(`${header}.${payload}`, sign);
}

function expectMalformed(token: string, code: JoseErrorCode = 'ERR_JWS_INVALID') {
  for (const door of doorNames) expectCode(() => doors[door](token, KEY), code, token);
  expect(explainedCode(token, KEY)).toBe(code);
}

/** For texts that change the number of parts of a compact token: the compact doors only. */
function expectCompactMalformed(token: string) {
  for (const door of ['verifyJws', 'verifyJwt'] as const)
    expectCode(() => doors[door](token, KEY), 'ERR_JWS_INVALID', token);
  expect(explainedCode(token, KEY)).toBe('ERR_JWS_INVALID');
  expect(() => readUnverifiedJwt(token)).toThrow();
}

describe('ENC-01 bits nobody reads', () => {
  test.each([2, 3] as const)(
    'ENC-01 every other last character of the same octets, in each part ending in %i',
    (length) => {
      const token = looseEnded(length);
      expect(verifyJwt(token.join('.'), KEY, EXPECTED).claims.sub).toBe(CLAIMS.sub);
      for (const part of PARTS) {
        const text = token[part] ?? '';
        const rest = text.length % 4;
        if (rest === 0) continue;
        const step = rest === 2 ? 16 : 4;
        const first = ALPHABET.indexOf(text.at(-1) ?? '');
        expect(first % step).toBe(0);
        for (let i = 1; i < step; i++) {
          const other = text.slice(0, -1) + ALPHABET[first + i];
          expect(Buffer.from(other, 'base64url').equals(Buffer.from(text, 'base64url'))).toBe(true);
          expectMalformed(respelled(token, part, () => other));
        }
      }
    },
  );

  test('ENC-01 the signature of every algorithm', () => {
    for (const alg of supportedAlgorithms) {
      const token = forge(alg, { alg }, CLAIMS);
      if ((parts(token).signature.length & 3) === 0) continue;
      const other = token.slice(0, -1) + ALPHABET[ALPHABET.indexOf(token.at(-1) ?? '') + 1];
      for (const door of doorNames) expectCode(() => doors[door](other, verifyingKey(alg)), 'ERR_JWS_INVALID', token);
    }
  });
});

describe('ENC-02 padding', () => {
  test.each(['=', '==', '===', '%3D', '%3d%3d', '=A'])('ENC-02 "%s" after any part', (tail) => {
    for (const token of [looseEnded(2), looseEnded(3)]) {
      for (const part of PARTS) {
        expectMalformed(respelled(token, part, (text) => text + tail));
        expectMalformed(respelled(token, part, (text) => tail + text));
        expectMalformed(respelled(token, part, (text) => text.slice(0, 8) + tail + text.slice(8)));
      }
    }
  });
});

/** Each part with `insert` put at its start, its middle and its end. */
function expectInsertionRefused(insert: string) {
  const token = looseEnded(3);
  for (const part of PARTS) {
    expectMalformed(respelled(token, part, (text) => insert + text));
    expectMalformed(respelled(token, part, (text) => text.slice(0, 7) + insert + text.slice(7)));
    expectMalformed(respelled(token, part, (text) => text + insert));
  }
}

describe('ENC-03 white space', () => {
  const spaces = [
    ' ',
    '\t',
    '\r',
    '\n',
    '\r\n',
    '\v',
    '\f',
    '\u00a0',
    '\u2028',
    '\u2029',
    '\u3000',
    '\ufeff',
    '\u200b',
    '    ',
  ];
  test.each(spaces)('ENC-03 %j anywhere in a part or around the token', (space) => {
    expectInsertionRefused(space);
    const token = forge('HS256', { alg: 'HS256' }, CLAIMS);
    for (const text of [space + token, token + space, space + token + space]) expectMalformed(text);
    expectMalformed(token.split('.').join(`.${space}`));
    expectMalformed(token.split('.').join(`${space}.`));
  });

  test('ENC-03 quotes, commas and a Bearer prefix are no part of a token', () => {
    const token = forge('HS256', { alg: 'HS256' }, CLAIMS);
    for (const text of [`"${token}"`, `'${token}'`, `${token},`, `${token};`, `Bearer ${token}`, `<${token}>`])
      expectMalformed(text);
  });
});

describe('ENC-04 the other alphabet', () => {
  test('ENC-04 + for - and / for _ in each part', () => {
    const claims = { ...CLAIMS, pad: '\u00fb\u00ff\u00be???>>>~~~' };
    let found = 0;
    for (let i = 0; i < 40; i++) {
      const token = forge(
        'HS256',
        { alg: 'HS256', pad: `>>>???~~~${'~'.repeat(i % 3)}` },
        { ...claims, i: '~'.repeat(i) },
      ).split('.');
      expect(verifyJwt(token.join('.'), KEY, EXPECTED).claims.sub).toBe(CLAIMS.sub);
      for (const part of PARTS) {
        const standard = (token[part] ?? '').replaceAll('-', '+').replaceAll('_', '/');
        if (standard === token[part]) continue;
        found |= 1 << part;
        expectMalformed(respelled(token, part, () => standard));
      }
    }
    expect(found).toBe(7);
  });
});

describe('ENC-05 characters that lenient decoders skip', () => {
  test.each([
    '?',
    '#',
    'é',
    '%2E',
    '😀',
    '\0',
    '\u0141',
    '\u212a',
    '\uff21',
    '\ud800',
    '\udfff',
    '!',
    '*',
    '~',
    '\x7f',
    '\u0080',
  ])('ENC-05 %j anywhere in a part', (garbage) => expectInsertionRefused(garbage));

  test('ENC-05 every octet that is not of the alphabet, in place of a character and beside one', () => {
    const token = looseEnded(3);
    for (let code = 0; code < 0x180; code++) {
      const char = String.fromCharCode(code);
      if (ALPHABET.includes(char) || char === '.') continue;
      for (const part of PARTS) {
        for (const cut of [0, 1]) {
          const text = respelled(token, part, (old) => old.slice(0, 9) + char + old.slice(9 + cut));
          expectCode(() => verifyJwt(text, KEY, EXPECTED), 'ERR_JWS_INVALID', text);
        }
      }
    }
  });

  test('ENC-05 a look-alike that a decoder cuts down to the right octet (U+0141 for A)', () => {
    for (const token of [
      looseEnded(3),
      forge('HS256', { alg: 'HS256', pad: 'x'.repeat(300) }, { ...CLAIMS, pad: 'x'.repeat(300) }).split('.'),
    ]) {
      for (const part of PARTS) {
        for (const shift of [0x100, 0x200, 0x1000, 0xff00]) {
          const text = respelled(token, part, (old) => String.fromCharCode(old.charCodeAt(0) + shift) + old.slice(1));
          expectCode(() => verifyJwt(text, KEY, EXPECTED), 'ERR_JWS_INVALID', text);
          const unsigned = token.map((old, i) =>
            i === part ? String.fromCharCode(old.charCodeAt(0) + shift) + old.slice(1) : old,
          );
          expectMalformed(unsigned.join('.'));
        }
      }
    }
  });
});

describe('ENC-06 impossible length', () => {
  test('ENC-06 a part of 1 mod 4 characters', () => {
    const token = looseEnded(3);
    for (const part of PARTS) {
      for (const text of ['A', 'AAAAA', 'A'.repeat(401)]) expectMalformed(respelled(token, part, () => text));
      expectMalformed(respelled(token, part, (old) => `${old}AA`));
    }
  });
});

describe('ENC-07 the number of parts', () => {
  test('ENC-07 any number of dots but two', () => {
    const token = forge('HS256', { alg: 'HS256' }, CLAIMS);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const texts = [
      '',
      header,
      token.replaceAll('.', ''),
      `${header}.${payload}`,
      `${header}.${signature}`,
      `${token}.`,
      `.${token}`,
      `${token}.${signature}`,
      `${token}.AAAA.AAAA`,
      `${header}..${payload}.${signature}`,
      `${token}.${token}`,
      '.',
      '...',
      '....',
      '.....',
      '......',
      '.......',
    ];
    for (const text of texts) expectCompactMalformed(text);
  });

  test('ENC-07 an empty part where there must be something', () => {
    const [header = '', payload = '', signature = ''] = forge('HS256', { alg: 'HS256' }, CLAIMS).split('.');
    for (const text of ['..', `.${payload}.${signature}`, `.${payload}.`, `..${signature}`]) expectMalformed(text);
    const noPayload = signText(`${header}.`, sign);
    expect(verifyJws(noPayload, KEY).payload.length).toBe(0);
    expectCode(() => verifyJwt(noPayload, KEY, EXPECTED), 'ERR_JWT_INVALID', noPayload);
  });

  test('ENC-07 a JWE is no JWS', () => {
    const jwe = `${b64u({ alg: 'dir', enc: 'A256GCM' })}..${'A'.repeat(16)}.${'A'.repeat(40)}.${'A'.repeat(22)}`;
    expectCompactMalformed(jwe);
    const json = { protected: b64u({ alg: 'dir', enc: 'A256GCM' }), iv: 'AAAA', ciphertext: 'AAAA', tag: 'AAAA' };
    expectCode(() => verifyJwsJson(json, KEY), 'ERR_JWS_INVALID');
  });
});

/** The best of a few runs, in milliseconds: a bound on cost, not a benchmark. */
function bestOf(run: () => unknown, times = 7): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < times; i++) {
    const start = process.hrtime.bigint();
    run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
  }
  return best;
}

describe('ENC-08 a million dots', () => {
  test('ENC-08 no part is made of a dot: the text is refused in under 5 ms and splits nothing', () => {
    const maxLength = 4 << 20;
    for (const dots of [
      '.'.repeat(1_000_000),
      `${b64u({ alg: 'HS256' })}${'.'.repeat(1_000_000)}`,
      `${'A.'.repeat(500_000)}`,
    ]) {
      expectCode(() => verifyJws(dots, KEY, { maxLength }), 'ERR_JWS_INVALID');
      expectCode(() => verifyJws(dots, KEY), 'ERR_JWS_INVALID');
      expectCode(() => verifyJwt(dots, KEY, EXPECTED), 'ERR_JOSE_LIMIT_EXCEEDED');
      const short = dots.slice(0, 250_000);
      expectCode(() => verifyJwt(short, KEY, EXPECTED), 'ERR_JWS_INVALID');
      const refuse = () => {
        try {
          verifyJws(dots, KEY, { maxLength });
        } catch {}
      };
      expect(bestOf(refuse)).toBeLessThan(5);
    }
    for (const file of [
      'jws/parts.ts',
      'jws/compact.ts',
      'jwt/jwt.ts',
      'jwt/verify.ts',
      'jwt/unverified.ts',
      'explain/jwt.ts',
    ]) {
      const source = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
      expect(source).not.toMatch(/\.split\(['"]\.['"]\)|split\(\/\\\./);
    }
  });
});

const KIB = 1024;
const MIB = KIB * KIB;

/** `{"alg":"HS256", …}` of exactly this many octets. */
function headerOf(length: number, members: object = {}): string {
  const bare = JSON.stringify({ alg: 'HS256', ...members, pad: '' });
  return bare.replace('"pad":""', `"pad":"${'x'.repeat(length - bare.length)}"`);
}

/** A correctly signed token of exactly this many characters. */
function tokenOf(length: number, members: object = {}): string {
  const header = { alg: 'HS256', ...members };
  for (let slack = 0; slack < 4; slack++) {
    const payload = (room: number) => JSON.stringify({ ...CLAIMS, pad: 'x'.repeat(room) });
    const fixed = b64u(header).length + 43 + 2;
    const octetCount = Math.floor(((length - fixed) * 3) / 4) - slack;
    const text = payload(Math.max(0, octetCount - payload(0).length));
    // The header takes up what a base64url length cannot express.
    for (let spaces = 0; spaces < 4; spaces++) {
      const token = compact(JSON.stringify(header) + ' '.repeat(spaces), text, sign);
      if (token.length === length) return token;
    }
  }
  throw new Error(`no token of ${length} characters`);
}

describe('ENC-09 sizes', () => {
  test('ENC-09 a JWT of 256 KiB is read, one character more is not', () => {
    expect(verifyJwt(tokenOf(256 * KIB), KEY, EXPECTED).claims.sub).toBe(CLAIMS.sub);
    for (const length of [256 * KIB + 1, 256 * KIB + 2, MIB]) {
      const token = tokenOf(length);
      expectCode(() => verifyJwt(token, KEY, EXPECTED), 'ERR_JOSE_LIMIT_EXCEEDED');
      expect(explainedCode(token, KEY)).toBe('ERR_JOSE_LIMIT_EXCEEDED');
      expectCode(() => readUnverifiedJwt(token), 'ERR_JOSE_LIMIT_EXCEEDED');
    }
  });

  test('ENC-09 a protected header of 16 KiB is read, one octet more is not', () => {
    const doorsOf: readonly Door[] = Object.values(doors);
    for (const members of [{}, { kid: 'a' }]) {
      const fits = compact(headerOf(16 * KIB, members), CLAIMS, sign);
      const over = compact(headerOf(16 * KIB + 1, members), CLAIMS, sign);
      for (const door of doorsOf) {
        expect(() => door(fits, KEY)).not.toThrow();
        expectCode(() => door(over, KEY), 'ERR_JOSE_LIMIT_EXCEEDED');
      }
    }
  });

  test('ENC-09 maxLength bounds a compact JWS, to the character; its default is 1 MiB', () => {
    expect(verifyJws(tokenOf(MIB), KEY).payload.length).toBeGreaterThan(700_000);
    expectCode(() => verifyJws(tokenOf(MIB + 1), KEY), 'ERR_JOSE_LIMIT_EXCEEDED');
    const token = tokenOf(2000);
    expect(verifyJws(token, KEY, { maxLength: 2000 }).payload.length).toBeGreaterThan(0);
    expectCode(() => verifyJws(token, KEY, { maxLength: 1999 }), 'ERR_JOSE_LIMIT_EXCEEDED');
    for (const maxLength of [Number.NaN, -1, '1', null, 1.5]) {
      expectTypeError(() => verifyJws(token, KEY, { maxLength } as never), 'maxLength');
    }
  });

  test('ENC-09 a detached payload counts, with b64 true and with b64 false', () => {
    for (const b64 of [true, false]) {
      const fits = new Uint8Array(MIB).fill(0x61);
      const over = new Uint8Array(MIB + 1).fill(0x61);
      for (const payload of [fits, over]) {
        const token = signJws(payload, KEY, { detached: true, b64 });
        const json = signJwsJson(payload, [{ key: KEY }], { detached: true, b64, flattened: true });
        const many = signJwsJson(payload, [{ key: KEY }], { detached: true, b64 });
        const runs = [
          () => verifyJws(token, KEY, { payload }),
          () => verifyJwsJson(json, KEY, { payload }),
          () => verifyJwsJson(many, KEY, { payload }),
        ];
        for (const run of runs) {
          if (payload === fits && b64 === false) expect(run).not.toThrow();
          if (payload === over) expectCode(run, 'ERR_JOSE_LIMIT_EXCEEDED');
        }
      }
      const short = new Uint8Array(101).fill(0x61);
      const token = signJws(short, KEY, { detached: true, b64 });
      expectCode(() => verifyJws(token, KEY, { payload: short, maxLength: 100 }), 'ERR_JOSE_LIMIT_EXCEEDED');
    }
  });

  test('ENC-09 JSON serialization, flattened and general, as object and as text', () => {
    const flat = parts(tokenOf(MIB + 64));
    const { payload, ...signature } = flat;
    const all = [flat, { payload, signatures: [signature] }];
    for (const jws of [...all, ...all.map((each) => JSON.stringify(each))]) {
      expectCode(() => verifyJwsJson(jws, KEY), 'ERR_JOSE_LIMIT_EXCEEDED');
      expect(verifyJwsJson(jws, KEY, { maxLength: 2 * MIB }).payload.length).toBeGreaterThan(700_000);
    }
    const good = parts(tokenOf(2000));
    const huge = 'x'.repeat(MIB + 64);
    for (const extra of [{ header: { pad: huge } }, { unknown: huge }]) {
      for (const jws of [{ ...good, ...extra }, JSON.stringify({ ...good, ...extra })]) {
        expectCode(() => verifyJwsJson(jws, KEY), 'ERR_JOSE_LIMIT_EXCEEDED');
      }
    }
  });

  test('ENC-09 an unencoded attached payload in the JSON serialization counts', () => {
    const payload = new Uint8Array(MIB + 64).fill(0x61);
    const jws = signJwsJson(payload, [{ key: KEY }], { b64: false, flattened: true });
    expectCode(() => verifyJwsJson(jws, KEY), 'ERR_JOSE_LIMIT_EXCEEDED');
    expectCode(() => verifyJwsJson(JSON.stringify(jws), KEY), 'ERR_JOSE_LIMIT_EXCEEDED');
  });
});

const BAD_UTF8 = {
  'a lone ff': 'ff',
  'a lone fe': 'fe',
  'overlong NUL': 'c080',
  'overlong slash': 'c0af',
  'overlong in three octets': 'e080af',
  'a surrogate': 'eda080',
  'a surrogate pair': 'eda0bdedb880',
  'above U+10FFFF': 'f4908080',
  'five octets': 'f888808080',
  'a lone continuation': '80',
  'a sequence cut short': 'e282',
  'a sequence cut by a quote': 'c3',
  'a lone continuation after text': '6180',
  'Latin-1': 'e9',
} as const;

function expectPartRefused(header: Uint8Array | string, payload: Uint8Array | string, code: JoseErrorCode) {
  const token = compact(header, payload, sign);
  if (code === 'ERR_JWS_INVALID') {
    for (const door of doorNames) expectCode(() => doors[door](token, KEY), code, token);
  } else expectCode(() => verifyJwt(token, KEY, EXPECTED), code, token);
  expect(explainedCode(token, KEY)).toBe(code);
  expectCode(() => readUnverifiedJwt(token), code, token);
}

describe('ENC-10 invalid UTF-8', () => {
  test.each(Object.entries(BAD_UTF8))('ENC-10 %s (%s) in a name and in a value', (_, bytes) => {
    const around = (before: string, after: string) => concat(octets(before), hex(bytes), octets(after));
    const claims = JSON.stringify(CLAIMS).slice(0, -1);
    expectPartRefused(around('{"alg":"HS256","x":"', '"}'), JSON.stringify(CLAIMS), 'ERR_JWS_INVALID');
    expectPartRefused(around('{"alg":"HS256","', '":1}'), JSON.stringify(CLAIMS), 'ERR_JWS_INVALID');
    expectPartRefused(around('{"alg":"HS256","kid":"', '"}'), JSON.stringify(CLAIMS), 'ERR_JWS_INVALID');
    expectPartRefused('{"alg":"HS256"}', around(`${claims},"x":"`, '"}'), 'ERR_JWT_INVALID');
    expectPartRefused('{"alg":"HS256"}', around(`${claims},"`, '":1}'), 'ERR_JWT_INVALID');
    expectPartRefused('{"alg":"HS256"}', concat(octets(JSON.stringify(CLAIMS)), hex(bytes)), 'ERR_JWT_INVALID');
  });

  test('ENC-10 a genuine U+FFFD is a character like any other', () => {
    const token = forge('HS256', '{"alg":"HS256","kid":"\ufffd"}', { ...CLAIMS, sub: 'a\ufffdb' });
    expect(verifyJwt(token, KEY, EXPECTED).claims.sub).toBe('a\ufffdb');
  });
});

describe('ENC-11 byte-order marks and wider encodings', () => {
  const utf16be = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le').swap16());
  const utf16le = (text: string) => new Uint8Array(Buffer.from(text, 'utf16le'));
  const utf32le = (text: string) => concat(...[...text].map((char) => [char.charCodeAt(0), 0, 0, 0]));
  const encoders: Record<string, (text: string) => Uint8Array> = {
    'a UTF-8 mark in front': (text) => concat(hex('efbbbf'), octets(text)),
    'a UTF-8 mark behind': (text) => concat(octets(text), hex('efbbbf')),
    'two marks': (text) => concat(hex('efbbbfefbbbf'), octets(text)),
    'UTF-16LE': utf16le,
    'UTF-16BE': utf16be,
    'UTF-16LE with its mark': (text) => concat(hex('fffe'), utf16le(text)),
    'UTF-16BE with its mark': (text) => concat(hex('feff'), utf16be(text)),
    'UTF-32LE': utf32le,
    'UTF-32LE with its mark': (text) => concat(hex('fffe0000'), utf32le(text)),
    'UTF-7': (text) => octets(text.replaceAll('{', '+AHs-').replaceAll('}', '+AH0-')),
  };
  test.each(Object.entries(encoders))('ENC-11 %s', (_, encode) => {
    expectPartRefused(encode('{"alg":"HS256"}'), JSON.stringify(CLAIMS), 'ERR_JWS_INVALID');
    expectPartRefused('{"alg":"HS256"}', encode(JSON.stringify(CLAIMS)), 'ERR_JWT_INVALID');
  });

  test('ENC-11 a mark before a JSON JWS, and two before a key set, of which one is skipped', () => {
    const set = JSON.stringify({ keys: [jwkOf(nodePair('ES256').publicKey)] });
    expect(importJwks(`\ufeff${set}`).keys).toHaveLength(1);
    expectCode(() => importJwks(`\ufeff\ufeff${set}`), 'ERR_JWKS_INVALID');
    expectCode(() => importJwks(`{"keys":[]\ufeff}`), 'ERR_JWKS_INVALID');
    expectCode(
      () => verifyJwsJson(`\ufeff${JSON.stringify(parts(forge('HS256', { alg: 'HS256' }, CLAIMS)))}`, KEY),
      'ERR_JWS_INVALID',
    );
  });
});

describe('ENC-12 surrogates', () => {
  test.each(['\\ud800', '\\udfff', '\\udc00\\ud800', 'a\\ud834', '\\ud834b'])(
    'ENC-12 %s in kid, typ or cty, and in what is compared',
    (lone) => {
      for (const name of ['kid', 'typ', 'cty']) {
        expectPartRefused(`{"alg":"HS256","${name}":"${lone}"}`, JSON.stringify(CLAIMS), 'ERR_JWS_INVALID');
      }
      for (const name of ['iss', 'sub', 'aud']) {
        const { [name as 'iss']: _, ...rest } = CLAIMS;
        const payload = JSON.stringify(rest).replace('{', `{"${name}":"${lone}",`);
        const token = compact('{"alg":"HS256"}', payload, sign);
        const subject = name === 'sub' ? { subject: 'user-1' } : {};
        const values = [{}, { issuer: null }, { audience: null }];
        for (const waived of values) {
          const run = () => verifyJwt(token, KEY, { ...EXPECTED, ...subject, ...waived });
          expect(['ERR_JWT_INVALID', 'ERR_JWT_CLAIM_VALIDATION_FAILED']).toContain(codeOf(run));
        }
        const list = compact(
          '{"alg":"HS256"}',
          payload.replace(`"${lone}"`, `["${EXPECTED.audience}","${lone}"]`),
          sign,
        );
        if (name === 'aud')
          expect(['ERR_JWT_INVALID', 'ERR_JWT_CLAIM_VALIDATION_FAILED']).toContain(
            codeOf(() => verifyJwt(list, KEY, EXPECTED)),
          );
      }
    },
  );

  test('ENC-12 what would become U+FFFD is not signed', () => {
    for (const name of ['sub', 'iss', 'aud', 'jti']) {
      expectTypeError(() => signJwt({ [name]: '\ud800' }, KEY, { expiresIn: 60, now: NOW }));
    }
    expectTypeError(() => signJwt({ aud: ['a', '\udc00'] }, KEY, { expiresIn: 60, now: NOW }));
    expectTypeError(() => signJws(octets('x'), KEY, { header: { kid: '\ud800' } }));
    expectTypeError(() => signJws(octets('x'), KEY, { header: { typ: '\ud800' } }));
    expectTypeError(() => importKey(nodePair('ES256').publicKey, { kid: '\ud800' }));
  });

  test('ENC-12 a pair by escapes is the character itself', () => {
    const escaped = compact('{"alg":"HS256"}', JSON.stringify(CLAIMS).replace('user-1', '\\ud834\\udd1e'), sign);
    const raw = compact('{"alg":"HS256"}', JSON.stringify({ ...CLAIMS, sub: '\u{1d11e}' }), sign);
    for (const token of [escaped, raw]) {
      expect(verifyJwt(token, KEY, { ...EXPECTED, subject: '\u{1d11e}' }).claims.sub).toBe('\u{1d11e}');
    }
    const jwk = { ...jwkOf(nodePair('ES256').publicKey), kid: '\u{1d11e}' };
    const token = forge('ES256', '{"alg":"ES256","kid":"\\ud834\\udd1e"}', CLAIMS);
    expect(verifyJwt(token, importJwks({ keys: [jwk] }), EXPECTED).key.kid).toBe('\u{1d11e}');
  });
});

function codeOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe('ENC-13 a token that is no string', () => {
  const token = forge('HS256', { alg: 'HS256' }, CLAIMS);
  const others: readonly (readonly [string, unknown])[] = [
    ['a Buffer', Buffer.from(token)],
    ['a Uint8Array', octets(token)],
    ['a String object', Object(token)],
    ['an array of one', [token]],
    ['an array of parts', token.split('.')],
    ['an object with toString', { toString: () => token }],
    ['an object with split', { split: () => token.split('.'), length: token.length, indexOf: () => 20 }],
    ['a JSON JWS', parts(token)],
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['a symbol', Symbol('token')],
    ['a promise', Promise.resolve(token)],
  ];
  test.each(others)('ENC-13 %s', (_, value) => {
    expectCode(() => verifyJws(value as string, KEY), 'ERR_JWS_INVALID', token);
    expectCode(() => verifyJwt(value as string, KEY, EXPECTED), 'ERR_JWS_INVALID', token);
    expectCode(() => readUnverifiedJwt(value as string), 'ERR_JWS_INVALID', token);
    expect(explainedCode(value as string, KEY)).toBe('ERR_JWS_INVALID');
  });

  test('ENC-13 nor may a member of a JSON JWS be anything else', () => {
    const jws = parts(token);
    for (const name of ['protected', 'payload', 'signature'] as const) {
      for (const value of [octets(jws[name]), [jws[name]], null, 1, { toString: () => jws[name] }]) {
        expectCode(() => verifyJwsJson({ ...jws, [name]: value }, KEY), 'ERR_JWS_INVALID', token);
      }
    }
    for (const value of [undefined, null, 1, Symbol('jws'), () => jws]) {
      expectCode(() => verifyJwsJson(value as never, KEY), 'ERR_JWS_INVALID');
    }
  });
});
