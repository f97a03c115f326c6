// RFC 7519 §7.1: claims → encrypted JWT.
import { encodeUtf8 } from '../bytes.ts';
import { aContentEncryption, type ContentEncryption } from '../jwa/content-encryption.ts';
import { ENTROPY } from '../jwa/entropy.ts';
import { sealCompact } from '../jwe/compact.ts';
import { checkEncryptionKey } from '../jwk/encryption-key.ts';
import type { Key } from '../jwk/key.ts';
import { aBoolean, checkArgumentCount, type OptionRules, readOptions } from '../options.ts';
import type { JwtClaims } from './expected.ts';
import { readClaims } from './jwt.ts';
import { checkGivenReplicas, replicasIn } from './nesting.ts';
import { checkTokenLength, jwtOptionHint, SIGN_OPTIONS, type SignJwtOptions, writeClaims } from './write.ts';

export interface EncryptJwtOptions extends SignJwtOptions {
  /** The content encryption. Default A256GCM; of a key for `dir`, its own. */
  readonly enc?: ContentEncryption | undefined;
  /** true: the claims are compressed. Default false: the length of compressed text can betray what stands in it. */
  readonly zip?: boolean | undefined;
}

/** The rules of the options of tokens that are encrypted. */
export const ENCRYPT_JWT_OPTIONS: OptionRules<EncryptJwtOptions> = /* @__PURE__ */ Object.assign({}, SIGN_OPTIONS, {
  enc: aContentEncryption,
  zip: aBoolean,
});

/**
 * Claims → encrypted JWT. It tells its reader nothing about the sender, unless the key is a secret of the two:
 * {@link signNestedJwt} makes a token that is signed as well. The claims are checked, and get their times, as by signJwt.
 *
 * @param key public, secret or a password; alg and kid are the key's
 * @param options iss, sub and aud of `header` must be those of the claims (RFC 7519 §5.3)
 * @throws JoseError as encryptJwe; TypeError naming the argument or claim
 */
export function encryptJwt(claims: JwtClaims, key: Key, options: EncryptJwtOptions): string {
  checkArgumentCount(arguments.length, encryptJwt);
  checkEncryptionKey(key, 'encrypt');
  const read = readEncryptOptions(options);
  const { typ = 'JWT', enc, zip } = read;
  const header = { ...read.header }; // read once: the caller's object may answer otherwise at its second reading
  for (const [name, reason] of SET_HERE) {
    if (Object.hasOwn(header, name)) throw new TypeError(`options.header.${name} must not be given: ${reason}`);
  }
  const plaintext = encodeUtf8(writeClaims(claims, read));
  if (replicasIn(header).length > 0) checkGivenReplicas(header, readClaims(plaintext));
  const given = { ...header, ...(typ !== null && { typ }) };
  return checkTokenLength(sealCompact(plaintext, { key, enc, header: given, zip }, ENTROPY));
}

const SET_HERE = [
  ['typ', 'options.typ sets it'],
  ['cty', 'it says that a token is nested, and signNestedJwt or nestJwt sets it'],
] as const;

type ReadEncryptOptions = { readonly [K in keyof Required<EncryptJwtOptions>]: EncryptJwtOptions[K] | undefined };

/** Also for nested tokens. @throws TypeError naming the option */
export function readEncryptOptions(options: EncryptJwtOptions): ReadEncryptOptions {
  const { expiresIn, notBefore, typ, header, now, enc, zip } = readOptions(options, ENCRYPT_JWT_OPTIONS, {
    needed: ['expiresIn'],
    hint: jwtOptionHint,
  });
  return { expiresIn, notBefore, typ, header, now, enc, zip };
}
