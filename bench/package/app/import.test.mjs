// Jest 30 with --experimental-vm-modules: the package imported alone. See .ci/exports.mjs for both ways at once.

import * as imported from 'barejose';
import * as alone from 'barejose/jwt/verify';
import check from './check.cjs';

test('a token signed and verified', () => check(imported, { ...imported, ...alone }));
