// Help for each code of JoseError, apart from errors.ts so that a verifier does not carry the texts.
import type { JoseErrorCode } from './errors.ts';

/** One sentence of help for each code: what happened, and what to do about it. */
export const ERROR_HELP: Readonly<Record<JoseErrorCode, string>> = /* @__PURE__ */ Object.freeze({
  ERR_JWS_INVALID:
    'The token is not a well-formed JWS (parts, base64url, header JSON, crit or b64); refuse it, and look at whoever produced it.',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED:
    'The signature does not belong to this content under this key; refuse the token, or check that the right key was given.',
  ERR_JWE_INVALID:
    'The token is not a well-formed JWE (parts, base64url, header JSON, or a parameter that its alg needs); refuse it, and look at whoever produced it.',
  ERR_JWE_DECRYPTION_FAILED:
    'The token does not decrypt under this key: it was made for another key, or changed on the way; which of the two is not told, since an answer would help an attacker.',
  ERR_JWT_INVALID:
    'The payload is not a JWT Claims Set (one strict JSON object), the JWS uses b64 false, or the token is not nested where it should be.',
  ERR_JWT_EXPIRED: 'Everything but the expiry is right; the client should obtain a fresh token.',
  ERR_JWT_CLAIM_VALIDATION_FAILED:
    'The signature or the decryption is good but the claims do not meet what was expected; `failures` lists every claim and the reason.',
  ERR_JWK_INVALID:
    'The key is malformed, not canonically encoded, inconsistent, or not for the stated algorithm; mend it at its source.',
  ERR_JWK_WEAK: 'The key is too short or of a form that is known to be breakable; replace it.',
  ERR_JWKS_INVALID:
    'The document is not a usable JWK Set, or mixes secret keys with public ones, or is not the metadata of an issuer; mend it at its source.',
  ERR_JWKS_NO_MATCHING_KEY:
    'No key of the set fits the kid and alg of the token; the set may be out of date, or the token foreign.',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS:
    'Several keys of the set fit the token; give the keys distinct kids, and have the issuer name one in its tokens.',
  ERR_JWKS_UNAVAILABLE:
    "The issuer's keys cannot be had now, so nothing is known about the token; answer 503, and look at the issuer or the way to it.",
  ERR_JWKS_ISSUER_MISMATCH:
    'The metadata names another issuer than was asked for, by a slash or wholly; correct the issuer, or state the one that it names: discoverJwks(url, { issuer }).',
  ERR_JOSE_ALG_NOT_ALLOWED:
    'The alg or enc of the token is unknown, not allowed by the options, or not the one its key is for.',
  ERR_JOSE_NOT_SUPPORTED:
    'A critical extension, key type, curve, algorithm or compression is not supported here, or not by this runtime.',
  ERR_JOSE_LIMIT_EXCEEDED:
    'The input is larger or deeper than the documented limit; refuse it, or raise the limit where it is an option.',
  ERR_RING_CONFLICT:
    'The key ring as it is now does not allow what was asked of it; look at its status, and ask again or otherwise.',
  ERR_RING_INVALID:
    'The store holds something that is not this ring as it was left, or cannot be unsealed; nothing was overwritten, look at the store.',
  ERR_RING_UNAVAILABLE:
    'The store of the key ring cannot be read or written now; answer 503, and look at the store or the way to it.',
});
