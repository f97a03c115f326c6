import { gitlab } from '../../src/index.ts';
import { failing, NOW, publishedAs, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const AUDIENCE = 'https://api.example.com';
const SUB = 'project_path:my-group/app:ref_type:branch:ref:main';
const jwks = publishedAs('github-actions', RSA_KEY);

const given = {
  provider: gitlab,
  options: {
    audience: AUDIENCE,
    projectPath: 'my-group/app',
    projectId: '20',
    subject: SUB,
    ref: 'main',
    refType: 'branch',
    refProtected: true,
    environment: 'production',
  } as const,
  documents: { 'https://gitlab.com/oauth/discovery/keys': jwks },
  header: { typ: 'JWT' },
  claims: {
    namespace_id: '72',
    namespace_path: 'my-group',
    project_id: '20',
    project_path: 'my-group/app',
    user_id: '1',
    user_login: 'ada',
    user_email: 'ada@example.com',
    user_access_level: 'developer',
    pipeline_id: '574',
    pipeline_source: 'push',
    job_id: '302',
    ref: 'main',
    ref_type: 'branch',
    ref_path: 'refs/heads/main',
    ref_protected: 'true',
    environment: 'production',
    environment_protected: 'false',
    deployment_tier: 'production',
    runner_id: 1,
    runner_environment: 'self-hosted',
    sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    project_visibility: 'private',
    jti: '235b3a54-b797-45c7-ae9a-f72d7bc6ef5b',
    iss: 'https://gitlab.com',
    iat: NOW - 60,
    nbf: NOW - 65,
    exp: NOW + 3_540,
    sub: SUB,
    aud: AUDIENCE,
  },
};
const none = {
  projectId: undefined,
  subject: undefined,
  ref: undefined,
  refType: undefined,
  refProtected: undefined,
  environment: undefined,
};

testProvider('gitlab', {
  ...given,
  twins: {
    'of a job on any branch, where the project alone is asked for': {
      options: none,
      claims: { ref: 'feature', ref_protected: 'false', environment: undefined, sub: `${SUB}-2` },
    },
    'of a moved project, by its id alone': {
      options: { ...none, projectPath: undefined, projectId: ['20', '21'] },
      claims: { project_path: 'other-group/app' },
    },
    'of another project': { claims: { project_path: 'my-group/other' }, refused: failing('project_path mismatch') },
    'of a project in a subgroup': {
      claims: { project_path: 'my-group/app/x' },
      refused: failing('project_path mismatch'),
    },
    'of another project, by its id': { claims: { project_id: '21' }, refused: failing('project_id mismatch') },
    'whose id is a number': { claims: { project_id: 20 }, refused: failing('project_id mismatch') },
    'of another subject': {
      claims: { sub: 'project_path:my-group/app:ref_type:tag:ref:main' },
      refused: failing('sub mismatch'),
    },
    'of another branch': { claims: { ref: 'evil' }, refused: failing('ref mismatch') },
    'of a tag with the name of the branch': { claims: { ref_type: 'tag' }, refused: failing('ref_type mismatch') },
    'of a branch that is not protected': {
      claims: { ref_protected: 'false' },
      refused: failing('ref_protected mismatch'),
    },
    'whose ref_protected is no string': { claims: { ref_protected: true }, refused: failing('ref_protected mismatch') },
    'of another environment': { claims: { environment: 'staging' }, refused: failing('environment mismatch') },
    'of a job without an environment': { claims: { environment: undefined }, refused: failing('environment missing') },
    'for another audience': { claims: { aud: 'https://vault.example.com' }, refused: failing('aud mismatch') },
    'of another instance': { claims: { iss: 'https://gitlab.example.com' }, refused: failing('iss mismatch') },
    'of the host without https, as old CI_JOB_JWTs have it': {
      claims: { iss: 'gitlab.com' },
      refused: failing('iss mismatch'),
    },
  },
});

const URL = 'https://git.example.com/gitlab';

testProvider('gitlab of one’s own', {
  ...given,
  options: { ...given.options, url: URL },
  documents: { [`${URL}/oauth/discovery/keys`]: jwks },
  claims: { ...given.claims, iss: URL },
  twins: { 'of gitlab.com': { claims: { iss: 'https://gitlab.com' }, refused: failing('iss mismatch') } },
});

testOptions(given, [
  [{ audience: undefined }, "options.audience must be given: the aud of the job's id_tokens"],
  [{ ...none, projectPath: undefined }, "options.projectPath must be given, such as 'my-group/app', or projectId or"],
  [{ url: 'https://gitlab.example.com/' }, 'options.url must be the URL of an instance'],
  [{ url: 'http://gitlab.example.com' }, 'options.url must be the URL of an instance'],
  [{ url: 'https://gitlab.example.com?x' }, 'options.url must be the URL of an instance'],
  [{ projectPath: 'app' }, "options.projectPath must be the path of a project such as 'my-group/app'"],
  [{ projectPath: 'my-group//app' }, 'options.projectPath must be the path of a project'],
  [{ projectPath: 'my-group/app/' }, 'options.projectPath must be the path of a project'],
  [{ projectPath: 'my-group/*' }, 'options.projectPath must be the path of a project'],
  [{ projectId: 20 }, "options.projectId must be the id of a project as a string such as '123456'"],
  [{ subject: { prefix: 'project_path:my-group/' } }, 'options.subject must be a whole sub'],
  [{ ref: 'refs/heads/main' }, "options.ref must be the name of a branch or tag such as 'main', without refs/heads/"],
  [{ refType: 'branches' }, "options.refType must be 'branch' or 'tag'"],
  [{ refProtected: 'true' }, 'options.refProtected must be true, or left out'],
  [{ refProtected: false }, 'options.refProtected must be true, or left out'],
  [{ environment: '' }, 'options.environment must be an environment'],
  [{ project_path: 'my-group/app' }, 'options.project_path is not an option; projectPath is'],
]);
