// The public keys of published sets as providers spell them → the one canonical spelling, before anything else reads
// them. So strength, thumbprints, deny-lists and exports never depend on a spelling. Tokens and single JWKs are read
// strictly.
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { asBuffer } from '../bytes.ts';
import { attempt } from '../errors.ts';
import { type JsonObject, ownMembers } from '../json.ts';
import { certificateKey } from '../jwk/certificate.ts';
import { PRIVATE_MEMBERS } from '../jwk/jwk.ts';

/** Members for which null means that there is none. */
const NULLABLE: readonly string[] = ['use', 'alg', 'key_ops', 'kid', ...PRIVATE_MEMBERS];

const CERTIFICATES: readonly string[] = ['x5c', 'x5t', 'x5t#S256'];

/** The members of each kty that hold octets; those of an RSA key are numbers. */
const OCTETS: ReadonlyMap<unknown, readonly string[]> = /* @__PURE__ */ new Map([
  ['RSA', ['n', 'e']],
  ['EC', ['x', 'y']],
  ['OKP', ['x']],
  ['AKP', ['pub']],
]);

/**
 * A public JWK of a published set in canonical members. A member that cannot be read stays as it is, and is refused later.
 *
 * - Octets in standard base64 or with padding, and leading zero octets of `n` and `e`: spelt as RFC 7518 §2 asks.
 * - `use`, `alg`, `key_ops`, `kid` and private members that are null: left out.
 * - `x5c`: its first certificate, where that can be read, since it must be of this key (RFC 7517 §4.7); else left out,
 *   as are `x5t` and `x5t#S256`, which add nothing to it.
 */
export function canonicalJwk(member: JsonObject): JsonObject {
  const { kty, x5c } = ownMembers(member);
  const names = OCTETS.get(kty);
  if (!names) return member;
  const certificate = canonicalCertificate(x5c);
  const entries = Object.entries(member)
    .filter(([name, value]) => !CERTIFICATES.includes(name) && (value !== null || !NULLABLE.includes(name)))
    .map(([name, value]) => [name, names.includes(name) ? canonicalOctets(value, kty) : value] as const);
  return ownMembers({ ...Object.fromEntries(entries), ...(certificate !== undefined && { x5c: [certificate] }) });
}

function canonicalOctets(value: unknown, kty: unknown): unknown {
  const octets = typeof value === 'string' ? decodeAnyBase64(value) : undefined;
  if (!octets) return value;
  const leadingZeros = kty === 'RSA' ? octets.findIndex((octet) => octet !== 0) : 0;
  return encodeBase64url(octets.subarray(Math.max(0, leadingZeros)));
}

/** Either alphabet of RFC 4648, §4 and §5, with its padding or without; the bits that are left over must be zero. */
function decodeAnyBase64(text: string): Uint8Array | undefined {
  const symbols = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text;
  return decodeBase64url(symbols.replaceAll('+', '-').replaceAll('/', '_'));
}

/**
 * The first certificate of an x5c in base64 (RFC 7515 §4.1.6), also out of PEM armour; `undefined` unless it can be
 * read.
 */
function canonicalCertificate(x5c: unknown): string | undefined {
  const [first] = Array.isArray(x5c) ? x5c : [];
  if (typeof first !== 'string') return undefined;
  const der = decodeAnyBase64(first.replace(/-----(?:BEGIN|END) CERTIFICATE-----|\s/g, ''));
  return der && attempt(() => certificateKey(der) && asBuffer(der).toString('base64'), undefined);
}
