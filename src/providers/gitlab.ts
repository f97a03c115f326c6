// ID tokens of GitLab CI/CD, which name the project and the job that they were made for.
import { checkArgumentCount, type OptionRules } from '../options.ts';
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

/** At least one of `projectPath`, `projectId` and `subject` must be given. */
export interface GitlabOptions extends RemoteOption {
  /** The aud of the job's `id_tokens`; one of your own, such as 'https://api.example.com', or several. */
  readonly audience: OneOrSeveral;
  /** The instance, which is its issuer, without a final slash. Default 'https://gitlab.com'. */
  readonly url?: string | undefined;
  /** 'GROUP/PROJECT', with subgroups, or several. A path can pass to another project, an id cannot. */
  readonly projectPath?: OneOrSeveral | undefined;
  /** The id of the project, as a string of digits, or several. */
  readonly projectId?: OneOrSeveral | undefined;
  /** The whole sub, such as 'project_path:my-group/app:ref_type:branch:ref:main', or several. */
  readonly subject?: OneOrSeveral | undefined;
  /** The name of the branch or tag, such as 'main', without refs/heads/; or several. */
  readonly ref?: OneOrSeveral | undefined;
  /** Whether `ref` is a branch or a tag, which can have one name. */
  readonly refType?: 'branch' | 'tag' | undefined;
  /** true: the branch or tag must be protected. Default: unchecked. */
  readonly refProtected?: true | undefined;
  /** The environment that the job deploys to, or several. */
  readonly environment?: OneOrSeveral | undefined;
}

const GITLAB_OPTIONS: OptionRules<GitlabOptions> = /* @__PURE__ */ rulesOf(() => ({
  audience: textsLike(NAME, "the aud of the job's id_tokens such as 'https://api.example.com'"),
  url: textLike(
    /^(?!.*(?:\.\.|[^:]\/\/))https:\/\/[a-z0-9.:-]+(?:\/[\w./-]*[\w-])?$/,
    "the URL of an instance such as 'https://gitlab.example.com', without a final slash",
  ),
  projectPath: textsLike(/^(?!.*\/\/)[\w.-]+\/[\w./-]*[\w.-]$/, "the path of a project such as 'my-group/app'"),
  projectId: textsLike(/^[1-9]\d*$/, "the id of a project as a string such as '123456'"),
  subject: textsLike(/^[\w-]+:\S+$/, "a whole sub such as 'project_path:my-group/app:ref_type:branch:ref:main'"),
  ref: textsLike(/^(?!refs\/)\S+$/, "the name of a branch or tag such as 'main', without refs/heads/ before it"),
  refType: [(value) => value === 'branch' || value === 'tag', "'branch' or 'tag'"],
  refProtected: [(value) => value === true, 'true, or left out'],
  environment: textsLike(NAME, "an environment such as 'production'"),
  remote: aRemote,
}));

/**
 * Issuer options for ID tokens of GitLab CI/CD (OpenID Connect authentication using ID tokens). The signature is RS256,
 * iss the instance and the audience yours. Any project of the instance can have a token for your audience, so
 * `projectPath`, `projectId` or `subject` must be given. `ref`, `refType`, `refProtected` and `environment` narrow it:
 * without them, any job of the project is accepted.
 *
 * @throws TypeError naming the option
 */
export function gitlab(options: GitlabOptions): TrustedIssuerOptions {
  checkArgumentCount(arguments.length, gitlab);
  const {
    audience,
    url = 'https://gitlab.com',
    subject,
    remote,
    ...asked
  } = readGiven(options, GITLAB_OPTIONS, ['audience']);
  const { projectPath: project_path, projectId: project_id, ref, refType: ref_type, environment } = asked;
  if (project_path === undefined && project_id === undefined && subject === undefined)
    throw new TypeError(
      "options.projectPath must be given, such as 'my-group/app', or projectId or subject: " +
        'else any project of the instance passes',
    );
  const ref_protected = asked.refProtected && 'true'; // GitLab writes it as a string.
  return {
    issuer: url,
    audience,
    subject,
    claims: claimsAskedFor({ project_path, project_id, ref, ref_type, ref_protected, environment }),
    algorithms: ['RS256'],
    keys: keysAt(`${url}/oauth/discovery/keys`, remote),
  };
}
