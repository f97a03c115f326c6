// The seam to encrypted tokens: an object of decryptWith reads them, so that a verifier carries no decryption itself.
import type { ContentRow } from '../jwa/content-encryption.ts';
import type { JweParts } from '../jwe/compact.ts';
import type { JweHeader } from '../jwe/header.ts';
import type { Key } from '../jwk/key.ts';
import type { DecryptionKeys } from '../jwks/decryption.ts';
import type { ReadJwt } from '../jwt/jwt.ts';

/** Reads the signed token that a text is, or that is encrypted in it. @throws JoseError */
export type TokenReader = (token: unknown) => ReadJwt;

/** The reader of each object that decryptWith made. */
export const TOKEN_READERS: WeakMap<object, TokenReader> = /* @__PURE__ */ new WeakMap();

/** The steps of a decryption, for explain/. Each throws the JoseError that the reader would throw. */
export interface DecryptionSteps {
  readonly keys: Key | DecryptionKeys;
  /** Whether a text is decrypted at all: one that is signed only may be taken as it is. */
  readonly isFor: (token: unknown) => boolean;
  readonly split: (token: unknown) => JweParts;
  readonly readHeader: (parts: JweParts) => JweHeader;
  /** @param crit the critical extensions that the caller of decryptJwt processes */
  readonly accept: (header: JweHeader, crit?: readonly string[]) => ContentRow;
  readonly select: (header: JweHeader, enc: ContentRow, keys: Key | DecryptionKeys) => Key;
  readonly open: (
    parts: JweParts,
    header: JweHeader,
    by: { readonly enc: ContentRow; readonly key: Key },
  ) => Uint8Array;
}

/** The steps of each reader that decryptWith made. */
export const DECRYPTION_STEPS: WeakMap<TokenReader, DecryptionSteps> = /* @__PURE__ */ new WeakMap();
