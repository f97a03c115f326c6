// Key material as jsonwebtoken takes it, read into keys of barejose: text, octets, a KeyObject, or an object with a `key`.
// Text with BEGIN is a PEM or an error, never a secret: else whoever knows a public key that cannot be read could sign with
// it. Each key is imported once for each algorithm, and kept in a bounded cache.
import type { KeyObject } from 'node:crypto';
import { isKeyObject } from 'node:util/types';
import {
  type ImportKeyOptions,
  importKey,
  importSecret,
  isJoseError,
  type Jwk,
  type Key,
  type SignatureAlgorithm,
} from '../index.ts';
import { ownMembers } from './own-members.ts';

/** Key material that was read as far as its kind. */
export interface KeyMaterial {
  readonly type: 'secret' | 'public' | 'private';
  /** Whether it came as text, a PEM or a secret. */
  readonly isText: boolean;
  /** The algorithm that the key has by its kind: RS256, ES256, EdDSA…; `undefined` for a secret. */
  readonly kind: string | undefined;
  /** The Key for an algorithm. @throws UnusableKey if the material is not for it */
  readonly keyFor: (alg: SignatureAlgorithm) => Key;
}

/** Says that key material cannot be used. Its message continues the name of an argument. */
export class UnusableKey extends Error {}

const NO_MATERIAL = 'is not valid key material';

/** The most texts whose keys are kept. */
const MAX_CACHED = 256;

/** Returns a function that reads each text once, and keeps the results of the last ones. */
function cached(read: (text: string) => KeyMaterial): (text: string) => KeyMaterial {
  const known = new Map<string, KeyMaterial>();
  // Mostly one text comes again and again, and comparing two texts is faster than hashing one.
  let latest: readonly [text: string, material: KeyMaterial] | undefined;
  return (text) => {
    if (latest?.[0] === text) return latest[1];
    const material = known.get(text) ?? read(text);
    known.delete(text); // so that it is the newest again
    const [oldest] = known.keys();
    if (known.size === MAX_CACHED && oldest !== undefined) known.delete(oldest);
    known.set(text, material);
    latest = [text, material];
    return material;
  };
}

/** The word of every PEM, also in UTF-16, and as the base64 of a PEM begins. */
const PEM = /B\0?E\0?G\0?I\0?N|^["'\s]*LS0tLS1CRUdJTi/;

const materialOfText = cached((text) => (PEM.test(text) ? pemMaterial(text) : secretMaterial(Buffer.from(text))));
/** By the octets as latin1, since a caller may change what an array holds. */
const materialOfOctets = cached((text) =>
  PEM.test(text) ? pemMaterial(text) : secretMaterial(Buffer.from(text, 'latin1')),
);
const MATERIAL_OF_OBJECT: WeakMap<object, KeyMaterial> = new WeakMap();

/** Reads key material as far as its kind. @throws UnusableKey */
export function readKeyMaterial(given: unknown): KeyMaterial {
  if (typeof given === 'string') return materialOfText(given);
  if (given instanceof Uint8Array) return materialOfOctets(latin1(given));
  if (isKeyObject(given)) return materialOfObject(given);
  if (typeof given === 'object' && given !== null) return readKeyInput(ownMembers(given));
  throw new UnusableKey(NO_MATERIAL);
}

function latin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1');
}

function materialOfObject(key: KeyObject): KeyMaterial {
  const known = MATERIAL_OF_OBJECT.get(key);
  if (known) return known;
  const material = key.type === 'secret' ? secretMaterial(key.export()) : keyMaterial(key, false);
  MATERIAL_OF_OBJECT.set(key, material);
  return material;
}

/** Reads an object as node:crypto takes it: `{ key, format, passphrase }`. */
function readKeyInput({ key, format, passphrase }: { [member: string]: unknown }): KeyMaterial {
  const word = passphrase instanceof Uint8Array ? Buffer.from(passphrase).toString() : passphrase;
  const options = word === undefined ? {} : { passphrase: String(word) };
  if (format === 'jwk') return keyMaterial({ ...Object(key) } as Jwk, false);
  if (format === 'der' && key instanceof Uint8Array) return keyMaterial(Uint8Array.from(key), false, options);
  const text = key instanceof Uint8Array ? latin1(key) : key;
  if (typeof text === 'string' && PEM.test(text)) return pemMaterial(text, options);
  throw new UnusableKey(NO_MATERIAL);
}

function pemMaterial(text: string, options: ImportKeyOptions = {}): KeyMaterial {
  return keyMaterial(text, true, options);
}

function secretMaterial(octets: Uint8Array): KeyMaterial {
  const keyFor = oncePerAlgorithm((alg) => {
    try {
      return importSecret(octets, { alg });
    } catch (cause) {
      throw unusableSecret(octets.length, alg, cause);
    }
  });
  return { type: 'secret', isText: true, kind: undefined, keyFor };
}

function unusableSecret(length: number, alg: SignatureAlgorithm, cause: unknown): UnusableKey {
  const isShort = isJoseError(cause) && cause.code === 'ERR_JWK_WEAK';
  const text = isShort
    ? `has ${length} octets; ${alg} needs ${Number(alg.slice(2)) / 8} (RFC 7518 §3.2). ` +
      'Make one with "openssl rand -base64 48"; tokens of the old one have to be issued anew'
    : `is no secret but a key of another kind: give it as PEM, with its BEGIN and END lines`;
  return new UnusableKey(text, { cause });
}

function keyMaterial(
  given: Parameters<typeof importKey>[0],
  isText: boolean,
  options: ImportKeyOptions = {},
): KeyMaterial {
  const read = (alg?: SignatureAlgorithm): Key => {
    try {
      return importKey(given, { ...options, alg, use: 'sig' });
    } catch (cause) {
      throw unusableKey(cause, isText);
    }
  };
  const key = read();
  return { type: key.type, isText, kind: key.alg, keyFor: oncePerAlgorithm(read) };
}

function unusableKey(cause: unknown, isText: boolean): UnusableKey {
  const { message: reason }: Error = Object(cause);
  if (reason.endsWith('under 2048 bits')) return new UnusableKey('has a minimum key size of 2048 bits', { cause });
  return new UnusableKey(`${isText ? 'looks like a PEM and cannot be read' : NO_MATERIAL}: ${reason}`, { cause });
}

function oncePerAlgorithm(read: (alg: SignatureAlgorithm) => Key): (alg: SignatureAlgorithm) => Key {
  const keys = new Map<SignatureAlgorithm, Key>();
  return (alg) => {
    const known = keys.get(alg);
    if (known) return known;
    const key = read(alg);
    keys.set(alg, key);
    return key;
  };
}
