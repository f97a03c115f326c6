// The tokens and answers of the providers' examples, with keys of our own and the present time.
import { sign } from 'node:crypto';
import { exportJwk, exportPem, exportPrivatePem, generateKey, type Key, signJwt } from '../../src/index.ts';
import { EXAMPLE_KID, type Example } from '../providers/examples.ts';

export interface SimulatedExample {
  readonly token: string;
  /** What each URL answers. */
  readonly answers: Readonly<Record<string, string>>;
}

export async function simulateExample(example: Example): Promise<SimulatedExample> {
  const { alg = 'RS256', answers, jwk } = example;
  const key = await generateKey(alg, { kid: EXAMPLE_KID });
  const jwks = { keys: [{ ...exportJwk(key), ...jwk }] };
  const texts = Object.entries(answers).map(([url, answer]) => {
    if (answer === 'pem') return [url, exportPem(key)];
    return [url, JSON.stringify(answer === 'jwks' ? jwks : answer.metadata)];
  });
  return { token: tokenOf(example, key), answers: Object.fromEntries(texts) };
}

function tokenOf({ name, claims, header }: Example, key: Key): string {
  if (name !== 'alb') return signJwt(claims, key, { expiresIn: '5m', ...(header && { header }) });
  const exp = Math.floor(Date.now() / 1000) + 120;
  const [head, payload] = [
    { alg: key.alg, kid: key.kid, ...header, exp },
    { ...claims, exp },
  ].map((part) => padded(Buffer.from(JSON.stringify(part))));
  const input = `${head}.${payload}`;
  const privateKey = { key: exportPrivatePem(key), dsaEncoding: 'ieee-p1363' } as const;
  return `${input}.${padded(sign('sha256', Buffer.from(input), privateKey))}`;
}

/** Base64url with padding, as the load balancer writes it. */
function padded(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}
