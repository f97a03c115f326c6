// `barejose sign`: claims and a key → a token, for trying things out and for scripts.
import { type Duration, type JwtClaims, readUnverifiedJwt, signJwt } from '../index.ts';
import { type Arguments, withUsageErrors } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { asJoseError, EXIT, type Host, UsageError } from './host.ts';
import { readText } from './input.ts';
import { formatJson, parseJsonObject } from './json.ts';
import { DECRYPTION_OPTIONS, readDecryptionOptions, requireKey } from './keys.ts';

type ClaimOption = 'claims' | 'issuer' | 'audience' | 'subject';

export const sign: Command = defineCommand({
  name: 'sign',
  summary: 'sign a token',
  options: {
    key: { value: 'KEY', help: 'a private key or secret: -, @FILE or env:NAME, a JWK, PEM or DER', required: true },
    'expires-in': {
      value: 'DURATION',
      help: 'such as 30s, 5m, 2h or 7d. With the word never no exp is added',
      required: true,
    },
    issuer: { value: 'ISSUER', help: 'iss' },
    audience: { value: 'AUDIENCE', help: 'aud', many: true },
    subject: { value: 'SUBJECT', help: 'sub' },
    claims: { value: 'CLAIMS', help: 'further claims, a JSON object: -, @FILE or env:NAME' },
    typ: { value: 'TYPE', help: 'default: JWT. Better: one of its own, such as at+jwt' },
    'not-before': { value: 'DURATION', help: 'from now to nbf. Default: no nbf is added' },
    alg: { value: 'ALGORITHM', help: 'what the key is for. Default: its own alg, else that of its kind' },
    kid: { value: 'KID', help: "default: the key's own, else none" },
    ...DECRYPTION_OPTIONS,
    at: { value: 'INSTANT', help: 'sign as if it were then: seconds, or 2026-01-31T12:00:00Z' },
  },
  outcome: 'the token on standard output; exit code: 0 signed, 2 usage, 3 the key is not to be had',
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
    const claims = await readClaims(host, args);
    const token = await withUsageErrors(() => signJwt(claims, key, { expiresIn, notBefore, typ, now }));
    host.stdout.write(args.has('json') ? `${formatJson({ token, ...readUnverifiedJwt(token) })}\n` : `${token}\n`);
    return EXIT.valid;
  },
});

/** Like the library, the command does not sign for ever by omission. */
function readLifetime(args: Arguments<'expires-in'>): Duration | null {
  if (args.text('expires-in') === 'never') return null;
  return args.duration('expires-in') ?? args.throwMissing('expires-in');
}

/** What the options say, and what --claims says beside it; nothing twice. */
async function readClaims(host: Host, args: Arguments<ClaimOption>): Promise<JwtClaims> {
  const [issuer, subject, source] = [args.text('issuer'), args.text('subject'), args.text('claims')];
  const [audience, ...others] = args.texts('audience');
  const said: JwtClaims = {
    ...(issuer !== undefined && { iss: issuer }),
    ...(subject !== undefined && { sub: subject }),
    ...(audience !== undefined && { aud: others.length > 0 ? [audience, ...others] : audience }),
  };
  const claims = source === undefined ? {} : await readClaimsFile(host, source);
  const twice = Object.keys(said).find((name) => Object.hasOwn(claims, name));
  if (twice !== undefined) throw new UsageError(`${twice} is in --claims already`);
  return { ...said, ...claims };
}

async function readClaimsFile(host: Host, source: string): Promise<JwtClaims> {
  const text = await readText(host, { name: '--claims', source });
  try {
    return parseJsonObject(text, '--claims');
  } catch (error) {
    throw new UsageError(asJoseError(error).message);
  }
}
