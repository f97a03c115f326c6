// A guarded service, the same in each runtime: the platform's own Request, Response and fetch. /orders trusts an issuer on this
// machine's loopback, /down one that is not there.
import { bearerFetch, createVerifier, isAlgorithmSupported, SIGNATURE_ALGORITHMS } from '../../dist/index.js';

/** @param issuers their URLs, by the paths that they are for */
export function service(issuers) {
  const guards = Object.fromEntries(
    Object.entries(issuers).map(([path, issuer]) => {
      const remote = { allowInsecureLoopback: true };
      const verifier = createVerifier({ issuer, audience: 'api', remote, requiredHeader: ['kid'] });
      return [
        path,
        bearerFetch(verifier, (_request, { claims: { sub }, header: { alg } }) => Response.json({ sub, alg })),
      ];
    }),
  );
  return (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === '/algorithms') return Response.json(SIGNATURE_ALGORITHMS.filter(isAlgorithmSupported));
    return guards[pathname](request);
  };
}
