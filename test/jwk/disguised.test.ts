// A secret that is a key of another kind: how HS256 forgeries are made. What is one by its form is refused, in each spelling
// in which a file or an environment variable holds it; what only resembles one is a secret.
import { createSecretKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { importSecret } from '../../src/index.ts';
import { secretKeyObject } from '../../src/jwk/public.ts';
import { codeOf } from '../support/code.ts';
import { certificate, der, pem, pkcs8Of, spkiOf } from '../support/forge.ts';
import { nodePair } from '../support/keys.ts';

const ec = nodePair('ES256');
const rsa = nodePair('RS256');
const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64');
const spki = base64(spkiOf(ec.publicKey));
const inLines = spki.replace(/.{64}/g, '$&\n');
const text = (characters: string) => Buffer.from(characters, 'latin1');
const codeFor = (secret: Uint8Array) => codeOf(() => secretKeyObject(secret));
const element = (tag: number) => der(tag, Uint8Array.of(1, 2, 3));

describe('text of a key', () => {
  const armoured = pem('PUBLIC KEY', spkiOf(ec.publicKey));
  test.each([
    ['PEM', armoured],
    ['PEM after something else', `KEY=${armoured}`],
    ['the BEGIN of any PEM', '-----BEGIN'],
    ['PEM in UTF-16, the higher octet last', Buffer.from(armoured, 'utf16le').toString('latin1')],
    ['PEM in UTF-16, the higher octet first', Buffer.from(armoured, 'utf16le').swap16().toString('latin1')],
    ['base64 of PEM', base64(text(armoured))],
    ['base64 of PEM, in quotes', `"${base64(text(armoured))}"`],
    ['base64 of PEM, in apostrophes and indented', `  '${base64(text(armoured))}'`],
    ['SSH', 'ssh-rsa AAAAB3NzaC1yc2E'],
    ['SSH after its options', 'no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5'],
    ['SSH of a curve', 'ecdsa-sha2-nistp256 AAAAE2VjZHNh'],
    ['a JWK', '{"kty":"EC"}'],
    ['a JWK Set', '{"keys":[]}'],
    ['a JWK within JSON text', '{"key":"{\\"kty\\":\\"EC\\"}"}'],
    ['a JWK Set within JSON text', '{"jwks":"{\\"keys\\":[]}"}'],
    ['base64 of SPKI', spki],
    ['in lines', inLines],
    ['in lines whose ends are written out', inLines.replaceAll('\n', '\\n')],
    ['with blanks around', ` \t${spki}\n`],
    ['in quotes', `"${spki}"`],
    ['in apostrophes, with blanks around', ` '${spki}' `],
    ['base64url of SPKI', Buffer.from(spkiOf(rsa.publicKey)).toString('base64url')],
    ['base64 without its padding', base64(spkiOf(rsa.publicKey)).replace(/=+$/, '')],
  ])('%s is refused', (_, characters) => {
    expect(codeFor(text(characters))).toBe('ERR_JWK_INVALID');
  });

  test.each([
    ['words', 'correct horse battery staple'],
    ['the words of a PEM that begins otherwise', '-----END PUBLIC KEY-----'],
    ['base64 of the words of PEM, after another word', `x${base64(text(armoured))}`],
    ['base64 of no key, that begins with M', base64(Uint8Array.of(0x30, 3, 2, 1, 5))],
    ['base64 of a key before another alphabet', `${spki}!`],
    ['base64 of a key after another alphabet', `!${spki}`],
    ['members of other names', '{"kty1":1,"mykeys":2}'],
    ['names without quotes', 'kty keys'],
  ])('%s may be a secret', (_, characters) => {
    expect(codeFor(text(characters))).toBeNull();
  });
});

describe('DER of a key', () => {
  test.each([
    ['SubjectPublicKeyInfo', [0x30, 0x03]],
    ['RSAPublicKey and RSAPrivateKey', [0x02, 0x02]],
    ['PrivateKeyInfo', [0x02, 0x30, 0x04]],
    ['ECPrivateKey', [0x02, 0x04]],
    ['Certificate', [0x30, 0x30, 0x03]],
  ])('the elements of %s are refused, and not when the last is another', (_, tags) => {
    expect(codeFor(der(0x30, ...tags.map(element)))).toBe('ERR_JWK_INVALID');
    expect(codeFor(der(0x30, ...tags.map(element), element(0x05)))).toBe('ERR_JWK_INVALID');
    const other = [...tags.slice(0, -1), 0x05];
    expect(codeFor(der(0x30, ...other.map(element)))).toBeNull();
    expect(codeFor(der(0x31, ...tags.map(element)))).toBeNull();
  });

  test.each([
    ['SPKI', spkiOf(rsa.publicKey)],
    ['PKCS#8', pkcs8Of(ec.privateKey)],
    ['a certificate', certificate(spkiOf(ec.publicKey))],
  ])('%s is refused, alone, with octets behind it, and in base64 with more behind it', (_, octets) => {
    for (const secret of [octets, Buffer.concat([octets, octets]), text(base64(Buffer.concat([octets, octets])))])
      expect(codeFor(secret)).toBe('ERR_JWK_INVALID');
  });

  test('an empty SEQUENCE, and elements that are cut short, are none', () => {
    for (const digits of ['3000', '30', '300330010203', '3005020105'])
      expect(codeFor(Buffer.from(digits, 'hex')), digits).toBeNull();
  });
});

test('the octets of a secret stay as they are', () => {
  const octets = Buffer.from('correct horse battery staple, correct horse');
  expect(secretKeyObject(octets).equals(createSecretKey(octets))).toBe(true);
  expect(importSecret(octets, { alg: 'HS256' }).type).toBe('secret');
});
