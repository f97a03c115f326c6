// The same from CommonJS in TypeScript, as tsx and ts-node run it.

import imported = require('barejose');
import alone = require('barejose/jwt/verify');

const check: (one: object, other: object) => Promise<void> = require('./check.cjs');

check(imported, { ...imported, ...alone }).then(() => console.log('one copy'));
