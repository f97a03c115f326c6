// Which key is which, whatever it is called: RFC 7638 thumbprints keep one from coming under two kids, or coming back.
import { JoseError } from '../errors.ts';
import { quote } from '../json.ts';
import { thumbprint } from '../jwk/thumbprint.ts';
import type { NewKey } from './changes.ts';
import type { Ring } from './ring.ts';

/** What is remembered of a key that is revoked. */
export function printOf({ keys }: Ring, kid: string): { readonly thumbprint: string | undefined } {
  const jwk = keys.find((key) => key.kid === kid)?.publicJwk;
  return { thumbprint: jwk && thumbprint(jwk) };
}

/** The ring, unless it has another key under the kid of this one, or had this one under another. */
export function checkedFor(ring: Ring, { kid, publicJwk }: NewKey): Ring {
  const print = thumbprint(publicJwk);
  const prints = ring.keys.map((key) => ({ kid: key.kid, is: key.thumbprint ?? printOf(ring, key.kid).thumbprint }));
  if (prints.some((known) => known.kid === kid && known.is !== undefined && known.is !== print))
    throw new JoseError('ERR_RING_CONFLICT', `the kid ${quote(kid)} is that of another key of the ring`);
  const other = prints.find((known) => known.kid !== kid && known.is === print);
  if (other) throw new JoseError('ERR_RING_CONFLICT', `the key is or was in the ring as ${quote(other.kid)}`);
  return ring;
}
