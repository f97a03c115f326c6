// What a verifier knows of encrypted tokens: that an object of decryptWith reads them. So it carries no decryption itself.
import type { ReadJwt } from '../jwt/jwt.ts';

/** Reads the signed token that a text is, or that is encrypted in it. @throws JoseError */
export type TokenReader = (token: unknown) => ReadJwt;

/** The reader of each object that decryptWith made. */
export const TOKEN_READERS: WeakMap<object, TokenReader> = /* @__PURE__ */ new WeakMap();
