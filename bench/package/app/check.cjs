// A token's trip over two ways to the package: a key of the one is given to the other, so they must be one copy.

module.exports = async (one, other) => {
  const claims = { iss: 'https://issuer.example', aud: 'api', sub: 'someone' };
  for (const alg of ['ES256', 'HS256']) {
    const key = await one.generateKey(alg);
    const token = one.signJwt(claims, key, { expiresIn: '5m' });
    const jwt = other.verifyJwt(token, key.type === 'secret' ? key : key.publicKey(), {
      issuer: claims.iss,
      audience: 'api',
    });
    if (jwt.claims.sub !== 'someone') throw new Error('the claims came back wrong');
  }
  if (one.verifyJwt !== other.verifyJwt) throw new Error('two copies of barejose');
};
