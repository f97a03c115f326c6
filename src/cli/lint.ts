// The text of a published key set → what an auditor finds in it.
import { importJwks } from '../index.ts';
import { type Finding, type Member, ofKeys } from './findings.ts';
import { isMembers, parse } from './json.ts';
import { judgeKey } from './lint-keys.ts';
import { compareKeys } from './lint-set.ts';
import { asRefusal } from './world.ts';

/** What came of it. */
export interface Audit {
  /** How many keys there are, and how many of them can verify something. */
  readonly keys: number;
  readonly usable: number;
  readonly findings: readonly Finding[];
}

/** The most keys that a verifier reads, and that are judged here. */
const MAX_KEYS = 100;

export function lintSet(text: string): Audit {
  const { usable, findings } = judgeWhole(text);
  const set = parse(text);
  const keys: readonly unknown[] = isMembers(set) && Array.isArray(set.keys) ? set.keys : [];
  const judged = keys.slice(0, MAX_KEYS).map((jwk, index) => (isMembers(jwk) ? { index, jwk } : notAnObject(index)));
  const members = judged.filter((each): each is Member => 'jwk' in each);
  const strange = judged.filter((each): each is Finding => 'message' in each);
  const about = members.flatMap((member) => judgeKey(member).map((fault) => ofKeys(fault, [member])));
  const size = Buffer.byteLength(text) > LARGE ? [TOO_LARGE] : [];
  return { keys: keys.length, usable, findings: [...findings, ...size, ...strange, ...about, ...compareKeys(members)] };
}

/** Beyond this, in octets, a set has more in it than keys. */
const LARGE: number = 64 * 1024;

const TOO_LARGE: Finding = {
  severity: 'warning',
  section: 'ours',
  message: 'it is over 64 KiB, and some verifiers read no more than that',
  remedy: 'publish the keys in use and the next ones only, without long certificate chains',
};

/** As a verifier reads it. */
function judgeWhole(text: string): { usable: number; findings: readonly Finding[] } {
  try {
    const { keys } = importJwks(text);
    return { usable: keys.length, findings: keys.length > 0 ? [] : [NOTHING_USABLE] };
  } catch (error) {
    const { code, message } = asRefusal(error);
    const section = code === 'ERR_JOSE_LIMIT_EXCEEDED' ? 'ours' : 'RFC 7517 §5';
    const remedy = 'publish one JSON object with a keys array of public keys: at most 100, in at most 256 KiB';
    return { usable: 0, findings: [{ severity: 'error', section, message, remedy }] };
  }
}

const NOTHING_USABLE: Finding = {
  severity: 'error',
  section: 'ours',
  message: 'no key can be used, so every token is refused',
  remedy: 'publish a public key for signatures',
};

function notAnObject(index: number): Finding {
  return {
    severity: 'error',
    section: 'RFC 7517 §5.1',
    keys: [{ index }],
    message: 'it is not a JSON object',
    remedy: 'publish JWKs only',
  };
}
