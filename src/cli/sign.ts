// `barejose sign`: signs claims with a key, for experiments and scripts.
import { type Duration, type JwtClaims, readUnverifiedJwt, signJwt } from '../index.ts';
import type { Arguments } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { asJoseError, withUsageErrors } from './errors.ts';
import { EXIT, type Host, UsageError } from './host.ts';
import { readText } from './input.ts';
import { formatJson, parseJsonObject } from './json.ts';
import { ALG_OPTION, DECRYPTION_OPTIONS, readDecryptionOptions, requireKey } from './keys.ts';

type ClaimOption = 'claims' | 'issuer' | 'audience' | 'subject';

export const sign: Command = defineCommand({
  name: 'sign',
  summary: 'sign a token',
  options: {
    key: { value: 'KEY', help: 'a private key or secret as JWK, PEM or DER: -, @FILE or env:NAME', required: true },
    'expires-in': {
      value: 'DURATION',
      help: 'from now to exp, such as 30s, 5m, 2h or 7d. The word never omits exp',
      required: true,
    },
    issuer: { value: 'ISSUER', help: 'the iss claim' },
    audience: { value: 'AUDIENCE', help: 'the aud claim', many: true },
    subject: { value: 'SUBJECT', help: 'the sub claim' },
    claims: { value: 'CLAIMS', help: 'more claims as a JSON object: -, @FILE or env:NAME' },
    typ: { value: 'TYPE', help: 'the typ header, such as at+jwt. Default: JWT' },
    'not-before': { value: 'DURATION', help: 'from now to nbf. Default: no nbf' },
    alg: ALG_OPTION,
    kid: { value: 'KID', help: "the key's kid. Default: its own kid, else none" },
    ...DECRYPTION_OPTIONS,
    at: { value: 'INSTANT', help: 'sign as of this instant: seconds since 1970, or 2026-01-31T12:00:00Z' },
  },
  outcome: 'the token on standard output; exit code: 0 signed, 2 usage error, 3 key unavailable',
  examples: [
    'barejose sign --key @private.jwk --expires-in 5m --issuer https://issuer.example --audience api --subject user-1',
    `echo '{"scope":"orders:read"}' | barejose sign --key @private.jwk --expires-in 5m --typ at+jwt --claims -`,
  ],
  async run(host, args) {
    const [alg, kid, typ] = [args.algorithm('alg'), args.text('kid'), args.text('typ')];
    const [expiresIn, notBefore, now] = [readLifetime(args), args.duration('not-before'), args.instant('at')];
    const source = args.requiredText('key');
    const options = { alg, kid, ...(await readDecryptionOptions(host, args)) };
    const key = await requireKey(host, { name: '--key', source }, options);
    const claims = await readClaimOptions(host, args);
    const token = await withUsageErrors(() => signJwt(claims, key, { expiresIn, notBefore, typ, now }));
    host.stdout.write(args.has('json') ? `${formatJson({ token, ...readUnverifiedJwt(token) })}\n` : `${token}\n`);
    return EXIT.valid;
  },
});

/** Requires a lifetime or the word never: a token without exp must be explicit. */
function readLifetime(args: Arguments<'expires-in'>): Duration | null {
  if (args.text('expires-in') === 'never') return null;
  return args.duration('expires-in') ?? args.throwMissing('expires-in');
}

/** Reads the claims from the options and from --claims, and refuses a claim in both. */
async function readClaimOptions(host: Host, args: Arguments<ClaimOption>): Promise<JwtClaims> {
  const [issuer, subject, source] = [args.text('issuer'), args.text('subject'), args.text('claims')];
  const [audience, ...others] = args.texts('audience');
  const fromOptions: JwtClaims = {
    ...(issuer !== undefined && { iss: issuer }),
    ...(subject !== undefined && { sub: subject }),
    ...(audience !== undefined && { aud: others.length > 0 ? [audience, ...others] : audience }),
  };
  const claims = source === undefined ? {} : await readClaimsFile(host, source);
  const duplicate = Object.keys(fromOptions).find((name) => Object.hasOwn(claims, name));
  if (duplicate !== undefined) throw new UsageError(`--claims must not contain ${duplicate}, which an option sets`);
  return { ...fromOptions, ...claims };
}

async function readClaimsFile(host: Host, source: string): Promise<JwtClaims> {
  const text = await readText(host, { name: '--claims', source });
  try {
    return parseJsonObject(text, '--claims');
  } catch (error) {
    throw new UsageError(asJoseError(error).message);
  }
}
