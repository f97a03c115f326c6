import { firebaseAppCheck } from '../../src/index.ts';
import { failing, NOW, publishedAs, RSA_KEY, testOptions, testProvider } from '../support/provider.ts';

const APP = '1:123456789:web:0a1b2c3d4e5f';

const given = {
  provider: firebaseAppCheck,
  options: { projectNumber: '123456789', appId: APP },
  documents: { 'https://firebaseappcheck.googleapis.com/v1/jwks': publishedAs('github-actions', RSA_KEY) },
  header: { typ: 'JWT' },
  claims: {
    sub: APP,
    aud: ['projects/123456789', 'projects/my-project-1a2b3'],
    provider: 'recaptcha_v3',
    iss: 'https://firebaseappcheck.googleapis.com/123456789',
    iat: NOW - 60,
    exp: NOW + 3_540,
    jti: '0Zbz0kVlPwVXC9CBPTNYc8jhjBSRCJqLJwT7EPMA0vM',
  },
};

testProvider('firebaseAppCheck', {
  ...given,
  twins: {
    'of any app, where none is asked for': { options: { appId: undefined }, claims: { sub: '1:123456789:ios:ff' } },
    'of one of several apps': { options: { appId: ['1:123456789:ios:ff', APP] } },
    'of another app': { claims: { sub: '1:123456789:ios:ff' }, refused: failing('sub mismatch') },
    'of another project': {
      claims: { iss: 'https://firebaseappcheck.googleapis.com/987654321' },
      refused: failing('iss mismatch'),
    },
    'for another project': { claims: { aud: ['projects/987654321'] }, refused: failing('aud mismatch') },
    'for the project by its bare number': { claims: { aud: '123456789' }, refused: failing('aud mismatch') },
    'without typ': { header: { typ: undefined }, refused: failing('header.typ missing') },
    'of another typ': { header: { typ: 'at+jwt' }, refused: failing('header.typ mismatch') },
    'without sub': { claims: { sub: undefined }, refused: failing('sub missing') },
    'without sub, where no app is asked for': {
      options: { appId: undefined },
      claims: { sub: undefined },
      refused: failing('sub missing'),
    },
    'an ID token of the project': {
      claims: { iss: 'https://securetoken.google.com/my-project-1a2b3', aud: 'my-project-1a2b3' },
      refused: failing('iss mismatch', 'aud mismatch'),
    },
  },
});

testOptions(given, [
  [{ projectNumber: undefined }, "options.projectNumber must be given: the number of a project as a string such as '1"],
  [{ projectNumber: 'my-project-1a2b3' }, 'options.projectNumber must be the number of a project'],
  [{ projectNumber: 123456789 }, 'options.projectNumber must be the number of a project'],
  [{ appId: 'com.example.app' }, "options.appId must be the id of an app such as '1:123456789:web:0a1b2c'"],
  [{ appId: [] }, 'options.appId must be the id of an app'],
  [{ appid: APP }, 'options.appid is not an option; appId is'],
]);
