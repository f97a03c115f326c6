// RFC 7515 §7.2: the JWS JSON Serialization, general and flattened, written and read.

import { encodeBase64url } from '../base64url.ts';
import { copyOctets, encodeUtf8, readUtf8, unpooled } from '../bytes.ts';
import { asJoseError, JoseError } from '../errors.ts';
import { parseProtected } from '../header.ts';
import { isJsonObject, type JsonObject, jsonOctets, MAX_MEMBERS, ownMembers, parseJsonObject } from '../json.ts';
import { writeJsonObject } from '../json-write.ts';
import { aKey, checkOperation, type Key } from '../jwk/key.ts';
import { checkKeys } from '../jwks/select.ts';
import type { KeySet } from '../jwks/set.ts';
import type { Rule } from '../options.ts';
import {
  aBoolean,
  aHeader,
  aPlainObject,
  argumentError,
  checkArgumentCount,
  isOctets,
  isStrings,
  type OptionRules,
  readOptions,
} from '../options.ts';
import { A_PAYLOAD, readDetached, VERIFY_OPTIONS, type VerifyJwsOptions } from './compact.ts';
import { type JwsHeader, readJwsUnionHeader } from './header.ts';
import { decodePayload, type SignedPayload, signedPayload } from './parts.ts';
import { signWithKey, writeProtected } from './sign.ts';
import { acceptHeader, checkSignature, MAX_JWS_BYTES } from './signature.ts';

/** One signature of a JWS in JSON. */
export interface JwsSignature {
  readonly protected?: string;
  readonly header?: JsonObject;
  readonly signature: string;
}

/** RFC 7515 §7.2.2: one signature beside the payload; without `payload` it is detached. */
export interface FlattenedJws extends JwsSignature {
  readonly payload?: string;
}

/** RFC 7515 §7.2.1: any number of signatures over one payload. */
export interface GeneralJws {
  readonly payload?: string;
  readonly signatures: readonly JwsSignature[];
}

export type JwsJson = FlattenedJws | GeneralJws;

/** A signer: its key, and its header parameters besides alg and kid. */
export interface JwsSigner {
  readonly key: Key;
  /** Further protected parameters. */
  readonly header?: JsonObject | undefined;
  /** Parameters outside the signature; anyone may change them on the way. */
  readonly unprotected?: JsonObject | undefined;
}

export interface SignJwsJsonOptions {
  /** true: the flattened form, for exactly one signer. Default false. */
  readonly flattened?: boolean | undefined;
  /** false: the payload is signed, and stands in the JSON, as it is; it must then be UTF-8 (RFC 7797 §5.3). Default true. */
  readonly b64?: boolean | undefined;
  /** true: without the payload member. Default false. */
  readonly detached?: boolean | undefined;
}

/** The most signatures of one JWS. */
const MAX_SIGNATURES = 16;

const SIGN_OPTIONS: OptionRules<SignJwsJsonOptions> = { flattened: aBoolean, b64: aBoolean, detached: aBoolean };

/**
 * Octets → JWS in JSON, one signature for each signer (RFC 7515 §5.1 step 7 [7515-5.1-7]).
 * @throws TypeError for the arguments
 */
export function signJwsJson(payload: Uint8Array, signers: readonly JwsSigner[], options?: SignJwsJsonOptions): JwsJson {
  checkArgumentCount(arguments.length, signJwsJson);
  if (!isOctets(payload)) throw argumentError('payload', A_PAYLOAD, payload);
  const { flattened = false, b64 = true, detached = false } = readOptions(options, SIGN_OPTIONS);
  if (!Array.isArray(signers) || signers.length < 1 || signers.length > MAX_SIGNATURES) {
    throw argumentError('signers', `an array of 1 to ${MAX_SIGNATURES} objects such as { key }`, signers);
  }
  const octets = copyOctets(payload); // read once: what is signed is what stands in the JSON
  const signatures = Array.from(signers, (signer: JwsSigner, i) =>
    signForSigner(octets, readOptions(signer, SIGNER, { argument: `signers[${i}]`, needed: ['key'] }), b64),
  );
  const content = detached ? {} : { payload: payloadText(octets, b64) };
  if (!flattened) return { ...content, signatures };
  const [only, second] = signatures;
  if (!only || second) throw new TypeError('options.flattened takes exactly one signer');
  return { ...content, ...only };
}

const SIGNER: OptionRules<JwsSigner> = { key: aKey, header: aHeader, unprotected: aPlainObject };

