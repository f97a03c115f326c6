// A route handler that guards itself, on the Node.js runtime, which is Next's default.
import { bearerFetch } from 'barejose';
import { theVerifier } from '../../../verifier.js';

let guard;

export function GET(request) {
  guard ??= bearerFetch(theVerifier(), (_request, { claims }) => Response.json({ sub: claims.sub }));
  return guard(request);
}
