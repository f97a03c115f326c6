// Audits one key of a published set. importKey checks the key material alone, then with each other member, so that one
// problem does not hide the next. A problem that importJwks forgives in a published set is a warning: others refuse it.
import { isAlgorithmSupported, JoseError, SIGNATURE_ALGORITHMS } from '../index.ts';
import type { JsonObject } from './json.ts';
import { lintPurpose } from './lint-encryption.ts';
import {
  importPublished,
  type KeyEntry,
  type Problem,
  type Purpose,
  pickMembers,
  purposeOf,
  tryImport,
} from './lint-finding.ts';
import { lintProvider } from './lint-provider.ts';

export function lintKey({ jwk }: KeyEntry): readonly Problem[] {
  const purpose = purposeOf(jwk);
  if (jwk.kty === 'oct') return [secretProblem(purpose)];
  const material = pickMembers(jwk, jwk.kty === 'AKP' ? [...PUBLIC_MEMBERS, 'alg'] : PUBLIC_MEMBERS);
  const flaws = lintMaterial(material, purpose);
  if (jwk.use === 'x509-svid') return [...lintPrivateMembers(jwk), ...lintProvider(jwk)];
  const { problems, judged } = lintPurpose(jwk, purpose);
  const basic = [...lintPrivateMembers(jwk), ...lintKid(jwk), ...lintProvider(jwk), ...problems];
  if (flaws.length > 0) return [...basic, ...flaws];
  const left = jwk.use === 'jwt-svid' ? ['use'] : judged;
  const rules = memberRules(purpose).filter(({ names }) => !names.some((name) => left.includes(name)));
  return [...basic, ...rules.flatMap((rule) => applyRule(jwk, material, rule)), ...lintMissingMembers(jwk, purpose)];
}

/** The members of the public key material of every kty. */
const PUBLIC_MEMBERS = ['kty', 'crv', 'n', 'e', 'x', 'y', 'pub'];
/** RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2, RFC 9964 §3. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

function secretProblem(purpose: Purpose): Problem {
  return {
    severity: 'error',
    section: 'RFC 7517 §9.2',
    message: `it is a secret (kty oct), so anyone who reads the set can ${HARM[purpose]}`,
    remedy: 'replace the secret wherever it is used, and publish public keys only',
  };
}

/** The power of whoever has a private key or secret. */
const HARM: Readonly<Record<Purpose, string>> = { sig: 'forge tokens', enc: 'decrypt tokens' };

function lintPrivateMembers(jwk: JsonObject): readonly Problem[] {
  const present = PRIVATE_MEMBERS.filter((name) => Object.hasOwn(jwk, name));
  const names = present.filter((name) => jwk[name] !== null);
  if (present.length > 0 && names.length === 0) return [NULL_PRIVATE_MEMBERS];
  if (names.length === 0) return [];
  const message = `it has private members (${names.join(', ')}), so anyone who reads the set can ${HARM[purposeOf(jwk)]}`;
  const remedy = 'revoke it at once, and publish the public members of a new key';
  return [{ severity: 'error', section: 'RFC 7517 §9.2', message, remedy }];
}

const NULL_PRIVATE_MEMBERS: Problem = {
  severity: 'warning',
  section: 'RFC 7517 §9.2',
  message: 'it has private members that are null, which leak nothing but look like a private key',
  remedy: 'publish only the public members',
};

function lintKid({ kid }: JsonObject): readonly Problem[] {
  const problem = { severity: 'warning', remedy: 'give each key a kid of its own, such as its thumbprint' } as const;
  if (kid === undefined)
    return [{ ...problem, section: 'RFC 7517 §4.5', message: 'it has no kid, so it cannot be rotated without a gap' }];
  if (typeof kid !== 'string' || /^[!-~]{1,200}$/.test(kid)) return []; // MEMBER_RULES report a kid that is no string
  return [{ ...problem, section: 'ours', message: 'its kid is empty, over 200 characters, or not visible ASCII' }];
}

/** Checks that the public members form a key, and a strong one. */
function lintMaterial(material: JsonObject, purpose: Purpose): readonly Problem[] {
  const key = tryImport(material, purpose);
  if (!(key instanceof JoseError)) return [];
  const { code } = key;
  const published = importPublished(material, purpose);
  const message = typeof published === 'string' ? published : NOT_CANONICAL;
  if (code === 'ERR_JOSE_NOT_SUPPORTED') return [unsupportedKey(material, message)];
  if (code === 'ERR_JWK_WEAK' || isShortModulus(material))
    return [{ severity: 'error', section: weaknessSection(material), message, remedy: 'replace it with a new key' }];
  const remedy = 'export the key again, and publish it unchanged';
  if (published === message) return [{ severity: 'error', section: 'RFC 7518 §6', message, remedy }];
  return [{ severity: 'warning', section: 'RFC 7518 §2', message, remedy }];
}

