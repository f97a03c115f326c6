// Keys for encryption, one for each algorithm, and tokens taken apart and put together.
import { createPublicKey } from 'node:crypto';
import {
  type ContentEncryption,
  importKey,
  importPassword,
  importSecret,
  KEY_MANAGEMENT_ALGORITHMS,
  type Key,
  type KeyManagementAlgorithm,
} from '../../src/index.ts';
import { freshPair, nodePair } from './keys.ts';

/** One kind of key for encryption: what encrypts, and what decrypts. */
export interface EncryptionKind {
  readonly label: string;
  readonly alg: KeyManagementAlgorithm;
  readonly encrypting: Key;
  readonly decrypting: Key;
}

const SECRET_LENGTHS: Readonly<Record<ContentEncryption, number>> = {
  A128GCM: 16,
  A192GCM: 24,
  A256GCM: 32,
  'A128CBC-HS256': 32,
  'A192CBC-HS384': 48,
  'A256CBC-HS512': 64,
};
export const encryptions = Object.keys(SECRET_LENGTHS) as ContentEncryption[];

const CURVES = [
  ['P-256', 'ec'],
  ['P-384', 'ec'],
  ['P-521', 'ec'],
  ['X25519', 'x25519'],
  ['X448', 'x448'],
] as const;

const pairs = new Map(CURVES.map(([crv, type]) => [crv, freshPair(type, { namedCurve: crv })] as const));

/** Octets to encrypt. */
export const PLAINTEXT: Uint8Array = new TextEncoder().encode('plaintext');

/** The octets of a secret, the same in every run. */
export function secretOf(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => 7 * i + length);
}

/** The Keys are made at their first use, and not before a test has begun. */
function kind(
  label: string,
  alg: KeyManagementAlgorithm,
  make: () => Pick<EncryptionKind, 'encrypting' | 'decrypting'>,
): EncryptionKind {
  let made: ReturnType<typeof make> | undefined;
  const keys = () => {
    made ??= make();
    return made;
  };
  return {
    label,
    alg,
    get encrypting() {
      return keys().encrypting;
    },
    get decrypting() {
      return keys().decrypting;
    },
  };
}

function shared(alg: KeyManagementAlgorithm, label: string, make: () => Key): EncryptionKind {
  return kind(label, alg, () => {
    const key = make();
    return { encrypting: key, decrypting: key };
  });
}

function asymmetric(alg: KeyManagementAlgorithm, label: string, pair = nodePair('RS256')): EncryptionKind {
  return kind(label, alg, () => ({
    encrypting: importKey(createPublicKey(pair.privateKey), { alg }),
    decrypting: importKey(pair.privateKey, { alg }),
  }));
}

function kindsOf(alg: KeyManagementAlgorithm): readonly EncryptionKind[] {
  if (alg === 'dir')
    return encryptions.map((enc) =>
      shared(alg, `dir for ${enc}`, () => importSecret(secretOf(SECRET_LENGTHS[enc]), { alg, enc })),
    );
  if (alg.startsWith('PBES2'))
    return [
      shared(alg, alg, () => importPassword('a password', { alg: alg as 'PBES2-HS256+A128KW', iterations: 1000 })),
    ];
  if (alg.startsWith('ECDH'))
    return CURVES.map(([crv]) => asymmetric(alg, `${alg} on ${crv}`, pairs.get(crv) as ReturnType<typeof nodePair>));
  if (alg.startsWith('RSA')) return [asymmetric(alg, alg)];
  return [shared(alg, alg, () => importSecret(secretOf(Number(alg.slice(1, 4)) / 8), { alg }))];
}

/** Every algorithm on every kind of key. */
export const encryptionKinds: readonly EncryptionKind[] = KEY_MANAGEMENT_ALGORITHMS.flatMap(kindsOf);

/** The kind of that label. */
export function kindOf(label: string): EncryptionKind {
  const found = encryptionKinds.find((kind) => kind.label === label);
  if (!found) throw new Error(`there is no ${label}`);
  return found;
}

/** The encs that a kind can have: one, for dir. */
export function encsOf({ label }: EncryptionKind): readonly ContentEncryption[] {
  return label.startsWith('dir') ? encryptions.filter((enc) => label.endsWith(` ${enc}`)) : encryptions;
}

/** The five parts of a token. */
export type Parts = [header: string, encryptedKey: string, iv: string, ciphertext: string, tag: string];
export const PARTS = ['header', 'encrypted key', 'IV', 'ciphertext', 'tag'] as const;

export function partsOf(token: string): Parts {
  return token.split('.') as Parts;
}

/** A token with some of its parts replaced. */
export function withParts(token: string, parts: Readonly<Record<number, string>>): string {
  return partsOf(token)
    .map((part, i) => parts[i] ?? part)
    .join('.');
}

export function headerOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(partsOf(token)[0], 'base64url').toString());
}

/** A token whose header was changed, so that its tag is wrong for sure, whatever is read before that. */
export function withHeader(token: string, changes: object): string {
  const header = JSON.stringify({ ...headerOf(token), ...changes });
  return withParts(token, { 0: Buffer.from(header).toString('base64url') });
}

export function b64(octets: Uint8Array | string): string {
  return Buffer.from(octets).toString('base64url');
}
