// An ES module that imports the package beside a dependency that requires it, and a subpath.

import * as imported from 'barejose';
import * as alone from 'barejose/jwt/verify';
import check from './check.cjs';
import required from './required.cjs';

await check(imported, required);
await check(required, { ...imported, ...alone });
console.log('one copy');
