// Descriptions of a text that should be a token, and of the keys that were considered.
import { isKey, type Key } from '../jwk/key.ts';
import type { SelectableKeys, SkippedKey } from '../jwks/set.ts';

/** Names what was copied along with a token. */
export function describeEnds(token: unknown): string {
  if (typeof token !== 'string') return '';
  if (/^\s*bearer\s/i.test(token)) return 'the token begins with the scheme "Bearer", which is not part of it';
  if (/^["']|["']$/.test(token)) return 'the token stands in quotes, which are not part of it';
  return token.trim() === token ? '' : 'the token begins or ends with white space or a line break';
}

/** Lists the candidate keys, and says of each why it fits or not; of an empty set, why its keys were skipped. */
export function describeCandidates(
  keys: Key | SelectableKeys,
  kid: string | undefined,
  fitOf: (key: Key) => string,
): string {
  const isChosen = isKey(keys);
  if (!isChosen && keys.keys.length === 0) return `considered: ${describeEmptySet(keys.skipped)}`;
  // A Key given by itself is the caller's choice, so its kid does not count.
  const describeFit = (key: Key) => (!isChosen && kid !== undefined && key.kid !== kid ? 'another kid' : fitOf(key));
  return `considered: ${(isChosen ? [keys] : keys.keys).map((key) => `${key}: ${describeFit(key)}`).join('; ')}`;
}

function describeEmptySet(skipped: readonly SkippedKey[]): string {
  const [first] = skipped;
  if (!first) return 'nothing, the set is empty';
  return `nothing, the set has no usable key: ${skipped.length} skipped, the first because ${first.reason}`;
}
