// The JWKS endpoint (RFC 7517 §5) and the issuer's metadata, answered from memory. It fails closed: it publishes
// named members only, and nothing at all if a key is not public or there is none.

import { isPromise } from 'node:util/types';
import { isJoseError, JoseError, RETRY_AFTER } from '../errors.ts';
import type { PublishedJwks } from '../issuer/view.ts';
import type { JsonObject } from '../json.ts';
import { hasPublicKey } from '../jwa/signatures.ts';
import { exportJwk } from '../jwk/export.ts';
import { hasPrivateMembers, type Jwk, pickMembers, publicMembers, readJwk, rowOfJwk } from '../jwk/jwk.ts';
import type { Key } from '../jwk/key.ts';
import { KeySet } from '../jwks/set.ts';
import {
  aFunction,
  aPlainObject,
  argumentError,
  aString,
  checkArgumentCount,
  isFunction,
  isString,
  type OptionRules,
  readMember,
  readOptions,
} from '../options.ts';
import { type Duration, seconds } from '../time.ts';
import {
  type Answer,
  type Answerer,
  anOrigin,
  chooseAnswer,
  type DocumentAnswers,
  documentAnswers,
  emptyAnswer,
  fetchHandler,
  type JsonDocument,
  jsonDocument,
} from './answer.ts';
import {
  checkIssuerUrl,
  issuerPath,
  type MetadataDocument,
  type MetadataOptions,
  metadataDocuments,
} from './metadata.ts';

