// Jest, with its default configuration.

const library = require('barejose');
const alone = require('barejose/jwt/verify');
const check = require('./check.cjs');

test('a token signed and verified', () => check(library, { ...library, ...alone }));

test('an error is of the class that the package exports', () => {
  expect(() => alone.verifyJwt('a.b.c', library.importSecret('k'.repeat(32), { alg: 'HS256' }), {})).toThrow(TypeError);
});
