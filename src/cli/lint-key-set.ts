// Audits the text of a published key set: the set as a whole, each key, and the keys together.
import { importEncryptionKeys, importJwks, type Key, thumbprint } from '../index.ts';
import { asJoseError } from './errors.ts';
import { isJsonObject, parseJson } from './json.ts';
import { lintDuplicates } from './lint-duplicates.ts';
import { type Finding, findingAbout, type KeyEntry } from './lint-finding.ts';
import { lintKey } from './lint-key.ts';

/** The result of an audit. */
export interface Audit {
  readonly keys: number;
  /** How many keys can verify a signature, or be encrypted to. */
  readonly usable: number;
  readonly findings: readonly Finding[];
}

/** The most keys that importJwks accepts. Further keys are not audited. */
const MAX_KEYS = 100;

export function lintKeySet(text: string): Audit {
  const set = parseJson(text.replace(/^\ufeff/, ''));
  const keys: readonly unknown[] = isJsonObject(set) && Array.isArray(set.keys) ? set.keys : [];
  const audited = keys
    .slice(0, MAX_KEYS)
    .map((jwk, index) => (isJsonObject(jwk) ? { index, jwk } : notAnObjectFinding(index)));
  const { usable, findings } = lintImport(text, audited);
  const entries = audited.filter((each): each is KeyEntry => 'jwk' in each);
  const notObjects = audited.filter((each): each is Finding => 'message' in each);
  const perKey = entries.flatMap((entry) => lintKey(entry).map((problem) => findingAbout(problem, [entry])));
  const size = Buffer.byteLength(text) > LARGE_OCTETS ? [TOO_LARGE] : [];
  const mark = text.startsWith('\ufeff') ? [BYTE_ORDER_MARK] : [];
  return {
    keys: keys.length,
    usable,
    findings: [...findings, ...size, ...mark, ...notObjects, ...perKey, ...lintDuplicates(entries)],
  };
}

/** More octets than a set of keys in use needs. */
const LARGE_OCTETS: number = 64 * 1024;

const TOO_LARGE: Finding = {
  severity: 'warning',
  section: 'ours',
  message: 'it is over 64 KiB, which some verifiers refuse to read',
  remedy: 'publish only the keys in use and the next ones, without long certificate chains',
};

const BYTE_ORDER_MARK: Finding = {
  severity: 'warning',
  section: 'RFC 8259 §8.1',
  message: 'it begins with a byte-order mark, which some verifiers do not read',
  remedy: 'write the document as UTF-8 without one',
};

/** Imports the set as a verifier does, with the option for a SPIFFE bundle if it is one. */
function lintImport(
  text: string,
  audited: readonly (KeyEntry | Finding)[],
): { usable: number; findings: readonly Finding[] } {
  const isOfBundle = audited.some((each) => 'jwk' in each && each.jwk.use === 'jwt-svid');
  try {
    const { keys: plain } = importJwks(text);
    const verifying = [...plain, ...(isOfBundle ? importJwks(text, { use: 'jwt-svid' }).keys : [])];
    // A key that two imports take counts once.
    const usable = new Set([...verifying, ...importEncryptionKeys(text).keys].map(thumbprintOfKey)).size;
    if (verifying.length > 0) return { usable, findings: [] };
    return { usable, findings: [usable > 0 ? NO_SIGNATURES : NO_USABLE_KEY] };
  } catch (error) {
    const { code, message } = asJoseError(error);
    const section = code === 'ERR_JOSE_LIMIT_EXCEEDED' ? 'ours' : 'RFC 7517 §5';
    const remedy = 'publish one JSON object with a keys array of public keys: at most 100, in at most 256 KiB';
    return { usable: 0, findings: [{ severity: 'error', section, message, remedy }] };
  }
}

function thumbprintOfKey(key: Key): string {
  return `${thumbprint(key)} ${key.kid}`;
}

const NO_USABLE_KEY: Finding = {
  severity: 'error',
  section: 'ours',
  message: 'no key is usable, so every token is refused',
  remedy: 'publish a public key for signatures, or for encryption',
};

const NO_SIGNATURES: Finding = {
  severity: 'note',
  section: 'ours',
  message: 'no key verifies signatures, so every signed token is refused',
  remedy: 'none, if the set is only for those who encrypt to you',
};

function notAnObjectFinding(index: number): Finding {
  return {
    severity: 'error',
    section: 'RFC 7517 §5.1',
    keys: [{ index }],
    message: 'it is not a JSON object',
    remedy: 'publish only JWKs in the keys array',
  };
}
