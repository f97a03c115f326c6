"""PyJWT and Authlib as clients of a key set at a URL. Started by clients.mjs: python3 clients.py <url> <issuer> <audience>

Says its versions in one line; then a line of JSON comes in for each token, {"client", "token", "passed"}, and one goes out.
"""
import json
import sys
import time

import authlib
import jwt
import requests
from authlib.jose import JsonWebKey, JsonWebToken

URL, ISSUER, AUDIENCE = sys.argv[1:]
ALGORITHMS = ["RS256", "ES256", "EdDSA"]

# The clock by which PyJWKClient lets its cache grow old, moved on by what has passed in the simulation.
passed = 0
real_monotonic = time.monotonic
time.monotonic = lambda: real_monotonic() + passed

# Its documentation: "Retrieve RSA signing keys from a JWKS endpoint", with the cache it has by itself.
jwks_client = jwt.PyJWKClient(URL)


def by_pyjwt(token):
    key = jwks_client.get_signing_key_from_jwt(token).key
    return jwt.decode(token, key, algorithms=ALGORITHMS, audience=AUDIENCE, issuer=ISSUER)


# Its documentation: "Use dynamic keys". Authlib fetches nothing itself and keeps nothing.
def load_key(header, _payload):
    return JsonWebKey.import_key_set(requests.get(URL, timeout=10).json()).find_by_kid(header["kid"])


def by_authlib(token):
    options = {"iss": {"essential": True, "value": ISSUER}, "aud": {"essential": True, "value": AUDIENCE}}
    claims = JsonWebToken(ALGORITHMS).decode(token, load_key, claims_options=options)
    claims.validate()
    return claims


CLIENTS = {"PyJWT": by_pyjwt, "Authlib": by_authlib}


def answer(client, token):
    try:
        return {"sub": CLIENTS[client](token)["sub"]}
    except Exception as error:  # whatever it raises is a refusal; which one is told
        return {"error": f"{type(error).__name__}: {error}"}


print(json.dumps({"PyJWT": jwt.__version__, "Authlib": authlib.__version__}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    passed = asked["passed"]
    print(json.dumps(answer(asked["client"], asked["token"])), flush=True)
