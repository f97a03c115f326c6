// The declarations of the adapter of jsonwebtoken, in each way that code imports it.
import { createSecretKey } from 'node:crypto';
import * as star from '../../src/compat/jsonwebtoken.cjs';
import jwt, {
  type GetPublicKeyOrSecret,
  JsonWebTokenError,
  type JwtPayload,
  verify,
} from '../../src/compat/jsonwebtoken.cjs';

const secret: jwt.Secret = createSecretKey(Buffer.alloc(32));
const options: jwt.SignOptions = { algorithm: 'HS256', expiresIn: '1h', subject: 'user' };
const token: string = jwt.sign({ role: 'admin' }, secret, options);
const payload: JwtPayload | string = star.verify(token, secret, { algorithms: ['HS256'], audience: /^api/ });
export const role: string = typeof payload === 'string' ? '' : payload.role.name;
export const complete: star.Jwt = verify(token, secret, { complete: true });
export const decoded: JwtPayload | null = jwt.decode(token, { json: true });

const getKey: GetPublicKeyOrSecret = (header, callback) => callback(null, header.kid === 'k' ? secret : undefined);
jwt.verify(token, getKey, { issuer: 'i' }, (error, found) => {
  if (error instanceof jwt.TokenExpiredError) error.expiredAt.getTime();
  if (error instanceof JsonWebTokenError) throw error.inner;
  if (typeof found === 'object') found.sub?.length;
});
jwt.sign({}, secret, (error, signed) => signed?.length ?? error?.message);

class OwnError extends JsonWebTokenError {}
export const own: jwt.VerifyErrors = new OwnError('own');

jwt.verify(token, secret, { algorithm: ['HS256'] }); // must not compile: algorithms is the option
jwt.sign({}, secret, { expiresIn: true }); // must not compile: a number or text
export const sub: number = complete.signature; // must not compile: text
