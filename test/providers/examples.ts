// One example of each provider: the call, the token that it accepts, and what the provider publishes. The pages are made of
// them (test/support/providers-page.ts), and test/readme.test.ts runs them against the built package.

/** What a provider answers at a URL: its metadata, a key set, or the one key of a kid in PEM. */
type Answer = { readonly metadata: object } | 'jwks' | 'pem';

export interface Example {
  /** The function. */
  readonly name: string;
  readonly title: string;
  /** The call, as a user writes it. */
  readonly call: string;
  /** The claims of a token of this provider, beside iat and exp, and its header beside alg and kid. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly alg?: 'RS256' | 'ES256';
  /** Members of the published keys beside those of the key. */
  readonly jwk?: Readonly<Record<string, unknown>>;
  /** What is asked for, by URL. None: the example makes a verifier and verifies nothing. */
  readonly answers: Readonly<Record<string, Answer>>;
  /** How the tokens come, or what to look out for. */
  readonly note?: string;
}

/** The kid of the keys, a UUID as that of a load balancer is. */
export const EXAMPLE_KID = '12345678-90ab-4cde-8f01-234567890abc';

const TENANT = 'aaaabbbb-0000-4ccc-8111-dddd2222eeee';
const ALB = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188';
const AUD_TAG = 'a1b2c3d4'.repeat(8);
const discovered = (issuer: string, jwksUri: string): Readonly<Record<string, Answer>> => ({
  [`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`]: { metadata: { issuer, jwks_uri: jwksUri } },
  [jwksUri]: 'jwks',
});

