import { describe, expect, test } from 'vitest';
import { iterationsOf } from '../../src/jwk/key-derivation.ts';
import { byCount, byPbkdf2, byScrypt, byUnknown } from '../support/encrypted-keys.ts';
import { der, derSequence, hex } from '../support/forge.ts';
import { nodePair } from '../support/keys.ts';

const { privateKey } = nodePair('ES256');

describe('the work that an encrypted PKCS#8 demands', () => {
  test('PBKDF2: its count', () => {
    for (const count of [1, 127, 128, 2048, 1_000_000, 2 ** 31 - 1, 2 ** 48])
      expect(iterationsOf(byPbkdf2(privateKey, 'x', count, 1))).toBe(count);
  });

  test('scrypt: N · r · p', () => {
    expect(iterationsOf(byScrypt(privateKey, 'x', [16_384, 8, 2], false))).toBe(262_144);
  });

  test('PBES1 and PKCS #12: their count', () => {
    expect(iterationsOf(byCount(4096))).toBe(4096);
  });

  test('what OpenSSL writes', () => {
    const sealed = privateKey.export({ format: 'der', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' });
    expect(iterationsOf(sealed)).toBe(2048);
  });

  test.each([
    ['nothing', new Uint8Array(0)],
    ['no algorithm', derSequence()],
    ['an algorithm that is no sequence', derSequence(der(0x04), der(0x04))],
    ['an algorithm without a name', derSequence(derSequence(), der(0x04))],
    ['an algorithm without parameters', derSequence(derSequence(der(0x06, hex('2a0304'))), der(0x04))],
    ['a derivation that is not known', byUnknown()],
    [
      'PBES2 without parameters',
      derSequence(derSequence(der(0x06, hex('2a864886f70d01050d')), derSequence()), der(0x04)),
    ],
    [
      'parameters that are no DER',
      derSequence(derSequence(der(0x06, hex('2a0304')), der(0x30, hex('3001'))), der(0x04)),
    ],
  ])('cannot be read of %s', (_, octets) => {
    expect(iterationsOf(octets)).toBeNaN();
  });

  test('a scrypt that lacks a number has none', () => {
    const parameters = derSequence(der(0x04), der(0x02, hex('40')), der(0x02, hex('08')));
    const derivation = derSequence(der(0x06, hex('2b06010401da47040b')), parameters);
    const algorithm = derSequence(der(0x06, hex('2a864886f70d01050d')), derSequence(derivation, derSequence()));
    expect(iterationsOf(derSequence(algorithm, der(0x04)))).toBeNaN();
  });
});
