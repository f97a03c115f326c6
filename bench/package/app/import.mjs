// An ES module that imports the package alone, as tsx runs it.

import * as imported from 'barejose';
import * as alone from 'barejose/jwt/verify';
import check from './check.cjs';

await check(imported, { ...imported, ...alone });
console.log('one copy');
