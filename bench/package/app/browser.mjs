// What must not be built for a browser.

import { verifyJwt } from 'barejose';

console.log(verifyJwt);
