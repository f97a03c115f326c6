// The verifier of the app, made at the first request: a build loads each route, too, and has no issuer.
import { createVerifier } from 'barejose';

let verifier;

export function theVerifier() {
  verifier ??= createVerifier({
    issuer: process.env.ISSUER,
    audience: 'api',
    remote: { allowInsecureLoopback: true },
  });
  return verifier;
}
