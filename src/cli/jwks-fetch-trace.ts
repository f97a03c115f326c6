// What a remote set would do with an answer, and why. The answer is given to a real one, so that it is not told twice over.
import { type FetchedDocument, type JwksEvent, type JwksStatus, type RemoteJwksOptions, remoteJwks } from '../index.ts';
import { REMOTE_OPTIONS } from './key-set.ts';
import { formatInstant, type Palette, printable } from './terminal.ts';

/** What there is to tell. */
export interface FetchTrace {
  readonly url: string;
  readonly answer: ResponseHead;
  readonly freshness: string;
  readonly status: JwksStatus;
  readonly events: readonly JwksEvent[];
}

type ResponseHead = Omit<FetchedDocument, 'url' | 'body'>;

export async function traceFetch(document: FetchedDocument): Promise<FetchTrace> {
  const { url, body: _, ...answer } = document;
  const events: JwksEvent[] = [];
  const status = await statusAfterFetch(document, { onEvent: (event) => events.push(event) });
  // The same with limits that nothing reaches shows what the answer itself asks for.
  const unbounded = await statusAfterFetch(document, { minFresh: 1, maxFresh: Number.MAX_SAFE_INTEGER });
  const freshness = freshnessReason(answer, freshSeconds(status), freshSeconds(unbounded));
  return { url, answer, freshness, status, events };
}

async function statusAfterFetch(
  { url, body, ...answer }: FetchedDocument,
  options: RemoteJwksOptions,
): Promise<JwksStatus> {
  const remote = remoteJwks(url, {
    ...REMOTE_OPTIONS,
    random: () => 0.5, // in the middle of what chance may make of it
    fetch: async () => new Response(body, { headers: responseHeaders(answer) }),
    ...options,
  });
  await remote.refresh().catch(() => undefined); // the status and the events tell of a failure
  return remote.status;
}

/** What a cache goes by. */
function responseHeaders({ cacheControl, age, etag }: Partial<FetchedDocument>): Record<string, string> {
  return {
    ...(cacheControl !== undefined && { 'cache-control': cacheControl }),
    ...(age !== undefined && { age }),
    ...(etag !== undefined && { etag }),
  };
}

/** For how long the answer is fresh, in whole seconds. */
function freshSeconds({ fetchedAt = 0, freshUntil = 0 }: JwksStatus): number {
  return Math.round(freshUntil - fetchedAt);
}

/** How the time of freshness came about. */
function freshnessReason({ cacheControl = '', age }: ResponseHead, fresh: number, asked: number): string {
  if (!/max-age|no-store|no-cache/i.test(cacheControl)) return 'the answer says nothing of it: the default';
  const said = age === undefined ? cacheControl : `${cacheControl}, less Age ${age}`;
  if (fresh === asked) return said;
  return `${said}: ${fresh > asked ? 'raised to the least' : 'cut to the most'} that is used`;
}

/** For people. */
export function formatTrace(
  { url, answer, freshness, status, events }: FetchTrace,
  { strong, quiet }: Palette,
): string {
  const { contentType = 'no media type', cacheControl, age, etag } = answer;
  const headers = Object.entries({ 'Cache-Control': cacheControl, Age: age, ETag: etag });
  const lines = [
    strong(printable(`GET ${url}`)),
    printable(`200  ${contentType}, ${answer.octets} octets`),
    ...headers.flatMap(([name, value]) => (value === undefined ? [] : [quiet(printable(`     ${name}: ${value}`))])),
    '',
    ...formatAges(status, freshness, etag).map(printable),
    '',
    ...events.map((event, index) => printable(`${index === 0 ? 'events ' : '       '}    ${formatEvent(event)}`)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function formatAges(status: JwksStatus, freshness: string, etag: string | undefined): string[] {
  const { fetchedAt, refreshAt, freshUntil, staleUntil, keys, skipped } = status;
  if (fetchedAt === undefined || refreshAt === undefined || freshUntil === undefined || staleUntil === undefined)
    return ['unusable   a cache would go on with the set it had, and ask again soon'];
  const [ahead, stale] = [refreshAt - fetchedAt, staleUntil - freshUntil].map(Math.round);
  return [
    `keys       ${keys} usable, ${skipped} left out`,
    `fresh      ${freshSeconds(status)} s, until ${formatInstant(freshUntil)}: no request waits, and none is sent`,
    `           because ${freshness}`,
    `ahead      from ${ahead} s on, give or take 5 %: the first request has the set renewed, and does not wait`,
    `stale      ${stale} s more, until ${formatInstant(staleUntil)}: while the issuer fails, known keys go on verifying`,
    `asked      ${etag === undefined ? 'for the whole set: there is no ETag' : `with If-None-Match: ${etag}`}`,
  ];
}

/** All that an event says but where and when. */
function formatEvent({ type, url: _, at: __, ...details }: JwksEvent): string {
  const told = Object.entries(details).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [type, ...told].join('  ');
}
