// What must compile with neither: each line with the mark.
import jwt from 'jsonwebtoken';
import jwksClient from 'jwks-rsa';

jwt.sign({}, 'secret', { expiresIn: true }); // must not compile
jwt.sign({}, 'secret', { algorithm: 'HS257' }); // must not compile
jwt.verify('token', 'secret', { algorithm: ['HS256'] }); // must not compile
jwt.verify('token', 'secret', { issuer: /x/ }); // must not compile
const text: string = jwt.verify('token', 'secret'); // must not compile
jwksClient({ rateLimit: true }); // must not compile
jwksClient({ jwksUri: 5 }); // must not compile
const key: string = jwksClient({ jwksUri: text }).getSigningKey('k'); // must not compile
key.at(0);
