// Sealed private parts: they come back in their own place and under their own key, and nowhere else.

import { createCipheriv } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSeal, type SealContext, type SealingKey } from '../../src/store/seal.ts';
import { expectCode, expectSilent, expectTypeError } from '../support/expect.ts';

const KEY = new Uint8Array(32).fill(11);
const OTHER = new Uint8Array(32).fill(12);
const HERE: SealContext = { ring: 'https://issuer.example', kid: 'k1' };
const SECRET = '{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}';

/** What ours returns, which is a string at once. */
const sealed = (keys: SealingKey | readonly SealingKey[] = KEY, context = HERE): string =>
  String(createSeal(keys).seal(SECRET, context));
const refused = (text: unknown, keys: SealingKey | readonly SealingKey[] = KEY, context = HERE) =>
  // What a store returned may be anything.
  expectCode(() => createSeal(keys).unseal(text as string, context), 'ERR_RING_INVALID', SECRET, text, KEY, OTHER);

describe('a sealed text', () => {
  test('has five parts: the form, the key’s name, the IV, the ciphertext and the tag', () => {
    expect(sealed()).toMatch(/^A256GCM\.[\w-]{11}\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/);
  });

  test('is another one each time, and holds nothing of the text', () => {
    expect(sealed()).not.toBe(sealed());
    expectSilent(sealed(), SECRET, KEY);
  });

  test('comes back, whatever the text, the ring and the kid', () => {
    const texts = fc.string({ unit: 'grapheme' });
    const seal = createSeal([KEY]);
    fc.assert(
      fc.property(texts, texts, texts, (text, ring, kid) => {
        expect(seal.unseal(String(seal.seal(text, { ring, kid })), { ring, kid })).toBe(text);
      }),
    );
  });

  test('of yesterday is read today', () => {
    // Made once, and never to be made anew: the form, the key's name and what is bound must stay as they are.
    const old = 'A256GCM.ZKUVk_imCUo.b_xzNdRT4FxGTMl7.KsAwPwrAwR0VNmk.ovtpWRxAb9i01MUZ6qNiTA';
    expect(createSeal(KEY).unseal(old, HERE)).toBe('{"d":"old"}');
  });
});

describe('refused', () => {
  test('in another ring, under another kid, or where the two only look the same when put together', () => {
    refused(sealed(), KEY, { ...HERE, ring: 'https://other.example' });
    refused(sealed(), KEY, { ...HERE, kid: 'k2' });
    refused(sealed(KEY, { ring: 'a', kid: 'bc' }), KEY, { ring: 'ab', kid: 'c' });
    refused(sealed(KEY, { ring: 'a","b', kid: 'c' }), KEY, { ring: 'a', kid: 'b","c' });
  });

  test('under an unknown key, which is told', () => {
    expect(refused(sealed(OTHER)).message).toContain('a key that createSeal was not given');
  });

  test('under another key that goes by the right name', () => {
    const [form, , ...rest] = sealed(OTHER).split('.');
    refused([form, sealed().split('.')[1], ...rest].join('.'));
  });

  test('cut short anywhere', () => {
    const text = sealed();
    for (let length = 0; length < text.length; length++) refused(text.slice(0, length));
  });

  test('with any one character replaced, doubled or added', () => {
    const text = sealed();
    for (let i = 0; i < text.length; i++) {
      const other = text[i] === 'A' ? 'B' : 'A';
      refused(text.slice(0, i) + other + text.slice(i + 1));
      refused(text.slice(0, i) + text.slice(i - 1));
    }
    for (const more of [`${text}.`, `${text}.AA`, ` ${text}`, `${text}\n`, `${text}=`]) refused(more);
  });

  test('with the parts of another sealed text', () => {
    const [a, b] = [sealed().split('.'), sealed().split('.')];
    for (const i of [2, 3, 4]) refused(a.with(i, String(b[i])).join('.'));
  });

  test('what is no sealed text at all', () => {
    for (const text of [undefined, null, 1, {}, [], '', '....', 'A256GCM....', SECRET, '\ud800']) refused(text);
  });

  test('octets that are no text, from whoever has the key', () => {
    const seal = createSeal(KEY);
    const [form, id] = String(seal.seal('', HERE)).split('.');
    const cipher = createCipheriv('aes-256-gcm', KEY, new Uint8Array(12), { authTagLength: 16 });
    cipher.setAAD(Buffer.from(JSON.stringify(['A256GCM', HERE.ring, HERE.kid])));
    const ciphertext = Buffer.concat([cipher.update(new Uint8Array([0xff, 0xfe])), cipher.final()]);
    const parts = [new Uint8Array(12), ciphertext, cipher.getAuthTag()].map((part) =>
      Buffer.from(part).toString('base64url'),
    );
    refused([form, id, ...parts].join('.'));
  });
});

