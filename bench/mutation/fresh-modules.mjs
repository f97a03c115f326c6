// A hook of Node's module loader: what a module with `?fresh=N` imports of src and test has `?fresh=N`, too. With another N, all of it
// is loaded anew.
const FRESH = /[?&]fresh=(\d+)/;

export async function resolve(specifier, context, nextResolve) {
  const resolved = await nextResolve(specifier, context);
  const fresh = FRESH.exec(context.parentURL ?? '')?.[1];
  if (!fresh || !resolved.url.startsWith('file:') || resolved.url.includes('/node_modules/')) return resolved;
  const url = new URL(resolved.url);
  url.searchParams.set('fresh', fresh);
  return { ...resolved, url: url.href };
}
