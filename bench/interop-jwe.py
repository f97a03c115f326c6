"""jwcrypto and Authlib encrypt and decrypt. Started by interop-jwe.mjs: python3 interop-jwe.py

Says their versions in one line; then a line of JSON comes in for each message, and one goes out:
{"peer", "form": "compact" | "flattened" | "general", "alg", "enc", "keys": [JWK…]} and "plaintext" in base64, to encrypt to the keys, or
"message", to decrypt with the first of them.
"""
import base64
import json
import sys

import authlib
from authlib.jose import JsonWebEncryption, JsonWebKey
from jwcrypto import jwe, jwk

try:
    from importlib.metadata import version
    JWCRYPTO = version("jwcrypto")
except Exception:  # a package without its metadata is as good
    JWCRYPTO = ""


def by_jwcrypto(asked):
    keys = [jwk.JWK(**members) for members in asked["keys"]]
    if "message" in asked:
        message = jwe.JWE()
        text = asked["message"]
        message.deserialize(text if isinstance(text, str) else json.dumps(text), keys[0])
        return message.payload
    algs, enc = asked["algs"], asked["enc"]
    protected = {"enc": enc} if len(keys) > 1 else {"enc": enc, "alg": algs[0]}
    message = jwe.JWE(asked["plaintext"], protected=json.dumps(protected))
    for alg, key in zip(algs, keys):
        message.add_recipient(key, header=json.dumps({"alg": alg}) if len(keys) > 1 else None)
    return message.serialize(compact=asked["form"] == "compact")


AUTHLIB = JsonWebEncryption()


def by_authlib(asked):
    keys = [JsonWebKey.import_key(members) for members in asked["keys"]]
    if "message" in asked:
        text = asked["message"]
        if asked["form"] == "compact":
            return AUTHLIB.deserialize_compact(text, keys[0])["payload"]
        return AUTHLIB.deserialize_json(text, keys[0])["payload"]
    algs, enc = asked["algs"], asked["enc"]
    if asked["form"] == "compact":
        header = {"alg": algs[0], "enc": enc}
        return AUTHLIB.serialize_compact(header, asked["plaintext"], keys[0]).decode()
    header = {"protected": {"alg": algs[0], "enc": enc}}
    if asked["form"] == "general":
        header["recipients"] = [{"header": {"kid": key.kid}} for key in keys]
    return AUTHLIB.serialize_json(header, asked["plaintext"], keys)


PEERS = {"jwcrypto": by_jwcrypto, "Authlib": by_authlib}


def answer(asked):
    if "plaintext" in asked:
        asked["plaintext"] = base64.b64decode(asked["plaintext"])
    try:
        made = PEERS[asked["peer"]](asked)
    except Exception as error:  # whatever it raises is a failure; which one is told
        return {"error": f"{type(error).__name__}: {error}"}
    return {"plaintext": base64.b64encode(made).decode()} if "message" in asked else {"message": made}


print(json.dumps({"jwcrypto": JWCRYPTO, "Authlib": authlib.__version__}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
