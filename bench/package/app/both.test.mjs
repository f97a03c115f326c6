// Test runners that run ES modules: Jest with --experimental-vm-modules, and Vitest.

import * as imported from 'barejose';
import check from './check.cjs';
import required from './required.cjs';

test('one copy for import and require', () => check(imported, required));
