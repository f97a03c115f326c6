// An issuer behind a fake fetch: what it answers is set by the test, and each request is kept. Time and chance are fake too.
import { exportJwk, type JwksEvent, type Key, type RemoteJwksOptions } from '../../src/index.ts';

export interface FakeIssuer {
  /** Hand these to remoteJwks, discoverJwks or createVerifier. */
  readonly options: RemoteJwksOptions;
  /** What comes next, until it is set anew. A promise is waited for: the request hangs until then. */
  answer: () => Response | Promise<Response>;
  /** The instant. */
  now: number;
  /** Chance, from 0 to 1. */
  chance: number;
  /** The requests so far: the URL, and the headers sent. */
  readonly requests: { readonly url: string; readonly headers: Headers }[];
  readonly events: JwksEvent[];
}

export const JWKS_URL = 'https://issuer.example/jwks.json';

export function fakeIssuer(answer: () => Response | Promise<Response>): FakeIssuer {
  const issuer: FakeIssuer = {
    answer,
    now: 1_700_000_000,
    chance: 0.5,
    requests: [],
    events: [],
    options: {
      fetch: async (url, init) => {
        issuer.requests.push({ url: String(url), headers: new Headers(init?.headers) });
        return issuer.answer();
      },
      clock: () => issuer.now,
      random: () => issuer.chance,
      onEvent: (event) => issuer.events.push(event),
    },
  };
  return issuer;
}

/** A good answer with these keys. */
export function jwksResponse(keys: readonly Key[], headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ keys: keys.map((key) => exportJwk(key)) }), { headers });
}

/** A request that hangs until it is told what to answer. */
export function hanging(): { response: Promise<Response>; release: (response: Response) => void } {
  let release: (response: Response) => void = () => undefined;
  const response = new Promise<Response>((resolve) => {
    release = resolve;
  });
  return { response, release };
}
