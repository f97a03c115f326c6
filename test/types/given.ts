// What the fixtures beside this file start from. They are compiled, never run.
import type { Expected, Key, KeySet } from '../../src/index.ts';

export declare const token: string;
export declare const key: Key;
export declare const keys: KeySet;
export declare const createVerifyOptions: Expected;
