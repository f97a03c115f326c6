// How a key set is served: by which protocol, as what, for how long (RFC 7517 §8.5.2, RFC 8414 §2, RFC 9111).
import type { FetchedDocument } from '../index.ts';
import type { Finding } from './lint-finding.ts';

/** What may be told of an answer. */
export function lintResponse(document: FetchedDocument): readonly Finding[] {
  const { url, contentType, cacheControl, age, etag } = document;
  const found = [
    findInsecureUrl(url),
    findMediaType(contentType),
    findCaching(cacheControl, age),
    etag === undefined ? NO_ETAG : undefined,
  ];
  return found.filter((each) => each !== undefined);
}

/** Not even asked for: who is in between would choose the keys. */
export function findInsecureUrl(url: string): Finding | undefined {
  if (/^https:/i.test(url)) return undefined;
  return {
    severity: isLoopback(url) ? 'note' : 'error',
    section: 'RFC 8414 §2',
    message: 'it is not served by https, so whoever is in between chooses the keys',
    remedy: 'serve it by https only',
  };
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

function findMediaType(contentType = 'none'): Finding | undefined {
  const [type = ''] = contentType.split(';');
  if (/^application\/jwk-set\+json\s*$/i.test(type)) return undefined;
  return {
    severity: /^application\/json\s*$/i.test(type) ? 'note' : 'warning',
    section: 'RFC 7517 §8.5.2',
    message: `its media type is ${JSON.stringify(type.slice(0, 80))}`,
    remedy: 'Content-Type: application/jwk-set+json',
  };
}

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** The times that remote sets of this library keep to: below a minute and above an hour they go their own way. */
function findCaching(cacheControl = '', age = '0'): Finding | undefined {
  const caching = (severity: Finding['severity'], section: string, message: string): Finding => {
    return { severity, section, message, remedy: 'Cache-Control: public, max-age=600, or so' };
  };
  if (/\bno-(?:store|cache)\b/i.test(cacheControl))
    return caching('warning', 'RFC 9111 §5.2.2', 'it may not be cached, so verifiers ask far too often or disobey');
  const [, digits] = /\bmax-age="?(\d+)/i.exec(cacheControl) ?? [];
  if (digits === undefined)
    return caching(
      'warning',
      'RFC 9111 §5.2.2.1',
      'it has no max-age, so verifiers guess how long a removed key lives',
    );
  const left = Number(digits) - (Number(age) || 0);
  if (left < MINUTE)
    return caching(
      'warning',
      'ours',
      'its max-age, less Age, is under a minute: verifiers ask far too often or disobey',
    );
  if (left > DAY)
    return caching('warning', 'ours', 'its max-age is over a day: for so long a removed key goes on being accepted');
  return left > HOUR
    ? caching('note', 'ours', 'its max-age is over an hour: for so long a removed key may go on being accepted')
    : undefined;
}

const NO_ETAG: Finding = {
  severity: 'note',
  section: 'RFC 9110 §8.8.3',
  message: 'it has no ETag, so the whole set is sent each time',
  remedy: 'send a strong ETag, and answer If-None-Match with 304',
};

/** What came in place of a set: a redirect, too much, not even text. */
export function unreadableKeySet(message: string): Finding {
  return {
    severity: 'error',
    section: 'ours',
    message: `no verifier of this library reads it: ${message}`,
    remedy: 'serve the set itself at the URL that is published as jwks_uri: UTF-8, at most 256 KiB',
  };
}
