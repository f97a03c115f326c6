// The classes of inputs that barejose and a peer judge differently, each with the inputs it is for and the reason. The page
// vectors/DIFFERENCES.md is written from this table. A difference of no class is a fault, of theirs or of ours.

/** An error of ours by its message; the inputs are those that a peer accepts. */
const refusedAs = (pattern) => ({ isAccepted: false, fits: ({ message }) => pattern.test(message) });
/** An input that is accepted here alone, by its text and the message of the peer. */
const acceptedWhere = (text, message = /(?:)/) => ({
  isAccepted: true,
  fits: (given) => text.test(given.text) && message.test(given.message),
});

export const DIFFERENCES = [
  {
    kind: 'token',
    name: 'member twice',
    ...refusedAs(/has a member twice/),
    because: 'Two parsers may read it differently (RFC 8725 §2.6, RFC 7515 §4). JSON.parse keeps the last one.',
  },
  {
    kind: 'token',
    name: 'another spelling',
    ...refusedAs(/is not canonical base64url/),
    because:
      'A token has one spelling (RFC 4648 §3.5, RFC 7515 §2): no padding, no standard alphabet, no surplus bits.',
  },
  {
    kind: 'token',
    name: 'byte-order mark, or octets that are not UTF-8',
    ...refusedAs(/is not a JSON object in UTF-8/),
    because:
      'JSON is UTF-8 without a mark (RFC 8259 §8.1, RFC 7515 §4, RFC 7519 §3). Lenient decoders drop the one and replace the other.',
  },
  {
    kind: 'token',
    name: 'nested token',
    ...refusedAs(/nested signatures are not supported/),
    because: 'With cty JWT the payload is another token (RFC 7519 §5.2), and its claims would not have been read.',
  },
  {
    kind: 'token',
    name: 'uncritical b64',
    ...refusedAs(/malformed or uncritical b64/),
    because: 'b64 must be a boolean and listed in crit (RFC 7797 §6). A reader without it would read another payload.',
  },
  {
    kind: 'token',
    name: 'header parameter of another type',
    ...refusedAs(/header parameter \w+ is not a string|has a malformed crit/),
    because:
      'kid, typ and cty are strings and crit a list of names (RFC 7515 §4.1.4, §4.1.9 to §4.1.11), or the token is invalid.',
  },
  {
    kind: 'token',
    name: 'claim of another type',
    ...refusedAs(/^claims refused: "\w+" type$/),
    because:
      'sub is a string and iat, nbf and exp are numbers (RFC 7519 §4.1), also where nobody asked for their value.',
  },
  {
    kind: 'token',
    name: 'without exp',
    ...refusedAs(/^claims refused: ("\w+" type, )*"exp" missing(, "\w+" type)*$/),
    because: "A token that never expires is refused unless the caller says `expiry: 'optional'`.",
  },
  {
    kind: 'JWK',
    name: 'number or coordinate in another spelling',
    ...refusedAs(/the (n|e|x|y|k) of the key is missing or malformed/),
    because:
      'A key has one spelling (RFC 7518 §2, §6): canonical base64url, the exact length, no leading zero octet. Otherwise ' +
      'thumbprints and deny-lists can be bypassed.',
  },
  {
    kind: 'JWK',
    name: 'alg that does not fit',
    ...refusedAs(
      /the alg of the token is not allowed|the alg of the key|the kty, crv or alg of the key is not supported|a secret key needs an alg/,
    ),
    because:
      'A key has one algorithm (RFC 8725 §3.1), which must be known, fit its kty and crv, and be said for a secret.',
  },
  {
    kind: 'JWK',
    name: 'metadata that is malformed or for another use',
    ...refusedAs(/(kid|use|key_ops) of the key/),
    because: 'kid is a string, use is sig, and key_ops are distinct names that include verify (RFC 7517 §4.2 to §4.5).',
  },
  {
    kind: 'JWK',
    name: 'certificate of another key',
    ...refusedAs(/x5c|x5t|certificate/),
    because: 'The first certificate of x5c holds the key itself (RFC 7517 §4.7).',
  },
  {
    kind: 'JWK',
    name: 'private member that is malformed, or of another key',
    ...refusedAs(/the (d|p) of the key is missing|the private members of the key do not match/),
    because:
      'A private key is whole and belongs to its public one (RFC 7518 §6.2.2, §6.3.2). node:crypto makes a public key of the rest.',
  },
  {
    kind: 'JWK Set',
    name: 'set with a member twice',
    ...refusedAs(/the JWK Set has a member twice/),
    because: 'As in a token. A peer that gets the parsed object cannot see it.',
  },
  {
    kind: 'JWK Set',
    name: 'skipped key',
    ...refusedAs(/the key of this kid was skipped/),
    because: 'A key that `importJwks` cannot use, for one of the reasons above, is skipped with that reason.',
  },
  {
    kind: 'JWK Set',
    name: 'set with a member that is no key',
    ...acceptedWhere(/(?:)/, /Set malformed/),
    because: 'A member that is no object is left out, and the other keys are used (RFC 7517 §5).',
  },
  {
    kind: 'JWK Set',
    name: 'null, or the same key again',
    ...acceptedWhere(
      /null|"kid":"(\w+)".*"kid":"\1"/,
      /no applicable key|multiple matching keys|Unsupported key usage/,
    ),
    because:
      'In a published set null for `use`, `alg`, `key_ops`, `kid` or a private member means none, and one key twice is one key.',
  },
  {
    kind: 'JWK Set',
    name: 'EdDSA and Ed25519',
    ...acceptedWhere(/"alg":"Ed25519"/, /no applicable key/),
    because: 'Both name one operation for an Ed25519 key (RFC 9864 §2.2).',
  },
  {
    kind: 'PEM',
    name: 'several keys',
    ...refusedAs(/holds more than one key/),
    because: 'Which key is meant cannot be known. The peers take the first.',
  },
  {
    kind: 'PEM',
    name: 'octets behind the key',
    ...refusedAs(/is not the DER of one whole key/),
    because: 'The block is one key to its last octet (X.690 §10.1). OpenSSL ignores what follows the first element.',
  },
  {
    kind: 'PEM',
    name: 'without END line',
    ...refusedAs(/has no END line/),
    because: 'The text was cut short (RFC 7468 §3).',
  },
  {
    kind: 'PEM',
    name: 'content in another alphabet',
    ...refusedAs(/whose content is not base64/),
    because: 'A block holds base64 with its padding (RFC 7468 §3). `jose` decodes with a lenient decoder.',
  },
  {
    kind: 'PEM',
    name: 'text around, indented, quoted or on one line',
    ...acceptedWhere(/(?:)/, /Invalid character|must be SPKI formatted|must be an asymmetric key/),
    because:
      'The block is found as people have it: in an environment variable with `\\n`, in YAML, in JSON quotes, behind a comment ' +
      '(RFC 7468 §2), or as base64 alone. It holds the same key.',
  },
  {
    kind: 'Authorization',
    name: 'credentials that are no token',
    ...refusedAs(/^status 40[01]$/),
    because: 'Bearer credentials are one b64token (RFC 6750 §2.1): no comma, quote or second token.',
  },
  {
    kind: 'Authorization',
    name: 'token in another spelling',
    ...refusedAs(/is not canonical base64url|has not exactly three parts/),
    because: 'A token has one spelling, as above.',
  },
  {
    kind: 'Authorization',
    name: 'several spaces after the scheme',
    ...acceptedWhere(/^bearer {2,}/i),
    because: 'One space or more stand between scheme and token (RFC 9110 §11.4).',
  },
  {
    kind: 'If-None-Match',
    name: 'tab around a tag',
    ...acceptedWhere(/\t/),
    because: 'White space around the tags of a list is spaces and tabs (RFC 9110 §5.6.1, §5.6.3).',
  },
];

/** The class of a difference, or `undefined`. */
export function classOf(kind, isAccepted, given) {
  return DIFFERENCES.find((each) => each.kind === kind && each.isAccepted === isAccepted && each.fits(given));
}
