import { describe, expect, test } from 'vitest';
import { createVerifier, githubActions } from '../../src/index.ts';
import {
  discovered,
  failing,
  NOW,
  providerToken,
  publishedAs,
  RSA_KEY,
  simulatedProvider,
  testOptions,
  testProvider,
} from '../support/provider.ts';

const ISSUER = 'https://token.actions.githubusercontent.com';
const AUDIENCE = 'https://api.example.com';
const WORKFLOW = 'octo-org/automation/.github/workflows/deploy.yml@refs/heads/main';
const SUB = 'repo:octo-org/app:environment:production';
const jwks = publishedAs('github-actions', RSA_KEY);

const given = {
  provider: githubActions,
  options: {
    audience: AUDIENCE,
    repository: 'octo-org/app',
    repositoryId: '74',
    subject: SUB,
    ref: 'refs/heads/main',
    environment: 'production',
    workflow: WORKFLOW,
  },
  documents: { [`${ISSUER}/.well-known/jwks`]: jwks },
  header: { typ: 'JWT', x5t: 'WNvW1J4RMxZ6vDWDWFq9ZYcxOhw' },
  claims: {
    jti: 'example-id',
    sub: SUB,
    environment: 'production',
    aud: AUDIENCE,
    ref: 'refs/heads/main',
    ref_protected: 'true',
    ref_type: 'branch',
    sha: '93b0c9f0ce4c8a8a2d5d4b4e4dd3f1b1f0e0d0c0',
    repository: 'octo-org/app',
    repository_id: '74',
    repository_owner: 'octo-org',
    repository_owner_id: '65',
    repository_visibility: 'private',
    actor: 'octocat',
    actor_id: '12',
    run_id: '5554',
    run_number: '10',
    run_attempt: '2',
    runner_environment: 'github-hosted',
    event_name: 'workflow_dispatch',
    workflow: 'deploy',
    job_workflow_ref: WORKFLOW,
    iss: ISSUER,
    nbf: NOW - 660,
    iat: NOW - 60,
    exp: NOW + 240,
  },
};
const none = {
  repositoryId: undefined,
  subject: undefined,
  ref: undefined,
  environment: undefined,
  workflow: undefined,
};
const onlyId = { ...none, repository: undefined, repositoryId: '74' };
const onlySubject = { ...none, repository: undefined };

testProvider('githubActions', {
  ...given,
  twins: {
    'of a job on any branch, where the repository alone is asked for': {
      options: none,
      claims: { ref: 'refs/pull/3/merge', sub: 'repo:octo-org/app:pull_request', environment: undefined },
    },
    'of a renamed repository, by its id alone': { options: onlyId, claims: { repository: 'octo-org/renamed' } },
    'of one of several subjects': { options: { ...onlySubject, subject: ['repo:octo-org/web:pull_request', SUB] } },
    'of any repository of an owner': {
      options: { ...onlySubject, subject: { prefix: 'repo:octo-org/' } },
      claims: { repository: 'octo-org/other', sub: 'repo:octo-org/other:pull_request' },
    },
    'of any job of a repository, by their ids in sub': {
      options: { ...onlySubject, subject: { prefix: 'repo:octo-org@65/app@74:' } },
      claims: { sub: 'repo:octo-org@65/app@74:ref:refs/heads/main' },
    },
    'of an owner whose name begins alike': {
      options: { ...onlySubject, subject: { prefix: 'repo:octo-org/' } },
      claims: { sub: 'repo:octo-org-evil/app:environment:production' },
      refused: failing('sub mismatch'),
    },
    'of another repository': { claims: { repository: 'octo-org/other' }, refused: failing('repository mismatch') },
    'of another repository, by its id alone': {
      options: onlyId,
      claims: { repository_id: '75' },
      refused: failing('repository_id mismatch'),
    },
    'of a repository in other letters': {
      claims: { repository: 'Octo-Org/app' },
      refused: failing('repository mismatch'),
    },
    'of another subject': { claims: { sub: 'repo:octo-org/app:pull_request' }, refused: failing('sub mismatch') },
    'of another branch': { claims: { ref: 'refs/heads/evil' }, refused: failing('ref mismatch') },
    'of a tag with the name of the branch': { claims: { ref: 'refs/tags/main' }, refused: failing('ref mismatch') },
    'of another environment': { claims: { environment: 'staging' }, refused: failing('environment mismatch') },
    'of a job without an environment': { claims: { environment: undefined }, refused: failing('environment missing') },
    'for the default audience, its owner': {
      claims: { aud: 'https://github.com/octo-org' },
      refused: failing('aud mismatch'),
    },
    'of an enterprise’s own issuer': { claims: { iss: `${ISSUER}/octo-inc` }, refused: failing('iss mismatch') },
    'not valid yet': { claims: { nbf: NOW + 1 }, refused: failing('nbf too-early') },
  },
});

