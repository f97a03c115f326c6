// RFC 7519 §7.1: claims → token; and the draft that a signer outside this process (KMS, HSM) completes.

import { encodeBase64url, encodeText } from '../base64url.ts';
import { copyOctets, encodeUtf8 } from '../bytes.ts';
import { rawFromDer } from '../jwa/ecdsa.ts';
import { anAsymmetricAlgorithm, rowsNamed, type SignatureAlgorithm } from '../jwa/signatures.ts';
import { checkOperation, isForAlg, type Key } from '../jwk/key.ts';
import { verifyWithKey } from '../jwk/signature-key.ts';
import { MAX_RSA_BITS } from '../jwk/strength.ts';
import { readProtectedHeader } from '../jws/protected.ts';
import { signWithKey, writeProtected } from '../jws/sign.ts';
import {
  argumentError,
  checkArgumentCount,
  checkNeeded,
  isOctets,
  isString,
  type OptionRules,
  type Given as OptionsGiven,
  type Rule,
  readInto,
} from '../options.ts';
import type { JwtClaims } from './expected.ts';
import { checkJwtHeader } from './jwt.ts';
import {
  checkTokenLength,
  claimOptionHint,
  jwtOptionHint,
  NEEDED,
  type ReadSignOptions,
  SIGN_OPTIONS,
  type SignJwtOptions,
  writeClaims,
} from './write.ts';

/**
 * Claims → signed JWT. iat is set to now unless the claims have one; alg and kid are the key's.
 * Claims that a verifier would refuse as malformed are refused here already.
 *
 * @param key private, or a secret
 * @throws TypeError naming the argument or claim
 */
export function signJwt(claims: JwtClaims, key: Key, options: SignJwtOptions): string {
  checkArgumentCount(arguments.length, signJwt);
  const input = signingInput(claims, checkOperation(key, 'sign'), readSignOptions(options));
  return checkTokenLength(`${input}.${signWithKey(key, input)}`);
}

/**
 * As `signJwt`, with the signature made by another function, such as the thread pool.
 * @throws TypeError naming the argument or claim
 */
export async function signJwtBy(
  sign: (key: Key, input: string) => Promise<string>,
  { claims, key }: { readonly claims: JwtClaims; readonly key: Key },
  options: SignJwtOptions,
): Promise<string> {
  const input = signingInput(claims, checkOperation(key, 'sign'), readSignOptions(options));
  return checkTokenLength(`${input}.${await sign(key, input)}`);
}

/** Reads options into an object of a fixed shape, since every token that is signed passes here. */
function readSignOptions(options: SignJwtOptions): ReadSignOptions {
  const nothing: ReadSignOptions = {
    expiresIn: undefined,
    notBefore: undefined,
    typ: undefined,
    header: undefined,
    now: undefined,
  };
  const given = { argument: 'options', options, needed: NEEDED, hint: jwtOptionHint };
  const read = readInto(nothing, SIGN_OPTIONS, given);
  return read.expiresIn === undefined ? checkNeeded(read, SIGN_OPTIONS, given) : read;
}

export interface DraftJwtOptions extends SignJwtOptions {
  /** The algorithm of the key outside; not an HMAC one. */
  readonly alg: SignatureAlgorithm;
  readonly kid?: string | undefined;
}

const DRAFT_OPTIONS: OptionRules<ReadDraftOptions> = /* @__PURE__ */ Object.assign({}, SIGN_OPTIONS, {
  alg: anAsymmetricAlgorithm,
  kid: [isString, 'a string', 'keyid'] satisfies Rule,
});

type ReadDraftOptions = ReadSignOptions & { readonly alg: SignatureAlgorithm; readonly kid: string | undefined };

/** A token that lacks its signature. */
export interface JwtDraft {
  /** The octets to be signed (RFC 7515 §5.1 step 5). */
  readonly signingInput: Uint8Array;
  /**
   * Signature → token. ECDSA may come as r‖s or as the DER that a KMS returns.
   * @param publicKey when given, the token is returned only if it verifies under it
   * @throws TypeError for a signature that is not of the algorithm's form, or does not verify
   */
  complete(signature: Uint8Array, publicKey?: Key): string;
}

