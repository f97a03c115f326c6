// The option --provider: an identity provider by its name, and the values that its function takes.
import {
  apple,
  auth0,
  cloudflareAccess,
  cognito,
  entra,
  firebase,
  githubActions,
  gitlab,
  google,
  keycloak,
  okta,
  type TrustedIssuerOptions,
} from '../index.ts';
import type { Arguments, Options } from './arguments.ts';
import { toOptionName, withUsageErrors } from './errors.ts';
import { UsageError } from './host.ts';
import { REMOTE_OPTIONS } from './key-set.ts';

/** The options that a provider takes, in the spelling of its function, and the function. */
interface Provider {
  readonly takes: readonly string[];
  readonly optionsOf: (options: never) => TrustedIssuerOptions;
}

/** The providers that need no more than a few texts. */
const PROVIDERS: Readonly<Record<string, Provider>> = {
  apple: { takes: ['clientId'], optionsOf: apple },
  auth0: { takes: ['domain', 'audience'], optionsOf: auth0 },
  'cloudflare-access': { takes: ['team', 'audience'], optionsOf: cloudflareAccess },
  cognito: { takes: ['userPoolId', 'clientId', 'use'], optionsOf: cognito },
  entra: { takes: ['tenant', 'audience'], optionsOf: entra },
  firebase: { takes: ['projectId'], optionsOf: firebase },
  'github-actions': { takes: ['audience', 'repository', 'ref'], optionsOf: githubActions },
  gitlab: { takes: ['audience', 'projectPath', 'ref'], optionsOf: gitlab },
  google: { takes: ['clientId', 'hd'], optionsOf: google },
  keycloak: { takes: ['url', 'realm', 'audience', 'clientId', 'use'], optionsOf: keycloak },
  okta: { takes: ['domain', 'audience', 'clientId', 'use'], optionsOf: okta },
};

const NAMES = Object.keys(PROVIDERS);

export type ProviderOption =
  | 'provider'
  | 'domain'
  | 'user-pool-id'
  | 'client-id'
  | 'use'
  | 'tenant'
  | 'project-id'
  | 'repository'
  | 'project-path'
  | 'ref'
  | 'hd'
  | 'url'
  | 'realm'
  | 'team';

export const PROVIDER_OPTIONS: Options<ProviderOption> = {
  provider: { value: 'NAME', help: `the issuer by its provider: ${NAMES.join(', ')}. It takes the options below` },
  domain: { value: 'DOMAIN', help: 'auth0, okta: the domain of the tenant' },
  'user-pool-id': { value: 'ID', help: 'cognito: the user pool, such as eu-west-1_AbCdEfGhI' },
  'client-id': { value: 'ID', help: 'apple, cognito, google, keycloak, okta: your client', many: true },
  use: { value: 'USE', help: 'cognito, keycloak, okta: access or id tokens' },
  tenant: { value: 'ID', help: 'entra: the tenant, or any', many: true },
  'project-id': { value: 'ID', help: 'firebase: the project' },
  repository: { value: 'OWNER/NAME', help: 'github-actions: the repository', many: true },
  'project-path': { value: 'GROUP/NAME', help: 'gitlab: the project', many: true },
  ref: { value: 'REF', help: 'github-actions, gitlab: the branch or tag', many: true },
  hd: { value: 'DOMAIN', help: 'google: the Workspace domain', many: true },
  url: { value: 'URL', help: 'keycloak: the server' },
  realm: { value: 'NAME', help: 'keycloak: the realm' },
  team: { value: 'NAME', help: 'cloudflare-access: the team' },
};

/**
 * Returns the options of the provider that is named, if one is.
 * @throws UsageError for an option that it does not take, lacks, or that has another form
 */
export async function readProvider(
  args: Arguments<ProviderOption | 'audience'>,
): Promise<TrustedIssuerOptions | undefined> {
  const name = args.choice('provider', NAMES);
  const provider = PROVIDERS[name ?? ''];
  const takes = provider?.takes ?? [];
  refuseOthers(args, name, takes);
  if (!provider) return undefined;
  const given = takes.flatMap((option) => {
    const [value, ...others] = args.texts(toOptionName(option) as ProviderOption);
    return value === undefined ? [] : [[option, others.length > 0 ? [value, ...others] : value] as const];
  });
  return withUsageErrors(() => provider.optionsOf({ ...Object.fromEntries(given), remote: REMOTE_OPTIONS } as never));
}

function refuseOthers(
  args: Arguments<ProviderOption | 'audience'>,
  name: string | undefined,
  takes: readonly string[],
): void {
  const taken: readonly string[] = ['provider', ...takes.map(toOptionName)];
  // Without a provider, --audience is an option of its own.
  const all = [...Object.keys(PROVIDER_OPTIONS), ...(name === undefined ? [] : ['audience'])] as ProviderOption[];
  const other = all.find((option) => args.has(option) && !taken.includes(option));
  if (other === undefined) return;
  if (name === undefined) throw new UsageError(`--${other} needs --provider: one of ${NAMES.join(', ')}`);
  throw new UsageError(
    `--${other} is no option of ${name}, which takes ${taken
      .slice(1)
      .map((each) => `--${each}`)
      .join(' ')}`,
  );
}
