// One key of a published set by itself. What a key is worth is the library's to say: each aspect of it is given to the
// library apart from the others, so that one fault does not hide the next.
import { isAlgorithmSupported, JoseError, SIGNATURE_ALGORITHMS } from '../index.ts';
import type { JsonObject } from './json.ts';
import { type KeyEntry, type Problem, pickMembers, tryKey } from './lint-finding.ts';

export function lintKey({ jwk }: KeyEntry): readonly Problem[] {
  if (jwk.kty === 'oct') return [SECRET];
  const material = pickMembers(jwk, jwk.kty === 'AKP' ? [...PUBLIC_MEMBERS, 'alg'] : PUBLIC_MEMBERS);
  const worth = findKeyMaterialProblems(material);
  const told = [...findPrivateMembers(jwk), ...findKidProblems(jwk)];
  if (isForEncryption(jwk)) return [...told, FOR_ENCRYPTION, ...worth.filter(({ severity }) => severity === 'error')];
  if (worth.length > 0) return [...told, ...worth];
  return [...told, ...MEMBER_RULES.flatMap((rule) => lintMembers(jwk, material, rule)), ...findMissingMembers(jwk)];
}

/** The members that make a public key, of every kty together. */
const PUBLIC_MEMBERS = ['kty', 'crv', 'n', 'e', 'x', 'y', 'pub'];
/** RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2, RFC 9964 §3. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

const SECRET: Problem = {
  severity: 'error',
  section: 'RFC 7517 §9.2',
  message: 'it is a secret (kty oct): whoever reads the set can forge tokens',
  remedy: 'replace the secret wherever it is used, and publish public keys only',
};

function findPrivateMembers(jwk: JsonObject): readonly Problem[] {
  const names = PRIVATE_MEMBERS.filter((name) => Object.hasOwn(jwk, name));
  if (names.length === 0) return [];
  const message = `it is published with its private members (${names.join(', ')}): whoever reads the set can forge tokens`;
  const remedy = 'revoke it at once, and publish the public members of a new key';
  return [{ severity: 'error', section: 'RFC 7517 §9.2', message, remedy }];
}

function findKidProblems({ kid }: JsonObject): readonly Problem[] {
  const fault = { severity: 'warning', remedy: 'give each key a kid of its own, such as its thumbprint' } as const;
  if (kid === undefined)
    return [{ ...fault, section: 'RFC 7517 §4.5', message: 'it has no kid, so it cannot be replaced without a gap' }];
  if (typeof kid !== 'string' || /^[!-~]{1,200}$/.test(kid)) return []; // what is no string is seen as an aspect below
  return [{ ...fault, section: 'ours', message: 'its kid is empty, over 200 characters, or not visible ASCII' }];
}

/** What RFC 7518 §4.1 registers for other purposes than signatures. */
const ENCRYPTION_ALG = /^(?:RSA-OAEP|RSA1_5|ECDH-ES|A(?:128|192|256)|dir$|PBES2)/;

function isForEncryption({ use, alg, crv }: JsonObject): boolean {
  return use === 'enc' || (typeof alg === 'string' && ENCRYPTION_ALG.test(alg)) || crv === 'X25519' || crv === 'X448';
}

const FOR_ENCRYPTION: Problem = {
  severity: 'note',
  section: 'RFC 7517 §4.2',
  message: 'it is for encryption, so it verifies nothing',
  remedy: 'nothing, if that is what it is for',
};

/** Whether the numbers make a key at all, and one that holds. */
function findKeyMaterialProblems(material: JsonObject): readonly Problem[] {
  const key = tryKey(material);
  if (!(key instanceof JoseError)) return [];
  const { code, message } = key;
  if (code === 'ERR_JOSE_NOT_SUPPORTED') return [unknownKeyProblem(material, message)];
  if (code === 'ERR_JWK_WEAK')
    return [{ severity: 'error', section: weaknessSection(material), message, remedy: 'replace it by a new key' }];
  const remedy = 'publish what the exporter of the key wrote, without touching it';
  return [{ severity: 'error', section: 'RFC 7518 §6', message, remedy }];
}

/** What forbids it: RSA that is too short or badly made; a point of small order. */
function weaknessSection({ kty }: JsonObject): string {
  return kty === 'RSA' ? 'RFC 7518 §3.3, §8.3' : 'RFC 8725 §3.4';
}

function unknownKeyProblem({ alg }: JsonObject, message: string): Problem {
  const remedy = 'keep a key of a common kind beside it: who does not know this one leaves it out';
  const lacks = SIGNATURE_ALGORITHMS.some((name) => name === alg && !isAlgorithmSupported(name));
  return lacks
    ? { severity: 'note', section: 'ours', message: `${message}, so it is not judged`, remedy }
    : { severity: 'warning', section: 'RFC 7517 §5', message, remedy };
}

/** Something that a key says of itself. */
interface MemberRule {
  readonly names: readonly string[];
  readonly section: string;
  readonly message?: string;
  readonly remedy: string;
}

const MEMBER_RULES: readonly MemberRule[] = [
  { names: ['kid'], section: 'RFC 7517 §4.5', remedy: 'make it a string' },
  { names: ['alg'], section: 'RFC 7517 §4.4', remedy: 'name the registered algorithm that fits its kty and crv' },
  { names: ['use'], section: 'RFC 7517 §4.2', remedy: 'say "sig"' },
  { names: ['key_ops'], section: 'RFC 7517 §4.3', remedy: 'leave it out, or say ["verify"]' },
  { names: ['use', 'key_ops'], section: 'RFC 7517 §4.3', remedy: 'keep one of the two' },
  {
    names: ['x5c'],
    section: 'RFC 7517 §4.7',
    message: 'its x5c is not base64, or its first certificate is of another key',
    remedy: 'publish the chain of this very key, or none',
  },
  {
    names: ['x5c', 'x5t', 'x5t#S256'],
    section: 'RFC 7517 §4.8, §4.9',
    remedy: 'make them the digests of the first certificate of x5c',
  },
];

/** Several members together are at fault only where the first is not so by itself. */
function lintMembers(
  jwk: JsonObject,
  material: JsonObject,
  { names, section, message, remedy }: MemberRule,
): readonly Problem[] {
  const errorOf = (some: readonly string[]) => {
    const key = tryKey({ ...material, ...pickMembers(jwk, some) });
    return key instanceof JoseError ? key.message : undefined;
  };
  const error = errorOf(names);
  const isReported = names.length > 1 && names.slice(0, 2).some((name) => errorOf([name]) !== undefined);
  if (error === undefined || isReported) return [];
  return [{ severity: 'error', section, message: message ?? error, remedy }];
}

/** What is better said than guessed. */
function findMissingMembers({ alg, use, key_ops: operations }: JsonObject): readonly Problem[] {
  const isMissing = [alg === undefined, use === undefined && operations === undefined];
  return [NO_ALG, NO_USE].filter((_, index) => isMissing[index]);
}

const NO_ALG: Problem = {
  severity: 'warning',
  section: 'RFC 8725 §3.1',
  message: 'it has no alg, so verifiers must guess the one algorithm that it is for',
  remedy: 'name it, such as "alg": "RS256"',
};

const NO_USE: Problem = {
  severity: 'warning',
  section: 'RFC 7517 §4.2',
  message: 'it has no use, so it may be taken for encryption as well',
  remedy: 'say "use": "sig"',
};