/** Whether an n in any spelling has fewer octets than a modulus of 2048 bits. */
function isShortModulus({ kty, n }: JsonObject): boolean {
  return kty === 'RSA' && typeof n === 'string' && n !== '' && Buffer.from(n, 'base64').length < 256;
}

const NOT_CANONICAL =
  'its numbers are not canonical base64url (no padding, + or /, no leading zero octet), so strict verifiers refuse it; ' +
  'Battle.net, PayPal and SciTokens publish such keys';

/** Returns the section on weak RSA keys, or on points of small order. */
function weaknessSection({ kty }: JsonObject): string {
  return kty === 'RSA' ? 'RFC 7518 §3.3, §8.3' : 'RFC 8725 §3.4';
}

function unsupportedKey({ alg }: JsonObject, message: string): Problem {
  const remedy = 'publish a key of a common type beside it: verifiers skip keys that they do not support';
  const isKnown = SIGNATURE_ALGORITHMS.some((name) => name === alg && !isAlgorithmSupported(name));
  return isKnown
    ? { severity: 'note', section: 'ours', message: `${message}, so it is not audited`, remedy }
    : { severity: 'warning', section: 'RFC 7517 §5', message, remedy };
}

/** Members that importKey checks together with the key material, and the finding if it refuses them. */
interface MemberRule {
  readonly names: readonly string[];
  readonly section: string;
  readonly message?: string;
  readonly remedy: string;
}

function memberRules(purpose: Purpose): readonly MemberRule[] {
  return [
    { names: ['kid'], section: 'RFC 7517 §4.5', remedy: 'make it a string' },
    { names: ['alg'], section: 'RFC 7517 §4.4', remedy: 'set the registered algorithm for its kty and crv' },
    { names: ['use'], section: 'RFC 7517 §4.2', remedy: `set it to "${purpose}"` },
    {
      names: ['key_ops'],
      section: 'RFC 7517 §4.3',
      remedy: `remove it${purpose === 'sig' ? ', or set it to ["verify"]' : ''}`,
    },
    ...COMMON_RULES,
  ];
}

const COMMON_RULES: readonly MemberRule[] = [
  { names: ['use', 'key_ops'], section: 'RFC 7517 §4.3', remedy: 'keep only one of the two' },
  {
    names: ['x5c'],
    section: 'RFC 7517 §4.7',
    message: 'its x5c is not base64 of certificates, or the first one holds another key',
    remedy: 'publish the certificate chain of this key, or none',
  },
  {
    names: ['x5c', 'x5t', 'x5t#S256'],
    section: 'RFC 7517 §4.8, §4.9',
    remedy: 'set them to the digests of the first certificate of x5c',
  },
];

/** A combination of members is a problem of its own only if its first members are fine alone. */
function applyRule(jwk: JsonObject, material: JsonObject, rule: MemberRule): readonly Problem[] {
  const { names, section, message, remedy } = rule;
  const purpose = purposeOf(jwk);
  const errorWith = (some: readonly string[]) => {
    const key = tryImport({ ...material, ...pickMembers(jwk, some) }, purpose);
    return key instanceof JoseError ? key.message : undefined;
  };
  const error = errorWith(names);
  const isReported = names.length > 1 && names.slice(0, 2).some((name) => errorWith([name]) !== undefined);
  if (error === undefined || isReported) return [];
  const published = importPublished({ ...material, ...pickMembers(jwk, names) }, purpose);
  const severity = typeof published === 'string' ? 'error' : 'warning';
  return [{ severity, section, message: message ?? error, remedy }];
}

/** Reports optional members without which others must guess. X25519 and X448 sign nothing, whatever their use. */
function lintMissingMembers({ alg, use, key_ops: operations, crv }: JsonObject, purpose: Purpose): readonly Problem[] {
  const isClear = crv === 'X25519' || crv === 'X448';
  const isMissing = [alg === undefined, use === undefined && operations === undefined && !isClear];
  return MISSING[purpose].filter((_, index) => isMissing[index]);
}

const NO_ALG = { severity: 'warning', section: 'RFC 8725 §3.1' } as const;
const NO_USE = { severity: 'warning', section: 'RFC 7517 §4.2' } as const;

const MISSING: Readonly<Record<Purpose, readonly Problem[]>> = {
  sig: [
    {
      ...NO_ALG,
      message: 'it has no alg, so verifiers must guess its algorithm',
      remedy: 'add it, such as "alg": "RS256"',
    },
    { ...NO_USE, message: 'it has no use, so it may be used for encryption as well', remedy: 'add "use": "sig"' },
  ],
  enc: [
    {
      ...NO_ALG,
      message: 'it has no alg, so senders must guess its algorithm',
      remedy: 'add it, such as "alg": "RSA-OAEP-256"',
    },
    { ...NO_USE, message: 'it has no use, so it may be used for signatures as well', remedy: 'add "use": "enc"' },
  ],
};
