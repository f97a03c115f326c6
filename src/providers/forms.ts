// Forms of options that several providers share.
import type { Rule } from '../options.ts';
import { textLike } from './given.ts';

/** The rule of a domain: labels with dots between them, and nothing that could end the host in a URL. */
export const aDomain: Rule = /* @__PURE__ */ textLike(
  /^(?!.*\.\.)[a-z0-9][a-z0-9.-]*\.[a-z0-9-]+$/,
  "a domain such as 'login.example.com', in lower case, without https://",
);

/** Which of a provider's tokens are expected: access tokens by an API, ID tokens by the app that signs users in. */
export type TokenUse = 'access' | 'id';

export const aTokenUse: Rule = [(value) => value === 'access' || value === 'id', "'access' or 'id'"];