const SERVER = 'https://github.example.com/_services/token';

testProvider('githubActions of an Enterprise Server', {
  ...given,
  options: { ...given.options, issuer: SERVER },
  documents: discovered(SERVER, `${SERVER}/.well-known/jwks`, jwks),
  claims: { ...given.claims, iss: SERVER },
  twins: { 'of github.com': { claims: { iss: ISSUER }, refused: failing('iss mismatch') } },
});

testOptions(given, [
  [{ audience: undefined }, 'options.audience must be given: the audience that your workflow asks for'],
  [{ ...none, repository: undefined }, "options.repository must be given, such as 'octo-org/app', or repositoryId, or"],
  [{ repository: 'app' }, "options.repository must be a repository such as 'octo-org/app'"],
  [{ repository: 'octo-org/*' }, 'options.repository must be a repository'],
  [{ repository: 'https://github.com/octo-org/app' }, 'options.repository must be a repository'],
  [{ repositoryId: 74 }, "options.repositoryId must be the id of a repository as a string such as '123456'"],
  [
    { subject: 'octo-org/app' },
    "options.subject must be a whole sub without wildcards such as 'repo:octo-org/app:ref:refs/heads/main'",
  ],
  [{ subject: 'repo:octo-org/*' }, 'options.subject must be a whole sub without wildcards'],
  [
    { repository: undefined, repositoryId: undefined, subject: 'environment:production' },
    'options.repository must be given',
  ],
  [
    { repository: undefined, repositoryId: undefined, subject: [SUB, 'ref:refs/heads/main'] },
    'options.repository must be given',
  ],
  [{ subject: { prefix: 'repo:octo-org' } }, 'options.subject must be a whole sub'],
  [{ subject: { prefix: 'repo:' } }, 'options.subject must be a whole sub'],
  [{ subject: { prefix: 'repo:octo-org/', suffix: '' } }, 'options.subject must be a whole sub'],
  [{ ref: 'main' }, "options.ref must be a whole git ref such as 'refs/heads/main'"],
  [{ environment: '' }, 'options.environment must be a deployment environment'],
  [{ workflow: 'deploy.yml' }, 'options.workflow must be a workflow file with its ref'],
  [{ issuer: `${ISSUER}/` }, 'options.issuer must be an issuer'],
  [{ issuer: 'https://github.example.com//x' }, 'options.issuer must be an issuer'],
  [{ issuer: 'https://github.example.com/../x' }, 'options.issuer must be an issuer'],
  [{ issuer: 'http://github.example.com' }, 'options.issuer must be an issuer'],
  [{ repo: 'octo-org/app' }, 'options.repo is not an option'],
]);

describe('several repositories', () => {
  test('in a list that the caller changes later', () => {
    const repository = ['octo-org/app'];
    const options = githubActions({ audience: AUDIENCE, repository });
    repository.push('evil/app');
    expect(options.claims).toEqual({ repository: ['octo-org/app'] });
    expect(() => createVerifier(options)).not.toThrow();
  });
});

// Beside the table, which takes the long name of this claim in an error for text of the token.
describe('workflow', () => {
  const verify = (job_workflow_ref: string | undefined, workflow: string | readonly string[] = WORKFLOW) => {
    const { remote } = simulatedProvider(given.documents);
    const options = githubActions({ audience: AUDIENCE, repository: 'octo-org/app', workflow, remote });
    const claims = { ...given.claims, job_workflow_ref };
    return createVerifier({ ...options, clock: () => NOW }).verify(providerToken({ claims }));
  };

  test('of the workflow at its ref', async () => {
    expect(await verify(WORKFLOW)).toMatchObject({ claims: { job_workflow_ref: WORKFLOW } });
    expect(await verify(WORKFLOW, [WORKFLOW.replace('deploy', 'test'), WORKFLOW])).toBeDefined();
  });
  test.each([
    ['of another file', WORKFLOW.replace('deploy', 'other'), 'mismatch'],
    ['at another ref', WORKFLOW.replace('heads/main', 'heads/evil'), 'mismatch'],
    ['of another repository', WORKFLOW.replace('automation', 'other'), 'mismatch'],
    ['without one', undefined, 'missing'],
  ])('refused: %s', async (_, ref, reason) => {
    await expect(verify(ref)).rejects.toMatchObject({
      code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
      failures: [{ claim: 'job_workflow_ref', reason }],
    });
  });
});
