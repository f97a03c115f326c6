// node bundle.mjs TOOL node|workerd|browser FOLDER: bundles app/both.mjs for Node or, with esbuild, as Wrangler does for workerd,
// and runs it in Node; or app/browser.mjs for a browser.

import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [tool, platform, folder] = process.argv.slice(2);
const browser = platform === 'browser';
const entry = fileURLToPath(new URL(browser ? 'app/browser.mjs' : 'app/both.mjs', import.meta.url));
const file = join(folder, 'bundle.mjs');
const external = [...builtinModules, /^node:/];

/** Wrangler's conditions, in a build that is otherwise one for browsers. */
const WORKERD = { platform: 'browser', conditions: ['workerd', 'worker', 'browser'], external: ['node:*'] };

const tools = {
  async esbuild() {
    const { build } = await import('esbuild');
    // A bundle of CommonJS parts wants the `require` of Node, which is esbuild's own advice.
    const banner = {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    };
    await build({
      entryPoints: [entry],
      outfile: file,
      bundle: true,
      format: 'esm',
      ...(platform === 'workerd' ? WORKERD : { platform }),
      ...(browser ? {} : { banner }),
    });
  },
  async rollup() {
    const { rollup } = await import('rollup');
    const { default: nodeResolve } = await import('@rollup/plugin-node-resolve');
    const { default: commonjs } = await import('@rollup/plugin-commonjs');
    const bundle = await rollup({ input: entry, external, plugins: [nodeResolve({ browser }), commonjs()] });
    await bundle.write({ file, format: 'es' });
  },
  async webpack() {
    const { default: webpack } = await import('webpack');
    const output = {
      path: folder,
      filename: 'bundle.mjs',
      ...(browser ? {} : { module: true, chunkFormat: 'module' }),
    };
    const target = browser ? 'web' : 'node20';
    const settings = { mode: 'production', entry, target, output, experiments: { outputModule: !browser } };
    const stats = await new Promise((done, failed) =>
      webpack(settings, (error, made) => (error ? failed(error) : done(made))),
    );
    if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
  },
  async vite() {
    const { build } = await import('vite');
    const output = { entryFileNames: 'bundle.mjs' };
    const made = {
      outDir: folder,
      minify: false,
      rollupOptions: { input: entry, output },
      ...(browser ? {} : { ssr: true }),
    };
    await build({ configFile: false, logLevel: 'error', build: made, ssr: { noExternal: true } });
  },
};

await tools[tool]();
await import(pathToFileURL(file).href);
