// The guards type-check where Fastify and Hono take their handlers, with and without the types that an app declares.
import { bearerFastify, bearerHono, type VerifiedJwt, type Verifier } from 'barejose';
import { fastify } from 'fastify';
import { Hono } from 'hono';

declare module 'fastify' {
  interface FastifyRequest {
    auth: VerifiedJwt | null;
  }
}

export function register(verifier: Verifier, strict: Verifier<{ sub: string; tenant: number }>): void {
  const app = fastify();
  app.decorateRequest('auth', null);
  app.addHook('onRequest', bearerFastify(verifier));
  app.addHook('preHandler', bearerFastify(strict));
  app.get('/', { onRequest: bearerFastify(verifier, { scope: 'a' }) }, (request) => request.auth?.claims.sub);
  app.get<{ Params: { id: string } }>('/:id', { onRequest: [bearerFastify(verifier)] }, (request) => request.params.id);
  fastify({ http2: true }).addHook('onRequest', bearerFastify(verifier));

  new Hono().use(bearerHono(verifier)).use('/orders/*', bearerHono(strict));
  const typed = new Hono<{ Variables: { auth: VerifiedJwt; other: number } }>();
  typed.use('*', bearerHono(verifier, { scope: 'a' }));
  typed.get('/', bearerHono(verifier), (c) => c.json({ sub: c.get('auth').claims.sub }));
}
