// Every door a hostile compact token can be carried through. Each throws when it refuses.

import {
  type Expected,
  explainJwt,
  type Key,
  type KeySet,
  verifyJws,
  verifyJwsJson,
  verifyJwt,
} from '../../src/index.ts';

export const NOW = 1_700_000_000;
export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'https://api.example';
export const CLAIMS: Readonly<Record<'iss' | 'aud' | 'sub', string> & Record<'iat' | 'exp', number>> = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-1',
  iat: NOW,
  exp: NOW + 300,
};
export const EXPECTED: Expected = { issuer: ISSUER, audience: AUDIENCE, now: NOW };

export type Door = (token: string, keys: Key | KeySet, options?: Pick<Expected, 'algorithms' | 'crit'>) => unknown;

/** The three parts of a compact token as the members of a JSON one. */
export function parts(token: string): { protected: string; payload: string; signature: string } {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return { protected: header, payload, signature };
}

export const doors: Readonly<Record<'verifyJws' | 'verifyJwt' | 'flattened' | 'general' | 'general any', Door>> = {
  verifyJws: (token, keys, options) => verifyJws(token, keys, options),
  verifyJwt: (token, keys, options) => verifyJwt(token, keys, { ...EXPECTED, ...options }),
  flattened: (token, keys, options) => verifyJwsJson(parts(token), keys, options),
  general: (token, keys, options) => verifyJwsJson(asGeneral(token), keys, options),
  'general any': (token, keys, options) => verifyJwsJson(asGeneral(token), keys, { ...options, require: 'any' }),
};

export const doorNames: readonly (keyof typeof doors)[] = [
  'verifyJws',
  'verifyJwt',
  'flattened',
  'general',
  'general any',
];

/** explainJwt walks the same functions: its verdict on a token, as `undefined` (valid) or the error code. */
export function explainedCode(token: string, keys: Key | KeySet, options?: Partial<Expected>): string | undefined {
  const explanation = explainJwt(token, keys, { ...EXPECTED, ...options });
  if (explanation.valid) return undefined;
  return explanation.code ?? 'invalid without a code';
}

function asGeneral(token: string): { payload: string; signatures: { protected: string; signature: string }[] } {
  const { payload, ...signature } = parts(token);
  return { payload, signatures: [signature] };
}
