// A file or URL → the KeySet to verify with.
import { importJwks, type KeySet, type SkippedKey } from '../index.ts';
import { readJwks } from './fetch.ts';
import { KeysUnavailable } from './world.ts';

/**
 * @throws UsageError for the source; KeysUnavailable when it cannot be read, is no JWK Set, or has no key to verify with
 */
export async function loadKeys(source: string): Promise<KeySet> {
  const keys = parse(source, await readJwks(source));
  if (keys.keys.length === 0)
    throw new KeysUnavailable([`${source} has no usable key`, ...keys.skipped.map(tellSkipped)].join('; '));
  return keys;
}

function parse(source: string, text: string): KeySet {
  try {
    return importJwks(text);
  } catch (error) {
    throw new KeysUnavailable(`${source} cannot be used (${error})`, { cause: error });
  }
}

/** Which key was left out, and why. */
export function tellSkipped({ index, kid, reason }: SkippedKey): string {
  return `key ${index}${kid === undefined ? '' : ` (kid ${JSON.stringify(kid)})`} was left out: ${reason}`;
}
