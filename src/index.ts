// The front door: every public name, and the map of the house.
//
//   http/     RFC 6750, ours   a request → a verdict, or the keys     bearer bearerFastify authenticate jwksEndpoint
//   verifier/ ours             what a service configures once         createVerifier decryptWith
//   explain/  ours             a verdict, step by step                explainToken explainJwt
//   providers/ ours            issuers by their names                 auth0 cognito entra google githubActions …
//   issuer/   ours             the other side: keys that rotate       createIssuer moveRing
//   simulate/ ours             ring and remote set, simulated         simulate
//   ring/     ours             signing keys over time, pure
//   store/    ours             where a ring is kept                   fileStore postgresStore redisStore createSeal
//   remote/   ours             keys that live at a URL               remoteJwks discoverJwks discover fetchJwks httpsFetch
//   jwt/      RFC 7519, 8725   a token → VerifiedJwt, and back       verifyJwt signJwt draftJwt decryptJwt encryptJwt verifyNestedJwt
//   jwe/      RFC 7516         encrypted octets, compact and JSON    encryptJwe decryptJwe draftDecryption exportEncryptedJwk
//   jws/      RFC 7515, 7797   signed octets, compact and JSON       verifyJws signJws verifyJwsJson signJwsJson
//   jwks/     RFC 7517 §5      a set of keys, and which one fits     importJwks KeySet
//   jwk/      RFC 7517, 7638   a key, in and out, married to an alg  importKey generateKey exportJwk thumbprint
//   jwa/      RFC 7518         the table of algorithms               SIGNATURE_ALGORITHMS
//   header · json · base64url · bytes · time · options · errors      what the rooms stand on
//
// A room named by an acronym is law: it implements that specification and nothing else. A plain word is ours.
// A file imports from its own room and from the floors below; never up, never sideways (test/architecture.test.ts).

