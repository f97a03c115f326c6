// `barejose jwks fetch`: one GET for a published set; what is in it, or what a remote set would do with it.
import { fetchJwks, importJwks } from '../index.ts';
import { withUsageErrors } from './arguments.ts';
import { type Command, defineCommand } from './command.ts';
import { EXIT, KeysUnavailableError, UsageError } from './host.ts';
import { formatJson } from './json.ts';
import { formatTrace, traceFetch } from './jwks-fetch-trace.ts';
import { ISSUER_OPTION, isUrl, locateKeySet, REMOTE_OPTIONS } from './key-set.ts';
import { formatSkippedKey, withKeysUnavailable } from './keys.ts';
import { paletteFor, printable } from './terminal.ts';

export const jwksFetch: Command = defineCommand({
  name: 'jwks fetch',
  summary: 'fetch a published key set, or show what a cache would do with it',
  operand: { name: 'URL', help: 'of the JWK Set: https, or http on loopback' },
  options: {
    issuer: ISSUER_OPTION,
    trace: { help: 'show what `remoteJwks` would do with the answer, and why, in place of the set' },
  },
  outcome:
    'the set as it was imported, never a private member, on standard output; keys left out on standard error; ' +
    'exit code: 0 there are usable keys, 2 usage, 3 there are not',
  examples: [
    'barejose jwks fetch http://127.0.0.1:8080/jwks.json > jwks.json',
    'barejose jwks fetch --issuer http://127.0.0.1:8080 --trace',
  ],
  async run(host, args) {
    const { stdout, stderr, env } = host;
    const url = await locateKeySet(args, 'URL');
    if (!isUrl(url)) throw new UsageError('URL must be a URL; `barejose jwks lint` also takes a file');
    const document = await withKeysUnavailable({ name: 'URL' }, () =>
      withUsageErrors(() => fetchJwks(url, REMOTE_OPTIONS)),
    );
    if (args.has('trace')) {
      const trace = await traceFetch(document);
      stdout.write(args.has('json') ? `${formatJson(trace)}\n` : formatTrace(trace, paletteFor(stdout, env)));
      return trace.status.state === 'fresh' ? EXIT.valid : EXIT.unavailable;
    }
    const keys = await withKeysUnavailable({ name: 'URL' }, async () => importJwks(document.body));
    for (const key of keys.skipped) stderr.write(`${printable(formatSkippedKey(key))}\n`);
    if (keys.keys.length === 0) throw new KeysUnavailableError('the set has no usable key');
    stdout.write(`${formatJson(keys)}\n`);
    return EXIT.valid;
  },
});