export interface JwksEndpointOptions extends MetadataOptions {
  /**
   * How long caches may keep an answer; less if the set changes sooner. Default: the policy's jwksMaxAge; 10 min for a
   * KeySet.
   */
  readonly maxAge?: Duration | undefined;
  /** The path of the key set in requests. Default `/.well-known/jwks.json`, below the path of the issuer's name. */
  readonly path?: string | undefined;
  /**
   * Public keys that others encrypt to, published after those for signatures: a KeySet such as `importEncryptionKeys(own)`
   * makes of DecryptionKeys, or a function that returns one, asked at each request. A verifier of the set skips them. A
   * KeySet as source may also hold them itself.
   */
  readonly encryptionKeys?: KeySet | (() => KeySet) | undefined;
  /** Serves `/.well-known/openid-configuration` with these members beside the issuer's own; `{}` is enough. */
  readonly openid?: JsonObject | undefined;
  /** Serves `/.well-known/oauth-authorization-server` with these members beside the issuer's own. */
  readonly oauth?: JsonObject | undefined;
  /** Scheme and host of the `jwks_uri` in the metadata. Default: those of the issuer's name. */
  readonly origin?: string | undefined;
  /** The name of the issuer, for a KeySet with metadata; an Issuer has its own name. */
  readonly issuer?: string | undefined;
  /** Called with the reason for a 500. An exception of it surfaces as an uncaught exception and changes no answer. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

const ENDPOINT_OPTIONS: OptionRules<JwksEndpointOptions> = {
  maxAge: [(value) => seconds(value) <= ONE_YEAR, "a duration such as '5m', or a number of seconds, of at most a year"],
  encryptionKeys: [
    (value) => KeySet.isKeySet(value) || isFunction(value),
    'a KeySet, such as importEncryptionKeys(own), or a function that returns one',
  ],
  path: [isPath, "a path as URLs have it, such as '/.well-known/jwks.json'"],
  openid: aPlainObject,
  oauth: aPlainObject,
  origin: anOrigin,
  issuer: aString,
  onError: aFunction,
};

/** The upper limit of RFC 2616 §14.21 for expiry. */
const ONE_YEAR = 31_536_000;

/** A path in the form in which URLs have it. */
function isPath(value: unknown): boolean {
  return isString(value) && value.startsWith('/') && new URL(`http://host${value}`).pathname === value;
}

/** A source of published keys: an Issuer, or another object with these members. */
export interface JwksPublisher {
  /** The name of the issuer, the `iss` of its tokens. */
  readonly issuer: string;
  /** The seconds for which caches may keep the set; the rotation relies on it. */
  readonly policy: { readonly jwksMaxAge: number };
  /** Returns the published set. An error becomes a 500, or a 503 for ERR_RING_UNAVAILABLE. */
  published(): PublishedJwks | Promise<PublishedJwks>;
}

/**
 * Makes a handler that answers GET and HEAD for the key set and, if an option asks for it, for the metadata; 404 for
 * other paths. For node:http, Express and Fastify, give it to `toNodeListener`.
 *
 * @param source an Issuer, a KeySet, or another JwksPublisher; only public members of its keys are published
 * @throws TypeError for the arguments, or for a KeySet without a public key
 */
export function jwksEndpoint(
  source: JwksPublisher | KeySet,
  options?: JwksEndpointOptions,
): (request: Request) => Promise<Response> {
  checkArgumentCount(arguments.length, jwksEndpoint);
  const given = readOptions(options, ENDPOINT_OPTIONS);
  const from = readSource(source, given);
  return fetchHandler(pageAnswerer(from, pagesByPath(from, given), given.onError));
}

/** The publisher of the keys, and how long caches may keep them. */
interface PublishedSource {
  /** The public keys for encryption; the same object until they change. */
  readonly encryption: () => readonly Key[];
  readonly issuer: string | undefined;
  readonly maxAge: number;
  readonly published: () => PublishedJwks | Promise<PublishedJwks>;
}

function readSource(
  source: JwksPublisher | KeySet,
  { maxAge, issuer, encryptionKeys }: JwksEndpointOptions,
): PublishedSource {
  const encryption = encryptionKeysReader(encryptionKeys);
  if (KeySet.isKeySet(source)) {
    if (encryptionKeys)
      throw new TypeError('options.encryptionKeys must be left out for a KeySet, which may hold them itself');
    return keySetSource(source, issuer, wholeSeconds(maxAge ?? '10m'));
  }
  const { name, jwksMaxAge } = readPublisher(source);
  if (issuer !== undefined) throw new TypeError('options.issuer is for a KeySet: an Issuer has its own name');
  // The policy relies on it: a new key signs when no cache has the set without it.
  if (maxAge !== undefined && seconds(maxAge) > jwksMaxAge)
    throw new TypeError(`options.maxAge must be at most the policy's jwksMaxAge, ${jwksMaxAge} s`);
  // Without the option, the policy of each answer applies, which is part of what is published.
  const bound = maxAge === undefined ? Number.POSITIVE_INFINITY : wholeSeconds(maxAge);
  return { issuer: name, maxAge: bound, encryption, published: () => source.published() };
}

/** @throws TypeError for a KeySet with keys for signatures */
function encryptionKeysReader(given: JwksEndpointOptions['encryptionKeys']): () => readonly Key[] {
  if (typeof given === 'function') return () => encryptionKeysOf(given());
  const keys = given ? encryptionKeysOf(given) : [];
  return () => keys;
}

function encryptionKeysOf(set: KeySet): readonly Key[] {
  if (!KeySet.isKeySet(set))
    throw argumentError('options.encryptionKeys', 'or return a KeySet of public keys for encryption', set);
  if (set.keys.some(({ use }) => use !== 'enc'))
    throw new TypeError('options.encryptionKeys must have no keys for signatures: those are published from the source');
  return set.keys;
}

/** Checks the members instead of the class, so that an endpoint over a KeySet does not load the class. */
function readPublisher(source: unknown): { name: string; jwksMaxAge: number } {
  const publisher: Partial<JwksPublisher> = Object(source);
  const issuer = readMember(publisher, 'issuer');
  const policy: Partial<JwksPublisher['policy']> = Object(readMember(publisher, 'policy'));
  const jwksMaxAge = seconds(readMember(policy, 'jwksMaxAge'));
  if (!isString(issuer) || Number.isNaN(jwksMaxAge) || !isFunction(readMember(publisher, 'published')))
    throw argumentError(
      'source',
      'an Issuer, a KeySet, or a JwksPublisher with issuer, policy.jwksMaxAge and published()',
      source,
    );
  return { name: issuer, jwksMaxAge };
}

function keySetSource(set: KeySet, issuer: string | undefined, maxAge: number): PublishedSource {
  const jwks = { keys: set.toJSON().keys.filter(({ use }) => use !== 'enc') };
  const encryption = set.keys.filter(({ use }) => use === 'enc');
  if (jwks.keys.length + encryption.length === 0) throw new TypeError('source has no public key to publish');
  const published = { jwks, changesAt: undefined, maxAge, algorithms: [] };
  return { issuer, maxAge, encryption: () => encryption, published: () => published };
}

/** RFC 9111 §1.2.2: caches count in whole seconds. */
function wholeSeconds(duration: Duration): number {
  return Math.floor(seconds(duration));
}

/** Makes the answers at a path. */
type Page = (published: PublishedJwks, encryption: readonly Key[]) => DocumentAnswers;

function pagesByPath(source: PublishedSource, given: JwksEndpointOptions): ReadonlyMap<string, Page> {
  const { path = defaultPath(source.issuer) } = given;
  const pages = new Map<string, Page>();
  for (const { paths, members } of readMetadata(path, source, given)) {
    const write = (published: PublishedJwks) =>
      jsonDocument('application/json', members(announcedAlgorithms(published)));
    const page = cachedPage(source.maxAge, (published) => [announcedAlgorithms(published).join()], write);
    for (const documentPath of paths) pages.set(documentPath, page);
  }
  if (pages.has(path)) throw new TypeError('options.path must differ from the paths of the metadata');
  return pages.set(
    path,
    cachedPage(
      source.maxAge,
      ({ jwks }, encryption) => [jwks, encryption],
      ({ jwks }, encryption) =>
        jwksDocument([...jwks.keys.map(publishedJwk), ...encryption.map((key) => exportJwk(key))]),
    ),
  );
}

/** Returns the algorithms that sign now, then those of recent and coming keys, since a client may accept no others. */
function announcedAlgorithms({ algorithms, jwks }: PublishedJwks): readonly string[] {
  return Array.from(new Set([...algorithms, ...jwks.keys.map(({ alg }) => alg)].filter(hasPublicKey)));
}

/** Below the path of the issuer's name, if that is a URL, so that issuers of one host have different paths. */
function defaultPath(issuer: string | undefined): string {
  const base = issuer !== undefined && /^https?:/.test(issuer) && URL.canParse(issuer) ? issuerPath(issuer) : '';
  return `${base}/.well-known/jwks.json`;
}

function readMetadata(
  path: string,
  { issuer }: PublishedSource,
  given: JwksEndpointOptions,
): readonly MetadataDocument[] {
  if (!given.openid && !given.oauth) return [];
  if (issuer === undefined)
    throw new TypeError('options.issuer must be given with openid or oauth: a KeySet does not know its issuer');
  checkIssuerUrl(issuer);
  const { origin = new URL(issuer).origin } = given;
  return metadataDocuments({ issuer, jwks_uri: `${origin}${path}` }, given);
}

/** Makes a document again when one of its subjects changes, and its headers when its lifetime changes. */
function cachedPage(
  longest: number,
  subjectsOf: (...given: Parameters<Page>) => readonly unknown[],
  write: (...given: Parameters<Page>) => JsonDocument,
): Page {
  let last:
    | {
        readonly subjects: readonly unknown[];
        readonly document: JsonDocument;
        readonly maxAge: number;
        readonly answers: DocumentAnswers;
      }
    | undefined;
  return (published, encryption) => {
    const subjects = subjectsOf(published, encryption);
    const maxAge = Math.floor(Math.min(longest, published.maxAge));
    if (!(maxAge >= 0 && maxAge <= ONE_YEAR))
      throw new TypeError('published() must return a maxAge from 0 seconds to a year');
    const isSame = last?.subjects.every((subject, i) => subject === subjects[i]);
    if (last && isSame && last.maxAge === maxAge) return last.answers;
    const document = last && isSame ? last.document : write(published, encryption);
    last = { subjects, document, maxAge, answers: documentAnswers(document, maxAge) };
    return last.answers;
  };
}

const NOT_FOUND: Answer = /* @__PURE__ */ emptyAnswer(404);
/** RFC 9110 §15.5.6. A GET from another origin needs no preflight, so OPTIONS is not answered. */
const NOT_ALLOWED: Answer = /* @__PURE__ */ emptyAnswer(405, { Allow: 'GET, HEAD' });
const SERVER_ERROR: Answer = /* @__PURE__ */ emptyAnswer(500);

function pageAnswerer(
  source: PublishedSource,
  pages: ReadonlyMap<string, Page>,
  onError: JwksEndpointOptions['onError'],
): Answerer {
  const answerFailure = (error: unknown) => failureAnswer(error, onError);
  return (request) => {
    const page = pages.get(request.path);
    if (!page) return NOT_FOUND;
    if (request.method !== 'GET' && request.method !== 'HEAD') return NOT_ALLOWED;
    try {
      const published = source.published();
      if (!isPromise(published)) return chooseAnswer(page(published, source.encryption()), request);
      return published.then((late) => chooseAnswer(page(late, source.encryption()), request)).catch(answerFailure);
    } catch (error) {
      return answerFailure(error);
    }
  };
}

/** Unavailable keys may be available soon; any other failure needs the operator. */
function failureAnswer(error: unknown, onError: JwksEndpointOptions['onError']): Answer {
  if (isJoseError(error) && error.code === 'ERR_RING_UNAVAILABLE')
    return emptyAnswer(503, { 'Retry-After': String(readMember(error, 'retryAfter') ?? RETRY_AFTER) });
  if (onError) queueMicrotask(() => onError(error));
  return SERVER_ERROR;
}

function jwksDocument(keys: readonly Jwk[]): JsonDocument {
  if (keys.length === 0) throw new JoseError('ERR_JWKS_INVALID', 'the set to publish has no key');
  return jsonDocument('application/jwk-set+json', { keys });
}

/** The descriptive members of a public key. Only the kid is free text. */
const PUBLISHED_DETAILS = ['kid', 'use', 'alg'] as const;

/**
 * RFC 7517 §9.2: publishes the named members of a key. A private member is refused, not left out: there may be more of
 * them elsewhere.
 */
function publishedJwk(key: Jwk): Jwk {
  const jwk = readJwk(key);
  const row = rowOfJwk(jwk, undefined);
  if (row.kty === 'oct') throw new JoseError('ERR_JWK_INVALID', 'the set to publish contains a secret key');
  if (hasPrivateMembers(jwk)) throw new JoseError('ERR_JWK_INVALID', 'the set to publish contains a private key');
  return { ...pickMembers(jwk, row.kty, PUBLISHED_DETAILS), ...publicMembers(jwk, row) };
}