function signForSigner(payload: Uint8Array, { key, header, unprotected }: JwsSigner, b64: boolean): JwsSignature {
  const { alg, kid } = checkOperation(key, 'sign');
  const own = unprotected && Object.hasOwn(unprotected, 'kid') ? undefined : kid;
  const protectedMember = writeProtected({ alg, kid: own, typ: undefined, b64, header });
  const { input } = signedPayload(protectedMember, payload, b64); // the same as in a compact JWS [7515-7.2.1-9]
  const signature = signWithKey(key, input);
  if (!unprotected) return { protected: protectedMember, signature }; // [7515-7.2.1-4]
  return { protected: protectedMember, header: writeUnprotected(protectedMember, unprotected), signature };
}

/** The unprotected header as JSON has it; the reader's own rules decide whether it may stand beside the protected one. */
function writeUnprotected(protectedMember: string, unprotected: JsonObject): JsonObject {
  const header: JsonObject = JSON.parse(writeJsonObject(unprotected, 'unprotected'));
  try {
    readJwsUnionHeader(parseProtected(protectedMember, 'ERR_JWS_INVALID'), checkNotEmpty(header));
  } catch (error) {
    throw new TypeError('unprotected is not a header that a verifier would accept', { cause: error });
  }
  return header;
}

function payloadText(payload: Uint8Array, b64: boolean): string {
  const text = b64 ? encodeBase64url(payload) : readUtf8(payload); // RFC 7797 §5.3 [7797-5.3-1]
  if (text === undefined)
    throw new TypeError('payload must be detached: with b64 false it stands in JSON only as UTF-8');
  return text;
}

export interface VerifyJwsJsonOptions extends VerifyJwsOptions {
  /**
   * Which signatures must verify: all of them, at least one, or one by each of these kids. The sender chooses which
   * signatures a JWS has: to demand certain signers, name their kids. Default 'all'.
   */
  readonly require?: 'all' | 'any' | readonly string[] | undefined;
}

/** The outcome of one signature. A failed one has only its error: its header is not authenticated. */
export type SignatureOutcome =
  | { readonly valid: true; readonly protected: JsonObject; readonly unprotected: JsonObject; readonly key: Key }
  | { readonly valid: false; readonly error: JoseError };

/** A JWS that met `require`, and the outcome of each of its signatures in order [7515-5.2-10b]. */
export interface VerifiedJwsJson {
  readonly payload: Uint8Array;
  readonly signatures: readonly SignatureOutcome[];
}

const VERIFY_JSON_OPTIONS: OptionRules<VerifyJwsJsonOptions> = /* @__PURE__ */ Object.assign({}, VERIFY_OPTIONS, {
  require: [
    (value: unknown) => value === 'all' || value === 'any' || isStrings(value),
    "'all', 'any', or an array of the kids whose signatures must verify",
  ] satisfies Rule,
});

/**
 * Verifies a JWS in JSON, general or flattened, given as an object or as text (RFC 7515 §5.2, §7.2).
 * @throws JoseError as verifyJws; when `require` is not met, the error of the first signature that
 *   failed where all must hold or there is but one, else ERR_JWS_SIGNATURE_VERIFICATION_FAILED; TypeError for the other
 *   arguments
 */
export function verifyJwsJson(
  jws: JwsJson | object | string,
  keys: Key | KeySet,
  options?: VerifyJwsJsonOptions,
): VerifiedJwsJson {
  checkArgumentCount(arguments.length, verifyJwsJson);
  const policy = readOptions(options, VERIFY_JSON_OPTIONS);
  const { maxLength = MAX_JWS_BYTES, require = 'all' } = policy;
  checkKeys(keys);
  const detached = readDetached(policy, maxLength);
  const message = readJwsObject(jws, maxLength);
  const signatures = readSignatures(message).map(readSignature);
  // RFC 7797 §3 [7797-3-3] every signature is over the same octets, so b64 is settled before any is verified.
  const b64 = signatures.every(({ header }) => header.b64);
  if (!b64 && signatures.some(({ header }) => header.b64)) throw malformedJwsError('has signatures that differ in b64');
  const read = payloadForEach(message, b64, detached);
  const outcomes = signatures.map((entry) =>
    signatureOutcome(entry, () => {
      const key = acceptHeader(entry.header, keys, policy);
      checkSignature(key, read(entry.encoded).input, entry.signature);
      return key;
    }),
  );
  checkRequired(outcomes, require);
  return Object.freeze({ payload: unpooled(read('').payload), signatures: Object.freeze(outcomes) });
}

/**
 * The JWS as JSON, given as text or as an object: each member once, and read once. Unknown members are ignored
 * [7515-7.2.1-7].
 */
