// What a remote set would do with an answer, and why. The answer is given to a real one, so that it is not told twice over.
import { type FetchedDocument, type JwksEvent, type JwksStatus, type RemoteJwksOptions, remoteJwks } from '../index.ts';
import { dateOf, type Paints, printable } from './paper.ts';
import { REMOTE } from './urls.ts';

/** What there is to tell. */
export interface Trace {
  readonly url: string;
  readonly answer: Answer;
  readonly freshness: string;
  readonly status: JwksStatus;
  readonly events: readonly JwksEvent[];
}

type Answer = Omit<FetchedDocument, 'url' | 'body'>;

export async function traceOf(document: FetchedDocument): Promise<Trace> {
  const { url, body: _, ...answer } = document;
  const events: JwksEvent[] = [];
  const status = await statusAfter(document, { onEvent: (event) => events.push(event) });
  // The same with limits that nothing reaches shows what the answer itself asks for.
  const unbounded = await statusAfter(document, { minFresh: 1, maxFresh: Number.MAX_SAFE_INTEGER });
  const freshness = reasonFor(answer, lifetime(status), lifetime(unbounded));
  return { url, answer, freshness, status, events };
}

async function statusAfter({ url, body, ...answer }: FetchedDocument, options: RemoteJwksOptions): Promise<JwksStatus> {
  const remote = remoteJwks(url, {
    ...REMOTE,
    random: () => 0.5, // in the middle of what chance may make of it
    fetch: async () => new Response(body, { headers: headersOf(answer) }),
    ...options,
  });
  await remote.refresh().catch(() => undefined); // the status and the events tell of a failure
  return remote.status;
}

/** What a cache goes by. */
function headersOf({ cacheControl, age, etag }: Partial<FetchedDocument>): Record<string, string> {
  return {
    ...(cacheControl !== undefined && { 'cache-control': cacheControl }),
    ...(age !== undefined && { age }),
    ...(etag !== undefined && { etag }),
  };
}

/** For how long the answer is fresh, in whole seconds. */
function lifetime({ fetchedAt = 0, freshUntil = 0 }: JwksStatus): number {
  return Math.round(freshUntil - fetchedAt);
}

/** How the time of freshness came about. */
function reasonFor({ cacheControl = '', age }: Answer, fresh: number, asked: number): string {
  if (!/max-age|no-store|no-cache/i.test(cacheControl)) return 'the answer says nothing of it: the default';
  const said = age === undefined ? cacheControl : `${cacheControl}, less Age ${age}`;
  if (fresh === asked) return said;
  return `${said}: ${fresh > asked ? 'raised to the least' : 'cut to the most'} that is used`;
}

/** For people. */
export function tellTrace({ url, answer, freshness, status, events }: Trace, { strong, quiet }: Paints): string {
  const { contentType = 'no media type', cacheControl, age, etag } = answer;
  const headers = Object.entries({ 'Cache-Control': cacheControl, Age: age, ETag: etag });
  const lines = [
    strong(printable(`GET ${url}`)),
    printable(`200  ${contentType}, ${answer.octets} octets`),
    ...headers.flatMap(([name, value]) => (value === undefined ? [] : [quiet(printable(`     ${name}: ${value}`))])),
    '',
    ...tellAges(status, freshness, etag).map(printable),
    '',
    ...events.map((event, index) => printable(`${index === 0 ? 'events ' : '       '}    ${tellEvent(event)}`)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function tellAges(status: JwksStatus, freshness: string, etag: string | undefined): string[] {
  const { fetchedAt, refreshAt, freshUntil, staleUntil, keys, skipped } = status;
  if (fetchedAt === undefined || refreshAt === undefined || freshUntil === undefined || staleUntil === undefined)
    return ['unusable   a cache would go on with the set it had, and ask again soon'];
  const [ahead, stale] = [refreshAt - fetchedAt, staleUntil - freshUntil].map(Math.round);
  return [
    `keys       ${keys} usable, ${skipped} left out`,
    `fresh      ${lifetime(status)} s, until ${dateOf(freshUntil)}: no request waits, and none is sent`,
    `           because ${freshness}`,
    `ahead      from ${ahead} s on, give or take 5 %: the first request has the set renewed, and does not wait`,
    `stale      ${stale} s more, until ${dateOf(staleUntil)}: while the issuer fails, known keys go on verifying`,
    `asked      ${etag === undefined ? 'for the whole set: there is no ETag' : `with If-None-Match: ${etag}`}`,
  ];
}

/** All that an event says but where and when. */
function tellEvent({ type, url: _, at: __, ...details }: JwksEvent): string {
  const told = Object.entries(details).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [type, ...told].join('  ');
}