export const EXAMPLES: readonly Example[] = [
  {
    name: 'auth0',
    title: 'Auth0',
    call: "auth0({ domain: 'acme.eu.auth0.com', audience: 'https://api.example.com' })",
    claims: { iss: 'https://acme.eu.auth0.com/', aud: ['https://api.example.com'], sub: 'auth0|1' },
    answers: discovered('https://acme.eu.auth0.com/', 'https://acme.eu.auth0.com/.well-known/jwks.json'),
  },
  {
    name: 'okta',
    title: 'Okta',
    call: "okta({ domain: 'acme.okta.com', audience: 'api://default' })",
    claims: {
      iss: 'https://acme.okta.com/oauth2/default',
      aud: 'api://default',
      sub: 'user-1',
      cid: '0oa1gjh63g214q0Hq0g4',
    },
    answers: discovered('https://acme.okta.com/oauth2/default', 'https://acme.okta.com/oauth2/default/v1/keys'),
  },
  {
    name: 'cognito',
    title: 'Amazon Cognito',
    call: "cognito({ userPoolId: 'eu-west-1_AbCdEfGhI', clientId: '1example23456789', use: 'access' })",
    claims: {
      iss: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI',
      client_id: '1example23456789',
      token_use: 'access',
      sub: 'user-1',
    },
    answers: { 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI/.well-known/jwks.json': 'jwks' },
  },
  {
    name: 'entra',
    title: 'Microsoft Entra ID',
    call: `entra({ tenant: '${TENANT}', audience: 'api://orders' })`,
    claims: {
      iss: `https://login.microsoftonline.com/${TENANT}/v2.0`,
      aud: 'api://orders',
      tid: TENANT,
      ver: '2.0',
      sub: 'user-1',
      scp: 'read',
    },
    jwk: { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
    answers: { [`https://login.microsoftonline.com/${TENANT}/discovery/v2.0/keys`]: 'jwks' },
    note: "Several tenants in an array, or `'any'` work or school tenant.",
  },
  {
    name: 'entraB2c',
    title: 'Azure AD B2C',
    call: `entraB2c({ tenantName: 'contoso', tenantId: '${TENANT}', policy: 'B2C_1_signin', audience: 'app-1' })`,
    claims: {
      iss: `https://contoso.b2clogin.com/${TENANT}/v2.0/`,
      aud: 'app-1',
      tfp: 'B2C_1_signin',
      sub: 'user-1',
    },
    answers: { 'https://contoso.b2clogin.com/contoso.onmicrosoft.com/B2C_1_signin/discovery/v2.0/keys': 'jwks' },
  },
  {
    name: 'adfs',
    title: 'AD FS',
    call: "adfs({ host: 'fs.contoso.com', audience: 'microsoft:identityserver:api://orders', use: 'access' })",
    claims: {
      iss: 'http://fs.contoso.com/adfs/services/trust',
      aud: 'microsoft:identityserver:api://orders',
      sub: 'user-1',
    },
    answers: { 'https://fs.contoso.com/adfs/discovery/keys': 'jwks' },
  },
  {
    name: 'google',
    title: 'Sign in with Google',
    call: "google({ clientId: '1234-abc.apps.googleusercontent.com', hd: 'example.com' })",
    claims: {
      iss: 'https://accounts.google.com',
      aud: '1234-abc.apps.googleusercontent.com',
      hd: 'example.com',
      sub: '1',
    },
    answers: { 'https://www.googleapis.com/oauth2/v3/certs': 'jwks' },
  },
  {
    name: 'googleIap',
    title: 'Google Identity-Aware Proxy',
    call: "googleIap({ audience: '/projects/123456789/apps/my-project' })",
    claims: { iss: 'https://cloud.google.com/iap', aud: '/projects/123456789/apps/my-project', sub: 'user-1' },
    alg: 'ES256',
    answers: { 'https://www.gstatic.com/iap/verify/public_key-jwk': 'jwks' },
    note: 'The token comes in the header `x-goog-iap-jwt-assertion`.',
  },
  {
    name: 'firebase',
    title: 'Firebase Authentication',
    call: "firebase({ projectId: 'my-project' })",
    claims: { iss: 'https://securetoken.google.com/my-project', aud: 'my-project', sub: 'user-1', auth_time: 1 },
    answers: {
      'https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com': 'jwks',
    },
  },
  {
    name: 'firebaseSession',
    title: 'Firebase session cookies',
    call: "firebaseSession({ projectId: 'my-project' })",
    claims: { iss: 'https://session.firebase.google.com/my-project', aud: 'my-project', sub: 'user-1', auth_time: 1 },
    answers: { 'https://identitytoolkit.googleapis.com/v1/sessionCookiePublicKeys': 'jwks' },
  },
  {
    name: 'firebaseAppCheck',
    title: 'Firebase App Check',
    call: "firebaseAppCheck({ projectNumber: '123456789', appId: '1:123456789:web:abcdef' })",
    claims: {
      iss: 'https://firebaseappcheck.googleapis.com/123456789',
      aud: ['projects/123456789', 'projects/my-project'],
      sub: '1:123456789:web:abcdef',
    },
    answers: { 'https://firebaseappcheck.googleapis.com/v1/jwks': 'jwks' },
    note: 'The token comes in the header `x-firebase-appcheck`.',
  },
  {
    name: 'apple',
    title: 'Sign in with Apple',
    call: "apple({ clientId: 'com.example.app' })",
    claims: { iss: 'https://appleid.apple.com', aud: 'com.example.app', sub: 'user-1' },
    answers: { 'https://appleid.apple.com/auth/keys': 'jwks' },
  },
  {
    name: 'githubActions',
    title: 'GitHub Actions',
    call: "githubActions({ audience: 'https://api.example.com', repository: 'octo-org/app', ref: 'refs/heads/main' })",
    claims: {
      iss: 'https://token.actions.githubusercontent.com',
      aud: 'https://api.example.com',
      sub: 'repo:octo-org/app:ref:refs/heads/main',
      repository: 'octo-org/app',
      ref: 'refs/heads/main',
    },
    answers: { 'https://token.actions.githubusercontent.com/.well-known/jwks': 'jwks' },
  },
  {
    name: 'gitlab',
    title: 'GitLab CI/CD',
    call: "gitlab({ audience: 'https://api.example.com', projectPath: 'my-group/app', refProtected: true })",
    claims: {
      iss: 'https://gitlab.com',
      aud: 'https://api.example.com',
      sub: 'project_path:my-group/app:ref_type:branch:ref:main',
      project_path: 'my-group/app',
      ref_protected: 'true',
    },
    answers: { 'https://gitlab.com/oauth/discovery/keys': 'jwks' },
  },
  {
    name: 'keycloak',
    title: 'Keycloak',
    call: "keycloak({ url: 'https://sso.example.com', realm: 'acme', audience: 'orders-api' })",
    claims: {
      iss: 'https://sso.example.com/realms/acme',
      aud: ['orders-api', 'account'],
      typ: 'Bearer',
      azp: 'web-app',
    },
    answers: discovered(
      'https://sso.example.com/realms/acme',
      'https://sso.example.com/realms/acme/protocol/openid-connect/certs',
    ),
    note: 'A token with the roles of many clients has over 1,000 members: add `maxMembers` after the spread options.',
  },
  {
    name: 'clerk',
    title: 'Clerk',
    call: "clerk({ issuer: 'https://clerk.example.com', authorizedParties: 'https://app.example.com' })",
    claims: { iss: 'https://clerk.example.com', azp: 'https://app.example.com', sid: 'sess_1', sub: 'user_1' },
    answers: { 'https://clerk.example.com/.well-known/jwks.json': 'jwks' },
  },
  {
    name: 'cloudflareAccess',
    title: 'Cloudflare Access',
    call: `cloudflareAccess({ team: 'acme', audience: '${AUD_TAG}' })`,
    claims: { iss: 'https://acme.cloudflareaccess.com', aud: [AUD_TAG], type: 'app', sub: 'user-1' },
    answers: { 'https://acme.cloudflareaccess.com/cdn-cgi/access/certs': 'jwks' },
    note: 'The token comes in the header `Cf-Access-Jwt-Assertion`.',
  },
  {
    name: 'kubernetes',
    title: 'Kubernetes service accounts',
    call: "kubernetes({ audience: 'https://api.example.com', namespace: 'payments', serviceAccount: 'checkout' })",
    claims: {},
    answers: {},
    note: "Inside a cluster: the API server's own authority and your pod's token are read from their files, which rotate.",
  },
  {
    name: 'spiffe',
    title: 'SPIFFE JWT-SVIDs',
    call: "spiffe({ trustDomain: 'example.org', bundleUrl: 'https://example.org/bundle', audience: 'api' })",
    claims: { sub: 'spiffe://example.org/web', aud: ['api'] },
    jwk: { use: 'jwt-svid' },
    answers: { 'https://example.org/bundle': 'jwks' },
  },
  {
    name: 'alb',
    title: 'AWS Application Load Balancer',
    call: `alb({ arn: '${ALB}', clientId: 'web-app', issuer: 'https://login.example.com' })`,
    claims: { iss: 'https://login.example.com', sub: 'user-1' },
    header: { signer: ALB, client: 'web-app', iss: 'https://login.example.com' },
    alg: 'ES256',
    answers: { [`https://public-keys.auth.elb.eu-west-1.amazonaws.com/${EXAMPLE_KID}`]: 'pem' },
    note: 'A verifier of its own, since the parts of these tokens are padded. They come in the header `x-amzn-oidc-data`.',
  },
];