function readJwsObject(jws: unknown, maxLength: number): JsonObject {
  const bytes = jsonOctets(jws, maxLength);
  if (!bytes) throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the JWS is over ${maxLength} octets`);
  return ownMembers(parseJsonObject(bytes, { code: 'ERR_JWS_INVALID', what: 'JWS', maxMembers: MAX_MEMBERS }));
}

/**
 * The general form's array [7515-7.2.1-2], or the flattened form as an array of one [7515-7.2.2-2]; never both
 * [7515-7.2.2-1].
 */
function readSignatures(message: JsonObject): readonly unknown[] {
  const { signatures } = message;
  if (Object.hasOwn(message, 'ciphertext')) throw malformedJwsError('is a JWE as well');
  if (signatures === undefined) return [message];
  if (['signature', 'protected', 'header'].some((name) => Object.hasOwn(message, name)))
    throw malformedJwsError(
      'has signatures beside signature, protected or header: the general form or the flattened one, not both',
    );
  if (!Array.isArray(signatures) || signatures.length === 0) throw malformedJwsError('has no signatures');
  if (signatures.length > MAX_SIGNATURES)
    throw new JoseError('ERR_JOSE_LIMIT_EXCEEDED', `the JWS has more than ${MAX_SIGNATURES} signatures`);
  return signatures;
}

interface ReadSignature {
  readonly encoded: string;
  readonly protectedHeader: JsonObject;
  readonly unprotected: JsonObject;
  readonly header: JwsHeader;
  readonly signature: string;
}

/**
 * RFC 7515 §7.2.1: each entry has a signature [7515-7.2.1-5] and at least one header [7515-7.2.1-6]. A header that is
 * present is not empty: the protected one [7515-7.2.1-3] and the unprotected one [7515-7.2.1-4].
 */
function readSignature(entry: unknown): ReadSignature {
  if (!isJsonObject(entry)) throw malformedJwsError('has a signature that is not an object');
  const { protected: encoded = '', header: unprotected = {}, signature } = ownMembers(entry);
  if (typeof encoded !== 'string' || typeof signature !== 'string')
    throw malformedJwsError('has a protected or signature that is not a string');
  if (encoded === '' && Object.hasOwn(entry, 'protected')) throw malformedJwsError('has an empty protected header');
  if (!isJsonObject(unprotected)) throw malformedJwsError('has a header that is not an object');
  const protectedHeader = encoded === '' ? {} : checkNotEmpty(parseProtected(encoded, 'ERR_JWS_INVALID'));
  if (Object.hasOwn(entry, 'header')) checkNotEmpty(unprotected);
  return { encoded, protectedHeader, unprotected, header: readJwsUnionHeader(protectedHeader, unprotected), signature };
}

function checkNotEmpty(header: JsonObject): JsonObject {
  if (Object.keys(header).length === 0) throw malformedJwsError('has an empty header');
  return header;
}

/** How each signature's input is made of the one payload, which is attached or detached but never both [7515-7.2.1-1]. */
function payloadForEach(
  message: JsonObject,
  b64: boolean,
  detached: Uint8Array | undefined,
): (encoded: string) => SignedPayload {
  const { payload: text } = message;
  if ((text === undefined) === (detached === undefined))
    throw malformedJwsError(detached ? 'has a payload although it should be detached' : 'has no payload');
  if (detached) return (encoded) => signedPayload(encoded, detached, b64);
  if (typeof text !== 'string' || !text.isWellFormed()) throw malformedJwsError('has a payload that is not a string');
  if (!b64) return (encoded) => signedPayload(encoded, encodeUtf8(text), b64); // RFC 7797 §5.3 [7797-5.3-1] the unescaped text's octets
  const payload = decodePayload(text);
  return (encoded) => ({ payload, input: `${encoded}.${text}` });
}

/** RFC 7515 §5.2 step 9 [7515-5.2-9]: each signature by a key of its own choosing. */
function signatureOutcome(entry: ReadSignature, verify: () => Key): SignatureOutcome {
  try {
    const key = verify();
    return Object.freeze({
      valid: true,
      protected: Object.freeze(entry.protectedHeader),
      unprotected: Object.freeze(entry.unprotected),
      key,
    });
  } catch (error) {
    return Object.freeze({ valid: false, error: asJoseError(error) });
  }
}

/** RFC 7515 §5.2 step 10 [7515-5.2-0b] [7515-5.2-10a]: the application decides which must hold; none at all never does. */
function checkRequired(outcomes: readonly SignatureOutcome[], require: 'all' | 'any' | readonly string[]): void {
  const valid = outcomes.filter((outcome) => outcome.valid);
  const failed = outcomes.find((outcome) => !outcome.valid);
  if (failed && (outcomes.length === 1 || require === 'all')) throw failed.error;
  const kids = typeof require === 'string' ? [] : [...require];
  if (valid.length === 0 || !kids.every((kid) => valid.some(({ key }) => key.kid === kid)))
    throw new JoseError(
      'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      valid.length === 0
        ? 'none of the signatures verifies'
        : 'no signature verifies of a kid that options.require names',
    );
}

function malformedJwsError(what: string): JoseError {
  return new JoseError('ERR_JWS_INVALID', `the JWS ${what}`);
}
