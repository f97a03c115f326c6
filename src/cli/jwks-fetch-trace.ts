// Traces how remoteJwks caches a fetched key set, and why, by giving the response to a real one.
import { type FetchedDocument, type JwksEvent, type JwksStatus, type RemoteJwksOptions, remoteJwks } from '../index.ts';
import { REMOTE_OPTIONS } from './key-set.ts';
import { formatInstant, type Palette, printable } from './terminal.ts';

export interface FetchTrace {
  readonly url: string;
  readonly answer: ResponseHead;
  /** The reason for the length of freshness. */
  readonly freshness: string;
  readonly status: JwksStatus;
  readonly events: readonly JwksEvent[];
}

type ResponseHead = Omit<FetchedDocument, 'url' | 'body'>;

export async function traceFetch(document: FetchedDocument): Promise<FetchTrace> {
  const { url, body: _, ...answer } = document;
  const events: JwksEvent[] = [];
  const status = await statusAfterFetch(document, { onEvent: (event) => events.push(event) });
  // Limits that no response reaches show the freshness that the response itself asks for.
  const unbounded = await statusAfterFetch(document, { minFresh: 1, maxFresh: LONGEST_MAX_AGE });
  const freshness = freshnessReason(answer, freshSeconds(status), freshSeconds(unbounded));
  return { url, answer, freshness, status, events };
}

/** RFC 9111 §1.2.2: caches read a longer max-age as this one. */
const LONGEST_MAX_AGE: number = 2 ** 31;

async function statusAfterFetch(document: FetchedDocument, options: RemoteJwksOptions): Promise<JwksStatus> {
  const { url, body, ...head } = document;
  const remote = remoteJwks(url, {
    ...REMOTE_OPTIONS,
    random: () => 0.5, // the middle of the jitter
    fetch: async () => new Response(body, { headers: cacheHeaders(head) }),
    ...options,
  });
  await remote.refresh().catch(() => undefined); // the status and the events report a failure
  return remote.status;
}

function cacheHeaders({ cacheControl, age, etag }: Partial<FetchedDocument>): Record<string, string> {
  return {
    ...(cacheControl !== undefined && { 'cache-control': cacheControl }),
    ...(age !== undefined && { age }),
    ...(etag !== undefined && { etag }),
  };
}

function freshSeconds({ fetchedAt = 0, freshUntil = 0 }: JwksStatus): number {
  return Math.round(freshUntil - fetchedAt);
}

function freshnessReason({ cacheControl = '', age }: ResponseHead, fresh: number, requested: number): string {
  if (!/max-age|no-store|no-cache/i.test(cacheControl)) return 'the response states no lifetime: the default applies';
  const stated = age === undefined ? cacheControl : `${cacheControl}, less Age ${age}`;
  if (fresh === requested) return stated;
  return `${stated}: ${fresh > requested ? 'raised to the minimum' : 'cut to the maximum'}`;
}

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
    ...formatPhases(status, freshness, etag).map(printable),
    '',
    ...events.map((event, index) => printable(`${index === 0 ? 'events ' : '       '}    ${formatEvent(event)}`)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Formats the phases of a cached set: fresh, refreshed early, stale. */
function formatPhases(status: JwksStatus, freshness: string, etag: string | undefined): string[] {
  const { fetchedAt, refreshAt, freshUntil, staleUntil, keys, skipped } = status;
  if (fetchedAt === undefined || refreshAt === undefined || freshUntil === undefined || staleUntil === undefined)
    return ['unusable   a cache would keep its previous set, and retry soon'];
  const [early, stale] = [refreshAt - fetchedAt, staleUntil - freshUntil].map(Math.round);
  return [
    `keys       ${keys} usable, ${skipped} skipped`,
    `fresh      ${freshSeconds(status)} s, until ${formatInstant(freshUntil)}: tokens are verified without a request`,
    `           because ${freshness}`,
    `refresh    from ${early} s on, give or take 5 %: the next token starts a request, and does not wait for it`,
    `stale      ${stale} s more, until ${formatInstant(staleUntil)}: known keys verify while the issuer is unreachable`,
    `request    ${etag === undefined ? 'for the whole set, because it has no ETag' : `with If-None-Match: ${etag}`}`,
  ];
}

/** Formats the details of an event, without its time and URL. */
function formatEvent({ type, url: _, at: __, ...details }: JwksEvent): string {
  const texts = Object.entries(details).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [type, ...texts].join('  ');
}
