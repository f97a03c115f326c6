// A finding of `barejose jwks lint`: its severity, the section it rests on, the keys it is about, and the remedy.
import { importEncryptionKeys, importJwks, importKey, type JoseError, type Key } from '../index.ts';
import { asJoseError } from './errors.ts';
import type { JsonObject } from './json.ts';

/**
 * error: verifiers refuse the key, or anyone can forge tokens. warning: some verifiers refuse it, or it will fail one day.
 * note: an improvement.
 */
export const SEVERITIES = ['error', 'warning', 'note'] as const;

export interface Finding {
  readonly severity: (typeof SEVERITIES)[number];
  /** The section that requires the remedy, or "ours" for a judgement of this library. */
  readonly section: string;
  /** The keys that it is about; undefined for the set as a whole, or its HTTP response. */
  readonly keys?: readonly KeyReference[];
  readonly message: string;
  readonly remedy: string;
}

/** The position of a key in the set, and its kid. */
export interface KeyReference {
  readonly index: number;
  readonly kid?: string;
}

/** A key of the set with its position. */
export interface KeyEntry {
  readonly index: number;
  readonly jwk: JsonObject;
}

/** A finding before the keys are known. */
export type Problem = Omit<Finding, 'keys'>;

export function findingAbout({ severity, section, message, remedy }: Problem, entries: readonly KeyEntry[]): Finding {
  return { severity, section, keys: entries.map(referenceTo), message, remedy };
}

/** Omits a kid that is not a string, which is a finding of its own. */
function referenceTo({ index, jwk: { kid } }: KeyEntry): KeyReference {
  return { index, ...(typeof kid === 'string' && { kid }) };
}

/** What a key is for. */
export type Purpose = 'sig' | 'enc';

/** The key management algorithms of RFC 7518 §4.1. */
const ENCRYPTION_ALG = /^(?:RSA-OAEP|RSA1_5|ECDH-ES|A(?:128|192|256)|dir$|PBES2)/;

export function isEncryptionAlg(alg: unknown): boolean {
  return typeof alg === 'string' && ENCRYPTION_ALG.test(alg);
}

export function purposeOf({ use, alg, crv }: JsonObject): Purpose {
  return use === 'enc' || isEncryptionAlg(alg) || crv === 'X25519' || crv === 'X448' ? 'enc' : 'sig';
}

/** Returns the imported key, or the error that refuses it. */
export function tryImport(jwk: JsonObject, use: Purpose): Key | JoseError {
  try {
    const material = { ...jwk, kty: typeof jwk.kty === 'string' ? jwk.kty : '' };
    return use === 'enc' ? importKey(material, { use }) : importKey(material);
  } catch (error) {
    return asJoseError(error);
  }
}

/** Returns the key as a published set of it is read, where some spellings are forgiven, or the reason why not. */
export function importPublished(jwk: JsonObject, purpose: Purpose = purposeOf(jwk)): Key | string {
  try {
    const set = { keys: [jwk] };
    const { keys, skipped } = purpose === 'enc' ? importEncryptionKeys(set) : importJwks(set, useOf(jwk));
    return keys[0] ?? skipped.map(({ reason }) => reason).join();
  } catch (error) {
    return asJoseError(error).message; // too deep, or too large
  }
}

/** The option for the keys of a SPIFFE bundle that verify JWT-SVIDs. */
export function useOf({ use }: JsonObject): { use?: string } {
  return use === 'jwt-svid' ? { use } : {};
}

export function pickMembers(jwk: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(jwk, name)).map((name) => [name, jwk[name]]));
}
