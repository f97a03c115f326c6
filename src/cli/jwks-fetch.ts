// `barejose jwks fetch`: fetches a published key set once, and prints it or traces how remoteJwks would cache it.
import { fetchJwks } from '../index.ts';
import { type Command, defineCommand } from './command.ts';
import { withKeysUnavailable, withUsageErrors } from './errors.ts';
import { EXIT, KeysUnavailableError, UsageError } from './host.ts';
import { isUrl } from './input.ts';
import { formatJson } from './json.ts';
import { formatTrace, traceFetch } from './jwks-fetch-trace.ts';
import { formatSkippedKey, ISSUER_OPTION, importPublishedSet, locateKeySet, REMOTE_OPTIONS } from './key-set.ts';
import { paletteFor, printable } from './terminal.ts';

export const jwksFetch: Command = defineCommand({
  name: 'jwks fetch',
  summary: 'fetch a published key set, or trace how a cache would treat it',
  operand: { name: 'URL', help: 'the URL of the JWK Set: https, or http on loopback' },
  options: {
    issuer: ISSUER_OPTION,
    trace: { help: 'show how remoteJwks would cache the response, and why, instead of the set' },
  },
  outcome:
    'the imported set, public members only, on standard output, and skipped keys on standard error; ' +
    'exit code: 0 fetched, 2 usage error, 3 no usable key',
  examples: [
    'barejose jwks fetch http://127.0.0.1:8080/jwks.json > jwks.json',
    'barejose jwks fetch --issuer http://127.0.0.1:8080 --trace',
  ],
  async run(host, args) {
    const { stdout, stderr, env } = host;
    const url = await locateKeySet(args, 'URL');
    if (!isUrl(url)) throw new UsageError('URL must be a URL; `barejose jwks lint` also takes a file');
    const document = await withKeysUnavailable('URL', () => withUsageErrors(() => fetchJwks(url, REMOTE_OPTIONS)));
    if (args.has('trace')) {
      const trace = await traceFetch(document);
      stdout.write(args.has('json') ? `${formatJson(trace)}\n` : formatTrace(trace, paletteFor(stdout, env)));
      return trace.status.state === 'fresh' ? EXIT.valid : EXIT.unavailable;
    }
    const { keys, skipped } = await withKeysUnavailable('URL', async () => importPublishedSet(document.body));
    for (const key of skipped) stderr.write(`${printable(formatSkippedKey(key))}\n`);
    if (keys.length === 0) throw new KeysUnavailableError('the set has no usable key');
    stdout.write(`${formatJson({ keys })}\n`);
    return EXIT.valid;
  },
});
