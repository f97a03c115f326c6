// A guarded service, the same in each runtime: the platform's own Request, Response and fetch. /orders trusts an issuer on this
// machine's loopback, /down one that is not there.
import {
  bearerFetch,
  CONTENT_ENCRYPTIONS,
  createIssuer,
  createVerifier,
  decryptJwe,
  encryptJwe,
  exportJwk,
  exportPrivatePem,
  generateKey,
  importKey,
  importPassword,
  isAlgorithmSupported,
  KEY_MANAGEMENT_ALGORITHMS,
  memoryStore,
  SIGNATURE_ALGORITHMS,
} from '../../dist/index.js';

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
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === '/algorithms') return Response.json(SIGNATURE_ALGORITHMS.filter(isAlgorithmSupported));
    if (pathname === '/encryption') return encryption();
    if (pathname === '/token') return Response.json(await issue(searchParams.get('alg')));
    return guards[pathname](request);
  };
}

/** What the runtime lacks of the algorithms and content encryptions, each tried; any other failure is told by its words. */
async function encryption() {
  const direct = CONTENT_ENCRYPTIONS.map((enc) => [enc, () => generateKey('dir', { enc })]);
  const others = KEY_MANAGEMENT_ALGORITHMS.filter((alg) => alg !== 'dir').map((alg) => [alg, () => keyOf(alg)]);
  const outcomes = await Promise.all([...direct, ...others].map(([name, make]) => failureOf(name, make)));
  return Response.json(outcomes.flat());
}

function keyOf(alg) {
  return alg.startsWith('PBES2') ? importPassword('open sesame', { alg, iterations: 1000 }) : generateKey(alg);
}

async function failureOf(name, make) {
  try {
    const key = await make();
    const token = encryptJwe(new TextEncoder().encode(name), key.type === 'private' ? key.publicKey() : key);
    return new TextDecoder().decode(decryptJwe(token, key).plaintext) === name ? [] : [`${name}: another plaintext`];
  } catch (error) {
    return [error.code === 'ERR_JOSE_NOT_SUPPORTED' ? name : `${name}: ${error}`];
  }
}

/** A token and the public key for it: the runtime makes the key, and signs by what its PEM says, in the thread pool. */
async function issue(alg) {
  const firstKeys = [importKey(exportPrivatePem(await generateKey(alg)), { alg })];
  const policy = { maxTokenLifetime: '5m' };
  const settings = { issuer: 'https://issuer.example', algorithms: [alg], store: memoryStore(), pool: 'always' };
  const issuer = await createIssuer({ ...settings, firstKeys, policy });
  const token = await issuer.sign({ sub: 'user-1' }, { audience: 'api', expiresIn: '1m' });
  return { token, key: exportJwk(firstKeys[0]) };
}
