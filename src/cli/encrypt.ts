// `barejose encrypt`: encrypts octets to a key, as a compact JWE.
import { CONTENT_ENCRYPTIONS, encryptJwe, readUnverifiedJwt } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { isEncryptedToken, readEncryptedToken } from './encrypted-token.ts';
import { KEY_OPTIONS, readEncryptingKey } from './encryption-keys.ts';
import { asJoseError, withUsageErrors } from './errors.ts';
import { EXIT, type Host, UsageError } from './host.ts';
import { type Input, readOctets, readText } from './input.ts';
import { formatJson } from './json.ts';

export const encrypt: Command = defineCommand({
  name: 'encrypt',
  summary: 'encrypt a text or file to a key',
  operand: {
    name: 'PLAINTEXT',
    help: 'the octets: - (standard input, the default), @FILE or env:NAME',
    isSource: true,
  },
  options: {
    key: { value: 'KEY', help: 'a public key or secret: FILE, @FILE, env:NAME or -, as JWK, PEM or DER' },
    jwks: { value: 'FILE_OR_URL', help: 'the JWK Set of the recipient: a file, an https URL, or http on loopback' },
    kid: { value: 'KID', help: 'which key of --jwks' },
    ...KEY_OPTIONS,
    iterations: {
      value: 'NUMBER',
      help: 'the key derivation iterations of --password. Default: 600000, or 210000 with SHA-384 and SHA-512. Many readers accept at most 10000',
    },
    enc: {
      value: 'ENC',
      help: `the content encryption: ${CONTENT_ENCRYPTIONS.join(', ')}. Default: A256GCM`,
    },
    typ: { value: 'TYPE', help: 'the typ header' },
    cty: {
      value: 'TYPE',
      help: 'the cty header. With JWT, PLAINTEXT must be a token, and the newline at its end is left out',
    },
  },
  outcome: 'the token on standard output; exit code: 0 encrypted, 2 usage error, 3 key unavailable',
  examples: [
    'barejose encrypt --key encryption.jwk < message.txt',
    'barejose sign --key @private.jwk --expires-in 5m --audience api | barejose encrypt --jwks encryption-jwks.json --cty JWT',
    'barejose encrypt --password env:PASSPHRASE @message.txt',
  ],
  async run(host, args) {
    const [typ, cty, enc] = [args.text('typ'), args.text('cty'), args.choice('enc', CONTENT_ENCRYPTIONS)];
    const key = await readEncryptingKey(host, args);
    const plaintext = await readPlaintext(host, { name: 'PLAINTEXT', source: args.operand }, cty);
    const header = { ...(typ !== undefined && { typ }), ...(cty !== undefined && { cty }) };
    const token = await withUsageErrors(() => encryptJwe(plaintext, key, { enc, header }));
    if (token.length > MAX_TOKEN_OCTETS)
      throw new UsageError('PLAINTEXT is too large: the token would be over 256 KiB, which readers refuse');
    const json = { token, header: readEncryptedToken(token).header };
    host.stdout.write(args.has('json') ? `${formatJson(json)}\n` : `${token}\n`);
    return EXIT.valid;
  },
});

/** The most octets of a token that the library reads by default. */
const MAX_TOKEN_OCTETS: number = 256 * 1024;

/** Reads the octets as they are; of a token, without the newline that follows it on standard output. */
async function readPlaintext(host: Host, input: Input, cty: string | undefined): Promise<Uint8Array> {
  if (cty === undefined || !/^(?:application\/)?jwt$/i.test(cty)) return readOctets(host, input);
  const token = await readText(host, input);
  if (isToken(token)) return new TextEncoder().encode(token);
  throw new UsageError('PLAINTEXT must be a signed or encrypted token, because --cty JWT says so');
}

function isToken(text: string): boolean {
  try {
    (isEncryptedToken(text) ? readEncryptedToken : readUnverifiedJwt)(text);
    return true;
  } catch (error) {
    asJoseError(error);
    return false;
  }
}
