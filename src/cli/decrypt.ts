// `barejose decrypt`: decrypts a compact JWE. On a terminal the plaintext cannot control it.
import { CONTENT_ENCRYPTIONS, type DecryptedJwe, decryptJwe } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { KEY_OPTIONS, readDecryptingKeys } from './encryption-keys.ts';
import { withUsageErrors } from './errors.ts';
import { EXIT, type Host, UsageError } from './host.ts';
import { bufferView } from './input.ts';
import { formatJson } from './json.ts';
import { paletteFor, printable } from './terminal.ts';
import { readToken, TOKEN_OPERAND } from './verifying.ts';

const SENDER_UNKNOWN = 'The sender is unknown: anyone can encrypt to this public key.';

export const decrypt: Command = defineCommand({
  name: 'decrypt',
  summary: 'decrypt a token, and print its plaintext',
  operand: TOKEN_OPERAND,
  options: {
    key: { value: 'KEY', help: 'the private key or secret as JWK, PEM or DER: -, @FILE or env:NAME' },
    jwks: {
      value: 'JWKS',
      help: 'your JWK Set of private keys and secrets, of which the kid names one: -, @FILE or env:NAME',
    },
    ...KEY_OPTIONS,
    enc: { value: 'ENC', help: `accept only this content encryption: ${CONTENT_ENCRYPTIONS.join(', ')}` },
    zip: { help: 'accept a compressed plaintext, of at most 250000 octets' },
  },
  outcome:
    'the plaintext on standard output, as it is; on a terminal only text, with control characters escaped; ' +
    'exit code: 0 decrypted, 1 refused, 2 usage error, 3 key unavailable',
  examples: [
    'barejose decrypt --key @decryption.jwk < encrypted.txt',
    'barejose decrypt --password env:PASSPHRASE @locked.txt --json',
  ],
  async run(host, args) {
    const enc = args.choice('enc', CONTENT_ENCRYPTIONS);
    const token = await readToken(host, args);
    const keys = await readDecryptingKeys(host, args, token);
    const options = { enc: enc && [enc], zip: args.has('zip') };
    const decrypted = await withUsageErrors(() => decryptJwe(token, keys, options));
    writePlaintext(host, decrypted, args.has('json'));
    const { quiet } = paletteFor(host.stderr, host.env);
    if (decrypted.key.type === 'private') host.stderr.write(`${quiet(SENDER_UNKNOWN)}\n`);
    return EXIT.valid;
  },
});

function writePlaintext({ stdout }: Host, { plaintext, header, key }: DecryptedJwe, asJson: boolean): void {
  const text = decodeStrictly(plaintext);
  if (asJson) {
    const content =
      text === undefined
        ? { plaintext: bufferView(plaintext).toString('base64url'), encoding: 'base64url' }
        : { plaintext: text, encoding: 'utf8' };
    stdout.write(`${formatJson({ ...content, header, key: { alg: key.alg, kid: key.kid } })}\n`);
  } else if (!stdout.isTTY) stdout.write(plaintext);
  else if (text === undefined) throw new UsageError('the plaintext is not text: redirect it to a file');
  else stdout.write(`${text.split('\n').map(printable).join('\n')}\n`);
}

/** Returns the text of octets that are UTF-8. */
function decodeStrictly(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    return undefined;
  }
}
