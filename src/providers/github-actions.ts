// Tokens of GitHub Actions, which name the repository and the job that asked for them.

import type { SubjectPrefix } from '../jwt/expected.ts';
import { checkArgumentCount, isPlainObject, type OptionRules } from '../options.ts';
import type { TrustedIssuerOptions } from '../verifier/options.ts';
import {
  aRemote,
  claimsAskedFor,
  keysAt,
  NAME,
  type OneOrSeveral,
  type RemoteOption,
  readGiven,
  rulesOf,
  textLike,
  textsLike,
} from './given.ts';

/** At least one of `repository`, `repositoryId` and `subject` must be given. */
export interface GithubActionsOptions extends RemoteOption {
  /** The audience that your workflow asks for; one of your own, such as 'https://api.example.com', or several. */
  readonly audience: OneOrSeveral;
  /** 'OWNER/NAME', or several. A name can pass to another owner, an id cannot. */
  readonly repository?: OneOrSeveral | undefined;
  /** The id of the repository, as a string of digits, or several. */
  readonly repositoryId?: OneOrSeveral | undefined;
  /**
   * The whole sub, such as 'repo:octo-org/app:ref:refs/heads/main', or several; or the beginning for one owner, { prefix:
   * 'repo:octo-org/' }. Newer repositories have ids in it: 'repo:octo-org@1234/app@5678:ref:…'; `repositoryId` fits both.
   * A sub by a template of the repository's own, which names no owner, needs `repository` beside it.
   */
  readonly subject?: OneOrSeveral | SubjectPrefix | undefined;
  /** The git ref, such as 'refs/heads/main', or several. */
  readonly ref?: OneOrSeveral | undefined;
  /** The deployment environment that the job references, or several. */
  readonly environment?: OneOrSeveral | undefined;
  /**
   * The file of the (reusable) workflow with its ref, 'OWNER/NAME/.github/workflows/FILE@REF', or several:
   * job_workflow_ref.
   */
  readonly workflow?: OneOrSeveral | undefined;
  /**
   * The issuer of GitHub Enterprise: 'https://HOST/_services/token', or with the slug of an enterprise that has an issuer
   * of its own. Its keys are discovered. Default 'https://token.actions.githubusercontent.com'.
   */
  readonly issuer?: string | undefined;
}

const GITHUB = 'https://token.actions.githubusercontent.com';
const A_SUBJECT = /* @__PURE__ */ textsLike(
  /^[\w-]+:[^\s*]+$/,
  "a whole sub without wildcards such as 'repo:octo-org/app:ref:refs/heads/main', or a beginning such as { prefix: 'repo:octo-org/' }",
);

const GITHUB_ACTIONS_OPTIONS: OptionRules<GithubActionsOptions> = /* @__PURE__ */ rulesOf(() => ({
  audience: textsLike(NAME, "the audience that your workflow asks for such as 'https://api.example.com'"),
  repository: textsLike(/^[\w-]+\/[\w.-]+$/, "a repository such as 'octo-org/app'"),
  repositoryId: textsLike(/^[1-9]\d*$/, "the id of a repository as a string such as '123456'"),
  subject: [(value) => A_SUBJECT[0](value) || isOwnerPrefix(value), A_SUBJECT[1]],
  ref: textsLike(/^refs\/\S+$/, "a whole git ref such as 'refs/heads/main'"),
  environment: textsLike(NAME, "a deployment environment such as 'production'"),
  workflow: textsLike(
    /^[\w-]+\/[\w.-]+\/\.github\/workflows\/[^@]+@\S+$/,
    "a workflow file with its ref such as 'octo-org/app/.github/workflows/deploy.yml@refs/heads/main'",
  ),
  issuer: textLike(
    /^(?!.*(?:\.\.|[^:]\/\/))https:\/\/[a-z0-9.:-]+(?:\/[\w./-]*[\w-])?$/,
    "an issuer such as 'https://github.example.com/_services/token', without a final slash",
  ),
  remote: aRemote,
}));

/** Whether a prefix holds the whole name of an owner: 'repo:octo' would also be that of octo-evil. */
function isOwnerPrefix(value: unknown): boolean {
  if (!isPlainObject(value) || Object.keys(value).join() !== 'prefix') return false;
  return /^repo:[\w-]+(@\d+)?\/\S*$/.test(String(value.prefix));
}

/**
 * Whether each sub names the owner of the repository. A repository may choose a template of which other parts are
 * anyone's.
 */
function namesOwner(subject: GithubActionsOptions['subject']): boolean {
  if (subject === undefined) return false;
  if (isOwnerPrefix(subject)) return true;
  return [subject].flat().every((sub) => /^repo:[\w@.-]+\/|(^|:)repository(_id|_owner|_owner_id)?:/.test(String(sub)));
}

/**
 * Issuer options for tokens of GitHub Actions (OpenID Connect reference). The signature is RS256; iss is that of GitHub
 * and the audience yours. Any repository of the world can have a token for your audience, so `repository`, `repositoryId`
 * or `subject` must be given. `ref`, `environment` and `workflow` narrow it: without them, any job that can run in the
 * repository is accepted, also on an unreviewed branch.
 *
 * @throws TypeError naming the option
 */
export function githubActions(options: GithubActionsOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, githubActions);
  const { audience, subject, issuer, remote, ...asked } = readGiven(options, GITHUB_ACTIONS_OPTIONS, ['audience']);
  const { repository, repositoryId: repository_id, ref, environment, workflow: job_workflow_ref } = asked;
  if (repository === undefined && repository_id === undefined && !namesOwner(subject))
    throw new TypeError(
      "options.repository must be given, such as 'octo-org/app', or repositoryId, or a subject that names its owner: " +
        'else any repository of the world passes',
    );
  return {
    issuer: issuer ?? GITHUB,
    audience,
    subject,
    claims: claimsAskedFor({ repository, repository_id, ref, environment, job_workflow_ref }),
    algorithms: ['RS256'],
    ...(issuer === undefined ? { keys: keysAt(`${GITHUB}/.well-known/jwks`, remote) } : { remote }),
  };
}
