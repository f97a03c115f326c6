// Shows an encrypted token from outside: its header, the sizes of its parts, and what its algorithms imply.
import { type EncryptedToken, readEncryptedToken } from './encrypted-token.ts';
import { EXIT, type Host } from './host.ts';
import { formatJson, type JsonObject } from './json.ts';
import { paletteFor, wrapText } from './terminal.ts';

const WARNING = 'NOT DECRYPTED: anyone can have written this token. To decrypt it: barejose decrypt';

/** @returns the exit code @throws JoseError ERR_JWE_INVALID, ERR_JOSE_LIMIT_EXCEEDED */
export function inspectEncrypted({ stdout, stderr, env }: Host, token: string, asJson: boolean): number {
  const { header, sizes } = readEncryptedToken(token);
  const notes = NOTES.filter(({ applies }) => applies(header)).map(({ text }) => text);
  const { bad, strong } = paletteFor(stderr, env);
  stderr.write(`${strong(bad(WARNING))}\n`);
  if (asJson) stdout.write(`${formatJson({ decrypted: false, header, sizes, notes })}\n`);
  else {
    stdout.write(`header (not verified)\n${formatJson(header)}\n${formatSizes(sizes)}`);
    stdout.write(notes.map((note) => `${wrapText(`note: ${note}`, 80, 2)}\n`).join(''));
  }
  return EXIT.valid;
}

function formatSizes({ encryptedKey, iv, ciphertext, tag }: EncryptedToken['sizes']): string {
  return `octets: encrypted key ${encryptedKey}, IV ${iv}, ciphertext ${ciphertext}, tag ${tag}\n`;
}

/** Notes on a header: what it implies that its reader should know. */
interface Note {
  readonly applies: (header: JsonObject) => boolean;
  readonly text: string;
}

const NOTES: readonly Note[] = [
  {
    applies: ({ alg }) => alg === 'RSA1_5',
    text: 'RSA1_5 is refused, since an attacker who may send many variants of a token can decrypt it (RFC 8725 §3.2)',
  },
  {
    applies: ({ alg }) => typeof alg === 'string' && /^(?:RSA|ECDH-ES)/.test(alg),
    text: 'anyone can encrypt to a public key, so the sender is unknown',
  },
  {
    applies: ({ alg, enc }) => alg === 'dir' && typeof enc === 'string' && enc.endsWith('GCM'),
    text: 'the secret encrypts the content itself, and is for at most 2^32 tokens (dir with AES-GCM, RFC 7518 §8.4)',
  },
  {
    applies: ({ zip }) => zip !== undefined,
    text: 'its plaintext is compressed, so its length can betray what stands in it (RFC 8725 §3.6); it is read with --zip',
  },
  {
    applies: ({ p2c }) => typeof p2c === 'number' && (p2c < 1000 || p2c > 600_000),
    text: 'its p2c is refused: a password is read with 1000 to 600000 iterations, or up to --max-iterations',
  },
];
