// The source of randomness for encryption: octets, and ephemeral keys. It is an argument inside this library, so that a
// test can make what an RFC prints; no public function takes it.
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { isKeyObject } from 'node:util/types';
import { attempt } from '../errors.ts';
import { ownMembers } from '../json.ts';
import type { KeyManagementRow } from './key-management.ts';
import { nodeKeyType } from './support.ts';

/** A new key pair for one agreement. */
export interface EphemeralKey {
  readonly privateKey: KeyObject;
  /** x, or x and y. */
  readonly point: Uint8Array;
}

export interface Entropy {
  octets(length: number): Uint8Array;
  /** `undefined` where the runtime lacks the curve. */
  ephemeralKey(row: KeyManagementRow): EphemeralKey | undefined;
}

/** RFC 7516 §11.1 [7516-11.1-1] the generator of node:crypto. */
export const ENTROPY: Entropy = /* @__PURE__ */ Object.freeze({
  octets: (length: number) => randomBytes(length),
  // An error of node:crypto may quote its options, and with polluted ones the key: none is passed on.
  ephemeralKey: (row: KeyManagementRow) => attempt(() => generateEphemeral(row), undefined),
});

/**
 * The public half comes as DER, since Node 20 may lock up when it exports a key as JWK that it has just generated; the
 * private half as a KeyObject, since to read one from DER takes Node 20 six times as long as to agree with it.
 */
function generateEphemeral(row: KeyManagementRow): EphemeralKey {
  const publicKeyEncoding = ownMembers({ format: 'der', type: 'spki' });
  const options = ownMembers({ namedCurve: row.crv, publicKeyEncoding });
  const generated = generatePair(nodeKeyType(row), options);
  // With a kty in a polluted Object.prototype, Node 20 takes the private half for a JWK, and makes no KeyObject of it.
  const { publicKey, privateKey } = isKeyObject(generated.privateKey) ? generated : generateAsDer(row, options);
  const length = row.kty === 'EC' ? 2 * row.keyLength : row.keyLength;
  return { privateKey, point: publicKey.subarray(publicKey.length - length) };
}

/** A key pair whose private half comes as DER too. */
function generateAsDer(row: KeyManagementRow, options: object): GeneratedPair {
  const privateKeyEncoding = ownMembers({ format: 'der', type: 'pkcs8' } as const);
  const { publicKey, privateKey } = generateDer(nodeKeyType(row), ownMembers({ ...options, privateKeyEncoding }));
  return { publicKey, privateKey: createPrivateKey(ownMembers({ ...privateKeyEncoding, key: privateKey })) };
}

interface GeneratedPair {
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
}

/** node:crypto's generateKeyPairSync with its type as text: its declarations have one overload for each type. */
const generatePair: (type: string, options: object) => GeneratedPair = generateKeyPairSync as never;
const generateDer: (type: string, options: object) => Record<keyof GeneratedPair, Buffer> = generatePair as never;
