// Forms of options that several providers share.
import type { Rule } from '../options.ts';
import { textLike } from './given.ts';

/** Labels with dots between them: nothing that could end the host in a URL. */
export const DOMAIN: RegExp = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/;

/** The rule of a domain. Its issuer is compared exactly, and is in lower case. */
export const aDomain: Rule = textLike(DOMAIN, "a domain such as 'login.example.com', in lower case, without https://");

/** Which of a provider's tokens are expected: access tokens by an API, ID tokens by the app that signs users in. */
export type TokenUse = 'access' | 'id';

export const aTokenUse: Rule = [(value) => value === 'access' || value === 'id', "'access' or 'id'"];
