// Audits what a published key is for: signatures or encryption, and not both.
import { SIGNATURE_ALGORITHMS } from '../index.ts';
import type { JsonObject } from './json.ts';
import { isEncryptionAlg, type Problem, type Purpose } from './lint-finding.ts';

/** The problems of a key's purpose, and the members that they are about, which need no further rule. */
interface Judgement {
  readonly problems: readonly Problem[];
  readonly judged: readonly string[];
}

export function lintPurpose({ use, alg }: JsonObject, purpose: Purpose): Judgement {
  if (purpose === 'sig') return { problems: [], judged: [] };
  if (alg === 'RSA1_5') return { problems: [FOR_ENCRYPTION, RSA1_5], judged: ['alg'] };
  const contradicts =
    use === 'enc' ? SIGNATURE_ALGORITHMS.some((name) => name === alg) : use === 'sig' && isEncryptionAlg(alg);
  return contradicts
    ? { problems: [CONTRADICTION], judged: ['use', 'alg'] }
    : { problems: [FOR_ENCRYPTION], judged: [] };
}

const FOR_ENCRYPTION: Problem = {
  severity: 'note',
  section: 'RFC 7517 §4.2',
  message: 'it is for encryption, so it verifies no signature',
  remedy: 'none, if that is intended',
};

const RSA1_5: Problem = {
  severity: 'error',
  section: 'RFC 8725 §3.2',
  message: 'its alg is RSA1_5, under which an attacker who may send many variants of a token can decrypt it',
  remedy: 'publish a new key for RSA-OAEP-256 or ECDH-ES, and stop to decrypt with this one',
};

const CONTRADICTION: Problem = {
  severity: 'error',
  section: 'RFC 7517 §4.2',
  message: 'its use and its alg contradict each other: one is for signatures, the other for encryption',
  remedy: 'publish a key of its own for each of the two',
};
