// Vitest's own file, so that it does not take the repository's.

export default { test: { globals: true, include: ['*.test.mjs'] } };
