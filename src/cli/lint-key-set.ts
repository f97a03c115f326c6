// The text of a published key set → what an auditor finds in it.
import { importJwks } from '../index.ts';
import { asJoseError } from './host.ts';
import { isJsonObject, parseJson } from './json.ts';
import { compareKeys } from './lint-duplicates.ts';
import { type Finding, findingAbout, type KeyEntry } from './lint-finding.ts';
import { lintKey } from './lint-key.ts';

/** What came of it. */
export interface Audit {
  /** How many keys there are, and how many of them can verify something. */
  readonly keys: number;
  readonly usable: number;
  readonly findings: readonly Finding[];
}

/** The most keys that a verifier reads, and that are judged here. */
const MAX_KEYS = 100;

export function lintKeySet(text: string): Audit {
  const { usable, findings } = lintImport(text);
  const set = parseJson(text);
  const keys: readonly unknown[] = isJsonObject(set) && Array.isArray(set.keys) ? set.keys : [];
  const judged = keys
    .slice(0, MAX_KEYS)
    .map((jwk, index) => (isJsonObject(jwk) ? { index, jwk } : notAnObjectFinding(index)));
  const members = judged.filter((each): each is KeyEntry => 'jwk' in each);
  const notObjects = judged.filter((each): each is Finding => 'message' in each);
  const perKey = members.flatMap((member) => lintKey(member).map((fault) => findingAbout(fault, [member])));
  const size = Buffer.byteLength(text) > LARGE_OCTETS ? [TOO_LARGE] : [];
  return {
    keys: keys.length,
    usable,
    findings: [...findings, ...size, ...notObjects, ...perKey, ...compareKeys(members)],
  };
}

/** Beyond this, in octets, a set has more in it than keys. */
const LARGE_OCTETS: number = 64 * 1024;

const TOO_LARGE: Finding = {
  severity: 'warning',
  section: 'ours',
  message: 'it is over 64 KiB, and some verifiers read no more than that',
  remedy: 'publish the keys in use and the next ones only, without long certificate chains',
};

/** As a verifier reads it. */
function lintImport(text: string): { usable: number; findings: readonly Finding[] } {
  try {
    const { keys } = importJwks(text);
    return { usable: keys.length, findings: keys.length > 0 ? [] : [NO_USABLE_KEY] };
  } catch (error) {
    const { code, message } = asJoseError(error);
    const section = code === 'ERR_JOSE_LIMIT_EXCEEDED' ? 'ours' : 'RFC 7517 §5';
    const remedy = 'publish one JSON object with a keys array of public keys: at most 100, in at most 256 KiB';
    return { usable: 0, findings: [{ severity: 'error', section, message, remedy }] };
  }
}

const NO_USABLE_KEY: Finding = {
  severity: 'error',
  section: 'ours',
  message: 'no key can be used, so every token is refused',
  remedy: 'publish a public key for signatures',
};

function notAnObjectFinding(index: number): Finding {
  return {
    severity: 'error',
    section: 'RFC 7517 §5.1',
    keys: [{ index }],
    message: 'it is not a JSON object',
    remedy: 'publish JWKs only',
  };
}
