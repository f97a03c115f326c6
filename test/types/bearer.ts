// What the types refuse about guards: the proof is there, or may be undefined where the guard is optional.

import {
  authenticate,
  type BearerOptions,
  bearer,
  bearerFastify,
  bearerFetch,
  bearerHono,
  bearerKoa,
  createVerifier,
  hasScope,
  type OptionalBearerOptions,
  type StandardSchemaV1,
  type VerifiedJwt,
} from '../../src/index.ts';

declare const schema: StandardSchemaV1<{ readonly sub: string }>;
const verifier = createVerifier({ issuer: 'https://issuer.example', audience: 'api' });
const typed = createVerifier({ issuer: 'https://issuer.example', audience: 'api', schema });
declare const maybe: BearerOptions | undefined;
declare const either: { optional: boolean };

// ── authenticate ────────────────────────────────────────────────────────────────────────────────────────────────────

export async function always(): Promise<VerifiedJwt | undefined> {
  const verdict = await authenticate(verifier, { Authorization: 'Bearer a' }, maybe);
  if (verdict.ok) return verdict.jwt.claims.sub === undefined ? undefined : verdict.jwt;
  return verdict.error && undefined;
}
export async function perhaps(): Promise<string | undefined> {
  const verdict = await authenticate(typed, new Headers(), { optional: true, realm: 'api' });
  if (!verdict.ok) return undefined;
  verdict.jwt.claims; // must not compile: an anonymous request has no proof
  return verdict.jwt?.claims.sub;
}
export async function unknown(): Promise<void> {
  const verdict = await authenticate(verifier, null, either);
  if (verdict.ok) verdict.jwt.claims; // must not compile: it may be optional
}
authenticate(verifier, undefined, { optional: false, scope: 'a' });
authenticate(verifier, undefined, { optional: true, scope: 'a' }); // must not compile: leaving the token out would evade the scope
authenticate(verifier, undefined, { optional: 'yes' }); // must not compile: a boolean
authenticate(verifier, 7); // must not compile: text, or headers
authenticate(verifier, { Authorization: 7 }); // must not compile: a header is text

// ── guards ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export const guards: readonly unknown[] = [bearer, bearerFastify, bearerKoa, bearerHono].map((guard) =>
  guard(verifier, { optional: true }),
);
bearer(verifier, { optional: true, scope: 'a' }); // must not compile: leaving the token out would evade the scope
export const written: OptionalBearerOptions = {
  optional: true,
  onEvent: ({ type }) => console.log(type === 'anonymous'),
};

interface NextRequest extends Request {
  readonly nextUrl: URL;
}
interface Context {
  readonly params: Promise<{ readonly id: string }>;
}
type NextRoute = (request: NextRequest, context: Context) => Promise<Response>;

export const plain: (request: Request) => Promise<Response> = bearerFetch(
  verifier,
  (request, jwt) => new Response(`${request.url} ${jwt.claims.sub}`),
);
export const next: NextRoute = bearerFetch(
  verifier,
  async (request: NextRequest, jwt, { params }: Context) =>
    new Response(`${request.nextUrl} ${jwt.claims.sub} ${(await params).id}`),
);
export const anonymous: NextRoute = bearerFetch(
  typed,
  async (request: NextRequest, jwt, { params }: Context) =>
    new Response(`${request.nextUrl} ${jwt?.claims.sub} ${(await params).id}`),
  { optional: true },
);
bearerFetch(verifier, (_, jwt) => new Response(jwt.claims.sub), { optional: true }); // must not compile: it may be undefined
next(new Request('https://api.example') as NextRequest); // must not compile: the context is missing

// ── scopes ──────────────────────────────────────────────────────────────────────────────────────────────────────────

declare const proof: VerifiedJwt | undefined;
export const may: boolean = hasScope(proof, 'a b') && hasScope(proof, ['a', 'b']);
hasScope(proof); // must not compile: which?
hasScope({ claims: { scope: 'a' } }, 'a'); // must not compile: a look-alike
hasScope(proof, 7); // must not compile: scopes are text
