// Service-account tokens of a Kubernetes cluster, verified by a workload inside it.
import { checkArgumentCount, type OptionRules } from '../options.ts';
import { httpsFetch } from '../remote/https-fetch.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import {
  aRemote,
  keysAt,
  NAME,
  type OneOrSeveral,
  type RemoteOption,
  readGiven,
  rulesOf,
  textLike,
  textsLike,
  withDefaults,
} from './given.ts';

export interface KubernetesOptions extends RemoteOption {
  /** Your own audience, which callers ask their projected token for; or several. */
  readonly audience: OneOrSeveral;
  /** The namespace of the callers. Default: every namespace of the cluster. */
  readonly namespace?: string | undefined;
  /**
   * The service account of the callers, or several, in `namespace`, which must then be given. Default: every one of the
   * namespace.
   */
  readonly serviceAccount?: OneOrSeveral | undefined;
  /**
   * The cluster's service-account issuer. Default 'https://kubernetes.default.svc.cluster.local'; managed clusters have
   * one of their own.
   */
  readonly issuer?: string | undefined;
  /** The origin of the API server. Default 'https://kubernetes.default.svc'. */
  readonly apiServer?: string | undefined;
  /** The certificates of the cluster's authority, in PEM. Default 'ca.crt' where pods have it mounted. */
  readonly caFile?: string | undefined;
  /** Your own token, which the API server asks for. Default 'token' where pods have it mounted. */
  readonly tokenFile?: string | undefined;
}

const MOUNTED = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Reads a file. node:fs/promises is loaded here, since at import it would take longer than the code of all providers. */
const readFile = (path: string) => process.getBuiltinModule('node:fs/promises').readFile(path);

/** RFC 1123 names: a label, and labels with dots between them. */
const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const LABELS = /^(?!.*(?:\.[.-]|-\.))[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

const KUBERNETES_OPTIONS: OptionRules<KubernetesOptions> = /* @__PURE__ */ rulesOf(() => ({
  audience: textsLike(NAME, "your own audience such as 'https://api.example.com'"),
  namespace: textLike(LABEL, "the name of a namespace such as 'payments'"),
  serviceAccount: textsLike(LABELS, "the name of a service account such as 'checkout'"),
  issuer: textLike(NAME, "the cluster's issuer such as 'https://kubernetes.default.svc.cluster.local'"),
  apiServer: textLike(
    /^https:\/\/([a-z0-9.-]+|\[[\da-f:]+\])(:\d+)?$/,
    "the https origin of the API server such as 'https://kubernetes.default.svc', without a path",
  ),
  caFile: textLike(/./, `the path of a file such as '${MOUNTED}/ca.crt'`),
  tokenFile: textLike(/./, `the path of a file such as '${MOUNTED}/token'`),
  remote: aRemote,
}));

/**
 * Issuer options for service-account tokens (Configure Service Accounts for Pods, Service account issuer discovery). The
 * keys come from the API server, under the cluster's own authority and with your own token; both files rotate, and are
 * read for each request. iss, aud and exp are checked, the last of which old tokens of Secrets lack; sub is
 * `system:serviceaccount:NAMESPACE:NAME`. The signature is RS256, or ECDSA in clusters with such keys. A token of a pod
 * that was deleted verifies until exp; only TokenReview can tell.
 *
 * @throws TypeError naming the option. A file that cannot be read is ERR_JWKS_UNAVAILABLE at the verifier's calls
 */
export function kubernetes(options: KubernetesOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, kubernetes);
  const {
    audience,
    namespace,
    serviceAccount,
    issuer = 'https://kubernetes.default.svc.cluster.local',
    apiServer = 'https://kubernetes.default.svc',
    caFile = `${MOUNTED}/ca.crt`,
    tokenFile = `${MOUNTED}/token`,
    remote,
  } = readGiven(options, KUBERNETES_OPTIONS, ['audience']);
  const access = {
    fetch: httpsFetch({ ca: () => readFile(caFile) }),
    headers: async () => ({ authorization: `Bearer ${(await readFile(tokenFile)).toString().trim()}` }),
  };
  return {
    issuer,
    audience,
    subject: subjectOf(namespace, serviceAccount),
    algorithms: ['RS256', 'ES256', 'ES384', 'ES512'],
    keys: keysAt(`${apiServer}/openid/v1/jwks`, withDefaults(access, remote)),
  };
}

function subjectOf(
  namespace: string | undefined,
  serviceAccount: OneOrSeveral | undefined,
): TrustedIssuerOptions['subject'] {
  const prefix = 'system:serviceaccount:';
  if (serviceAccount === undefined) return { prefix: namespace === undefined ? prefix : `${prefix}${namespace}:` };
  // A name alone would be that of an account in every namespace.
  if (namespace === undefined)
    throw new TypeError("options.namespace must be given with serviceAccount, such as 'payments'");
  return [serviceAccount].flat().map((name) => `${prefix}${namespace}:${name}`);
}