export { ERROR_HELP } from './error-help.ts';
export { type ClaimFailure, isJoseError, JoseError, type JoseErrorCode } from './errors.ts';
export { type ExplainOptions, explainJwt } from './explain/jwt.ts';
export type { EncryptedJwtKeys } from './explain/keys.ts';
export type { ExplainedStep, Explanation } from './explain/steps.ts';
export { explainToken } from './explain/verifier.ts';
export type { JoseHeader } from './header.ts';
export {
  type AnonymousVerdict,
  authenticate,
  type BearerFetchHandler,
  type BearerMiddleware,
  type BearerOptions,
  type BearerRequest,
  type BearerResponse,
  type BearerVerdict,
  bearer,
  bearerFetch,
  type GuardedFetchHandler,
  hasScope,
  type OptionalBearerOptions,
} from './http/bearer.ts';
export type { AuthorizationSource } from './http/credentials.ts';
export type { BearerEvent } from './http/events.ts';
export {
  type BearerFastifyHook,
  type BearerFastifyReply,
  type BearerFastifyRequest,
  type BearerHonoContext,
  type BearerHonoMiddleware,
  type BearerKoaContext,
  type BearerKoaMiddleware,
  bearerFastify,
  bearerHono,
  bearerKoa,
} from './http/frameworks.ts';
export { type JwksEndpointOptions, type JwksPublisher, jwksEndpoint } from './http/jwks-endpoint.ts';
export { type NodeListener, type NodeListenerOptions, toNodeListener } from './http/node-listener.ts';
export type { ExternalKey, ExternalKeyRecord, SignBytes } from './issuer/custody.ts';
export type { RingEvent } from './issuer/events.ts';
export { createIssuer, type Issuer, type Revocation, type RingChange } from './issuer/issuer.ts';
export { moveRing } from './issuer/move.ts';
export type { AddressedClaims, AddressedIssueOptions, IssueOptions, IssuerOptions } from './issuer/options.ts';
export type { PublishedJwks } from './issuer/view.ts';
export { CONTENT_ENCRYPTIONS, type ContentEncryption } from './jwa/content-encryption.ts';
export { KEY_MANAGEMENT_ALGORITHMS, type KeyManagementAlgorithm } from './jwa/key-management.ts';
export { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from './jwa/signatures.ts';
export { isAlgorithmSupported } from './jwa/support.ts';
export {
  type DecryptedJwe,
  type DecryptJweOptions,
  decryptJwe,
  type EncryptJweOptions,
  encryptJwe,
} from './jwe/compact.ts';
export { type DecryptionDraft, draftDecryption } from './jwe/draft.ts';
export {
  type ExportEncryptedJwkOptions,
  exportEncryptedJwk,
  exportEncryptedJwks,
  type ImportEncryptedJwkOptions,
  type ImportEncryptedJwksOptions,
  type ImportedJwks,
  importEncryptedJwk,
  importEncryptedJwks,
} from './jwe/encrypted-jwk.ts';
export {
  type DecryptedJweJson,
  decryptJweJson,
  type FlattenedJwe,
  type GeneralJwe,
  type JweJson,
  type JweRecipientJson,
  type RecipientOutcome,
} from './jwe/json.ts';
export { type EncryptJweJsonOptions, encryptJweJson, type JweRecipient } from './jwe/json-encrypt.ts';
export { exportJwk, exportPem } from './jwk/export.ts';
export { exportPrivateJwk, exportPrivatePem } from './jwk/export-private.ts';
export { type GenerateKeyOptions, generateKey } from './jwk/generate.ts';
export { type ImportKeyOptions, type ImportSecretOptions, importKey, importSecret } from './jwk/import.ts';
export type { Jwk } from './jwk/jwk.ts';
export { Key } from './jwk/key.ts';
export { type ImportPasswordOptions, importPassword } from './jwk/password.ts';
export { type ThumbprintHash, thumbprint, thumbprintUri } from './jwk/thumbprint.ts';
export { DecryptionKeys, importDecryptionKeys } from './jwks/decryption.ts';
export { type ImportEncryptionKeysOptions, importEncryptionKeys } from './jwks/encryption.ts';
export { type ImportJwksOptions, importJwks, type KeyFilter } from './jwks/import.ts';
export { KeySet, type SkippedKey } from './jwks/set.ts';
export type { KeySource } from './jwks/source.ts';
export { type SignJwsOptions, signJws, type VerifiedJws, type VerifyJwsOptions, verifyJws } from './jws/compact.ts';
export {
  type FlattenedJws,
  type GeneralJws,
  type JwsJson,
  type JwsSignature,
  type JwsSigner,
  type SignatureOutcome,
  type SignJwsJsonOptions,
  signJwsJson,
  type VerifiedJwsJson,
  type VerifyJwsJsonOptions,
  verifyJwsJson,
} from './jws/json.ts';
export { checkClaims } from './jwt/claims.ts';
export { type DecryptExpected, DecryptedJwt, decryptJwt } from './jwt/decrypt.ts';
export { type EncryptJwtOptions, encryptJwt } from './jwt/encrypt.ts';
export type {
  Expected,
  ExpectedValue,
  ExpectedValues,
  JwtClaims,
  StandardSchemaV1,
  SubjectPrefix,
} from './jwt/expected.ts';
export type { IssuerTemplate } from './jwt/issuer-template.ts';
export {
  type NestedExpected,
  type NestedKeys,
  type NestingKeys,
  nestJwt,
  signNestedJwt,
  verifyNestedJwt,
} from './jwt/nested.ts';
export { type DraftJwtOptions, draftJwt, type JwtDraft, signJwt } from './jwt/sign.ts';
export { readUnverifiedJwt, type UnverifiedJwt } from './jwt/unverified.ts';
export { isVerifiedJwt, VerifiedJwt, verifyJwt } from './jwt/verify.ts';
export type { SignJwtOptions } from './jwt/write.ts';
export { type AdfsOptions, adfs } from './providers/adfs.ts';
export { type AlbOptions, type AlbVerifier, alb } from './providers/alb.ts';
export { type AppleOptions, apple } from './providers/apple.ts';
export { type Auth0Options, auth0 } from './providers/auth0.ts';
export { type ClerkOptions, clerk } from './providers/clerk.ts';
export { type CloudflareAccessOptions, cloudflareAccess } from './providers/cloudflare-access.ts';
export { type CognitoOptions, cognito } from './providers/cognito.ts';
export { type EntraOptions, entra } from './providers/entra.ts';
export { type EntraB2cOptions, entraB2c } from './providers/entra-b2c.ts';
export { type FirebaseOptions, firebase } from './providers/firebase.ts';
export { type FirebaseAppCheckOptions, firebaseAppCheck } from './providers/firebase-app-check.ts';
export { firebaseSession } from './providers/firebase-session.ts';
export { type GithubActionsOptions, githubActions } from './providers/github-actions.ts';
export { type GitlabOptions, gitlab } from './providers/gitlab.ts';
export { type GoogleOptions, google } from './providers/google.ts';
export { type GoogleIapOptions, googleIap } from './providers/google-iap.ts';
export { type IdTokenOptions, idToken } from './providers/id-token.ts';
export { type KeycloakOptions, keycloak } from './providers/keycloak.ts';
export { type KubernetesOptions, kubernetes } from './providers/kubernetes.ts';
export { type OktaOptions, okta } from './providers/okta.ts';
export { type SpiffeOptions, spiffe } from './providers/spiffe.ts';
export { discover, discoverJwks, type IssuerMetadata } from './remote/discovery.ts';
export type { JwksEvent } from './remote/events.ts';
export { type FetchedDocument, type FetchJwksOptions, type FetchOptions, fetchJwks } from './remote/fetch.ts';
export type { RequestHeaders } from './remote/headers.ts';
export { type HttpsFetchOptions, httpsFetch } from './remote/https-fetch.ts';
export type { DiscoverJwksOptions, DiscoverOptions, RemoteJwksOptions } from './remote/options.ts';
export { type RemoteJwks, remoteJwks } from './remote/remote.ts';
export type { JwksSnapshot } from './remote/snapshot.ts';
export type { JwksStatus } from './remote/state.ts';
export type { RingPolicy, RingPolicyOptions } from './ring/policy.ts';
export type { KeyState, RingAlgorithm } from './ring/ring.ts';
export type { AlgorithmTerm, RingKeyStatus, RingStatus, TimelineRow, TimelineSpan } from './ring/timeline.ts';
export {
  type RevocationNumber,
  type RotationNumber,
  type Simulation,
  simulate,
  type VerifierPolicyOptions,
} from './simulate/simulate.ts';
export type { SimulationStep } from './simulate/trace.ts';
export { fileStore } from './store/file.ts';
export { memoryStore } from './store/memory.ts';
export {
  type PostgresClient,
  type PostgresStore,
  type PostgresStoreOptions,
  postgresStore,
} from './store/postgres.ts';
export { type RedisClient, type RedisStoreOptions, redisStore } from './store/redis.ts';
export { createSeal, type Seal, type SealContext, type SealingKey } from './store/seal.ts';
export type { RingStore, StoredRing } from './store/store.ts';
export type { Duration, NumericDate } from './time.ts';
export { createVerifier } from './verifier/create.ts';
export { type DecryptWithOptions, decryptWith, type TokenDecrypter } from './verifier/decrypt-with.ts';
export type {
  SchemaIssuersOptions,
  TrustedIssuerOptions,
  VerifierIssuersOptions,
  VerifierOptions,
} from './verifier/options.ts';
export { createKeyVerifier, Verifier } from './verifier/verifier.ts';