describe('keys', () => {
  test('the first seals and all unseal, so that a key can be replaced', () => {
    const before = sealed(OTHER);
    const both = createSeal([KEY, OTHER]);
    expect(both.unseal(before, HERE)).toBe(SECRET);
    const after = String(both.seal(SECRET, HERE));
    expect(createSeal(KEY).unseal(after, HERE)).toBe(SECRET);
    refused(before, KEY);
    refused(after, OTHER);
  });

  test('octets, base64, base64url and hex are one key, and so are the octets of such a text', () => {
    const octets = Uint8Array.from({ length: 32 }, (_, i) => 251 - 7 * i);
    const hex = Buffer.from(octets).toString('hex');
    const text = Buffer.from(octets).toString('base64url');
    const base64 = Buffer.from(octets).toString('base64');
    expect(base64).toMatch(/^(?=.*\+)(?=.*\/).{43}=$/);
    const texts = [text, `${text}=`, base64, base64.slice(0, 43), hex, hex.toUpperCase()];
    const lines = [...texts, ...texts.map((each) => `${each}\n`), ` ${hex}\r\n`];
    for (const key of [octets, Buffer.from(octets), ...lines, ...lines.map((line) => Buffer.from(line))]) {
      expect(createSeal(key).unseal(sealed(octets), HERE)).toBe(SECRET);
      expect(createSeal(octets).unseal(sealed(key), HERE)).toBe(SECRET);
    }
  });

  test('of another length or form', () => {
    const bad: unknown[] = [
      new Uint8Array(31),
      new Uint8Array(33),
      new Uint8Array(16),
      '',
      'a passphrase',
      'AA'.repeat(22),
      'zz'.repeat(32),
      `${Buffer.from(KEY).toString('base64')}=`,
      `${Buffer.from(KEY).toString('base64')}\n${Buffer.from(KEY).toString('base64')}`,
      Buffer.from(KEY).toString('hex').slice(1),
      'A'.repeat(42),
      `${'A'.repeat(42)}==`,
      `${'A'.repeat(43)}A`,
      `+${'A'.repeat(41)}_`,
      `+_${'A'.repeat(41)}`,
      `${'A'.repeat(42)}B`,
      `${'A'.repeat(42)}B=`,
      Buffer.from('a passphrase'),
      Buffer.alloc(43, 0xff),
      undefined,
      null,
      32,
      {},
      new ArrayBuffer(32),
    ];
    for (const key of bad) {
      expectTypeError(() => createSeal(key as string), 'keys');
      expectTypeError(() => createSeal([KEY, key as string]), 'keys');
    }
    expectTypeError(() => createSeal([]), 'keys');
    const holes: Uint8Array[] = [KEY];
    holes.length = 2;
    expectTypeError(() => createSeal(holes), 'keys');
  });

  test('are not shown', () => {
    const seal = createSeal([KEY, OTHER]);
    expectSilent(seal, KEY, OTHER);
    expect(inspect(seal)).toContain('Function');
    expect(Object.isFrozen(seal)).toBe(true);
    const secret = `${Buffer.from(KEY).toString('base64')}=`;
    const refusal = expectTypeError(() => createSeal(secret), 'openssl rand -base64 32');
    expectSilent(refusal, secret);
  });

  test('and what the caller does to them or to their list afterwards changes nothing', () => {
    const [key, list] = [KEY.slice(), [KEY]];
    const [seal, other] = [createSeal(key), createSeal(list)];
    key.fill(0);
    list[0] = OTHER;
    expect(createSeal(KEY).unseal(String(seal.seal(SECRET, HERE)), HERE)).toBe(SECRET);
    expect(createSeal(KEY).unseal(String(other.seal(SECRET, HERE)), HERE)).toBe(SECRET);
  });
});

test('arguments that are the caller’s mistake', () => {
  const seal = createSeal(KEY);
  for (const text of [undefined, 1, {}, '\ud800']) expectTypeError(() => seal.seal(text as string, HERE), 'text');
  for (const bad of [{}, { ring: 'r' }, { kid: 'k' }, { ring: 1, kid: 'k' }, { ring: 'r', kid: '\udfff' }]) {
    expectTypeError(() => seal.seal(SECRET, bad as SealContext), 'context');
    expectTypeError(() => seal.unseal(sealed(), bad as SealContext), 'context');
  }
});
