// jsonwebtoken over barejose: `require('barejose/compat/jsonwebtoken')` in its place. What behaves otherwise: README.md
// here.
import { decode } from './jsonwebtoken-decode.ts';
import { JsonWebTokenError, NotBeforeError, TokenExpiredError } from './jsonwebtoken-errors.ts';
import { sign } from './jsonwebtoken-sign.ts';
import { verify } from './jsonwebtoken-verify.ts';

/** The module as an object, whose members tests may replace. */
const jsonwebtoken = { decode, verify, sign, JsonWebTokenError, NotBeforeError, TokenExpiredError };

// By the last name, `require` of this ES module returns the object itself.
export {
  decode,
  JsonWebTokenError,
  jsonwebtoken as default,
  jsonwebtoken as 'module.exports',
  NotBeforeError,
  sign,
  TokenExpiredError,
  verify,
};
