// Audits the HTTP response of a key set: protocol, media type and caching (RFC 7517 §8.5.2, RFC 8414 §2, RFC 9111).
import type { FetchedDocument } from '../index.ts';
import type { Finding } from './lint-finding.ts';

export function lintResponse(document: FetchedDocument): readonly Finding[] {
  const { url, contentType, cacheControl, age, etag } = document;
  const found = [
    lintProtocol(url),
    lintMediaType(contentType),
    lintCaching(cacheControl, age),
    etag === undefined ? NO_ETAG : undefined,
  ];
  return found.filter((each) => each !== undefined);
}

/** Checks for https before any request is sent. */
export function lintProtocol(url: string): Finding | undefined {
  if (/^https:/i.test(url)) return undefined;
  return {
    severity: isLoopback(url) ? 'note' : 'error',
    section: 'RFC 8414 §2',
    message: 'it is not served over https, so anyone on the network path can replace the keys',
    remedy: 'serve it over https only',
  };
}

function isLoopback(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname);
}

function lintMediaType(contentType = 'none'): Finding | undefined {
  const [type = ''] = contentType.split(';');
  if (/^application\/jwk-set\+json\s*$/i.test(type)) return undefined;
  return {
    severity: /^application\/json\s*$/i.test(type) ? 'note' : 'warning',
    section: 'RFC 7517 §8.5.2',
    message: `its media type is ${JSON.stringify(type.slice(0, 80))}`,
    remedy: 'send Content-Type: application/jwk-set+json',
  };
}

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;

/** Checks max-age against the limits of remoteJwks, which treats a set as fresh for a minute to an hour. */
function lintCaching(cacheControl = '', age = '0'): Finding | undefined {
  const caching = (severity: Finding['severity'], section: string, message: string): Finding => {
    return { severity, section, message, remedy: 'send Cache-Control: public, max-age=600 or similar' };
  };
  if (/\bno-(?:store|cache)\b/i.test(cacheControl))
    return caching('warning', 'RFC 9111 §5.2.2', 'it forbids caching, so verifiers fetch it far too often or disobey');
  const [, digits] = /\bmax-age="?(\d+)/i.exec(cacheControl) ?? [];
  if (digits === undefined)
    return caching(
      'warning',
      'RFC 9111 §5.2.2.1',
      'it has no max-age, so verifiers guess how long to use a removed key',
    );
  const left = Number(digits) - (Number(age) || 0);
  if (left < MINUTE)
    return caching(
      'warning',
      'ours',
      'its max-age less Age is under a minute, so verifiers fetch it far too often or disobey',
    );
  if (left > DAY)
    return caching('warning', 'ours', 'its max-age is over a day, so a removed key is accepted for that long');
  return left > HOUR
    ? caching('note', 'ours', 'its max-age is over an hour, so a removed key may be accepted for that long')
    : undefined;
}

const NO_ETAG: Finding = {
  severity: 'note',
  section: 'RFC 9110 §8.8.3',
  message: 'it has no ETag, so every refresh transfers the whole set',
  remedy: 'send a strong ETag, and answer If-None-Match with 304',
};

/** Reports a response that is no key set: a redirect, too large, not UTF-8. */
export function unreadableResponse(message: string): Finding {
  return {
    severity: 'error',
    section: 'ours',
    message: `remoteJwks cannot read it: ${message}`,
    remedy: 'serve the set itself at the URL of jwks_uri, as JSON in UTF-8 of at most 256 KiB',
  };
}