/**
 * Claims → draft, for keys that cannot be had as a Key. Synchronous and pure, so any signer will do.
 * @throws TypeError naming the argument or claim
 */
export function draftJwt(claims: JwtClaims, options: DraftJwtOptions): JwtDraft {
  checkArgumentCount(arguments.length, draftJwt);
  const reading: OptionsGiven<ReadDraftOptions> = {
    argument: 'options',
    options,
    needed: ['expiresIn', 'alg'],
    hint: claimOptionHint,
  };
  const read = readInto<ReadDraftOptions>(Object.create(null), DRAFT_OPTIONS, reading);
  const given = checkNeeded(read, DRAFT_OPTIONS, reading);
  const { alg, kid } = given;
  const input = signingInput(claims, { alg, kid }, given);
  const draft: JwtDraft = Object.freeze({
    signingInput: encodeUtf8(input),
    complete(signature: Uint8Array, publicKey?: Key) {
      checkArgumentCount(arguments.length, draft.complete);
      if (!isOctets(signature)) throw argumentError('signature', 'a Uint8Array', signature);
      const encoded = encodeBase64url(jwsSignature(alg, copyOctets(signature)));
      if (publicKey !== undefined) {
        if (!isForAlg(checkOperation(publicKey, 'verify'), alg)) throw new TypeError(`publicKey is not for ${alg}`);
        if (!verifyWithKey(publicKey, input, encoded)) throw new TypeError('signature does not verify under publicKey');
      }
      return checkTokenLength(`${input}.${encoded}`);
    },
  });
  return draft;
}

/** RFC 7519 §7.1 [7519-7.1-3], RFC 7515 §5.1 steps 1 to 5: header and claims, encoded, with a dot between. */
function signingInput(claims: JwtClaims, signer: Signer, options: ReadSignOptions): string {
  return `${encodedJwtHeader(signer, options)}.${encodeText(writeClaims(claims, options))}`;
}

interface Signer {
  readonly alg: SignatureAlgorithm;
  readonly kid: string | undefined;
}

/** The header that a key wrote last, to be used again: a Key never changes, and mostly signs tokens of one typ. */
const WRITTEN: WeakMap<Signer, { readonly typ: string | null; readonly encoded: string }> =
  /* @__PURE__ */ new WeakMap();

function encodedJwtHeader(signer: Signer, { typ = 'JWT', header }: ReadSignOptions): string {
  const written = WRITTEN.get(signer);
  if (!header && written?.typ === typ) return written.encoded;
  if (header && Object.hasOwn(header, 'typ')) throw new TypeError('header.typ must not be given: options.typ sets it');
  const encoded = writeProtected({ alg: signer.alg, kid: signer.kid, typ: typ ?? undefined, b64: true, header });
  if (header) checkHeaderOfJwt(encoded);
  else WRITTEN.set(signer, { typ, encoded });
  return encoded;
}

/** Checks a caller's header, which may be good for a JWS and not for a JWT. */
function checkHeaderOfJwt(encoded: string): void {
  try {
    checkJwtHeader(readProtectedHeader(encoded));
  } catch (error) {
    throw new TypeError('header is not one that a verifier would accept', { cause: error });
  }
}

/** The signature in JWS form: of its exact length, or converted from DER; an RSA signature may be as long as any modulus. */
function jwsSignature(alg: SignatureAlgorithm, signature: Uint8Array): Uint8Array {
  for (const { kty, keyLength, signatureLength, minBits } of rowsNamed(alg)) {
    if (kty === 'RSA' && signature.length >= minBits / 8 && signature.length <= MAX_RSA_BITS / 8) return signature;
    if (signature.length === signatureLength) return signature;
    const raw = kty === 'EC' ? rawFromDer(signature, keyLength) : undefined;
    if (raw) return raw;
  }
  throw new TypeError(`signature is not one of ${alg}`);
}
