// One key of a published set by itself. What a key is worth is the library's to say: each aspect of it is given to the
// library apart from the others, so that one fault does not hide the next.
import { isAlgorithmSupported, JoseError, SIGNATURE_ALGORITHMS } from '../index.ts';
import { type Fault, type Member, pick, tryKey } from './findings.ts';
import type { Members } from './json.ts';

export function judgeKey({ jwk }: Member): readonly Fault[] {
  if (jwk.kty === 'oct') return [SECRET];
  const material = pick(jwk, jwk.kty === 'AKP' ? [...PUBLIC_MEMBERS, 'alg'] : PUBLIC_MEMBERS);
  const worth = worthOf(material);
  const told = [...published(jwk), ...unnamed(jwk)];
  if (isForEncryption(jwk)) return [...told, FOR_ENCRYPTION, ...worth.filter(({ severity }) => severity === 'error')];
  if (worth.length > 0) return [...told, ...worth];
  return [...told, ...ASPECTS.flatMap((aspect) => judgeAspect(jwk, material, aspect)), ...unsaid(jwk)];
}

/** The members that make a public key, of every kty together. */
const PUBLIC_MEMBERS = ['kty', 'crv', 'n', 'e', 'x', 'y', 'pub'];
/** RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2, RFC 9964 §3. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

const SECRET: Fault = {
  severity: 'error',
  section: 'RFC 7517 §9.2',
  message: 'it is a secret (kty oct): whoever reads the set can forge tokens',
  remedy: 'replace the secret wherever it is used, and publish public keys only',
};

function published(jwk: Members): readonly Fault[] {
  const names = PRIVATE_MEMBERS.filter((name) => Object.hasOwn(jwk, name));
  if (names.length === 0) return [];
  const message = `it is published with its private members (${names.join(', ')}): whoever reads the set can forge tokens`;
  const remedy = 'revoke it at once, and publish the public members of a new key';
  return [{ severity: 'error', section: 'RFC 7517 §9.2', message, remedy }];
}

function unnamed({ kid }: Members): readonly Fault[] {
  const fault = { severity: 'warning', remedy: 'give each key a kid of its own, such as its thumbprint' } as const;
  if (kid === undefined)
    return [{ ...fault, section: 'RFC 7517 §4.5', message: 'it has no kid, so it cannot be replaced without a gap' }];
  if (typeof kid !== 'string' || /^[!-~]{1,200}$/.test(kid)) return []; // what is no string is seen as an aspect below
  return [{ ...fault, section: 'ours', message: 'its kid is empty, over 200 characters, or not visible ASCII' }];
}

/** What RFC 7518 §4.1 registers for other purposes than signatures. */
const ENCRYPTION_ALG = /^(?:RSA-OAEP|RSA1_5|ECDH-ES|A(?:128|192|256)|dir$|PBES2)/;

function isForEncryption({ use, alg, crv }: Members): boolean {
  return use === 'enc' || (typeof alg === 'string' && ENCRYPTION_ALG.test(alg)) || crv === 'X25519' || crv === 'X448';
}

const FOR_ENCRYPTION: Fault = {
  severity: 'note',
  section: 'RFC 7517 §4.2',
  message: 'it is for encryption, so it verifies nothing',
  remedy: 'nothing, if that is what it is for',
};

/** Whether the numbers make a key at all, and one that holds. */
function worthOf(material: Members): readonly Fault[] {
  const key = tryKey(material);
  if (!(key instanceof JoseError)) return [];
  const { code, message } = key;
  if (code === 'ERR_JOSE_NOT_SUPPORTED') return [unknownKind(material, message)];
  if (code === 'ERR_JWK_WEAK')
    return [{ severity: 'error', section: weaknessOf(material), message, remedy: 'replace it by a new key' }];
  const remedy = 'publish what the exporter of the key wrote, without touching it';
  return [{ severity: 'error', section: 'RFC 7518 §6', message, remedy }];
}

/** What forbids it: RSA that is too short or badly made; a point of small order. */
function weaknessOf({ kty }: Members): string {
  return kty === 'RSA' ? 'RFC 7518 §3.3, §8.3' : 'RFC 8725 §3.4';
}

function unknownKind({ alg }: Members, message: string): Fault {
  const remedy = 'keep a key of a common kind beside it: who does not know this one leaves it out';
  const lacks = SIGNATURE_ALGORITHMS.some((name) => name === alg && !isAlgorithmSupported(name));
  return lacks
    ? { severity: 'note', section: 'ours', message: `${message}, so it is not judged`, remedy }
    : { severity: 'warning', section: 'RFC 7517 §5', message, remedy };
}

/** Something that a key says of itself. */
interface Aspect {
  readonly names: readonly string[];
  readonly section: string;
  readonly message?: string;
  readonly remedy: string;
}

const ASPECTS: readonly Aspect[] = [
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
function judgeAspect(jwk: Members, material: Members, { names, section, message, remedy }: Aspect): readonly Fault[] {
  const errorOf = (some: readonly string[]) => {
    const key = tryKey({ ...material, ...pick(jwk, some) });
    return key instanceof JoseError ? key.message : undefined;
  };
  const error = errorOf(names);
  const isToldAlready = names.length > 1 && names.slice(0, 2).some((name) => errorOf([name]) !== undefined);
  if (error === undefined || isToldAlready) return [];
  return [{ severity: 'error', section, message: message ?? error, remedy }];
}

/** What is better said than guessed. */
function unsaid({ alg, use, key_ops: operations }: Members): readonly Fault[] {
  const isUnsaid = [alg === undefined, use === undefined && operations === undefined];
  return [NO_ALG, NO_USE].filter((_, index) => isUnsaid[index]);
}

const NO_ALG: Fault = {
  severity: 'warning',
  section: 'RFC 8725 §3.1',
  message: 'it has no alg, so verifiers must guess the one algorithm that it is for',
  remedy: 'name it, such as "alg": "RS256"',
};

const NO_USE: Fault = {
  severity: 'warning',
  section: 'RFC 7517 §4.2',
  message: 'it has no use, so it may be taken for encryption as well',
  remedy: 'say "use": "sig"',
};
