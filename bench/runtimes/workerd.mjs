// workerd's configuration for the service, beside a copy of its modules: a capnp file embeds what lies below it.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
// The main module comes first.
const MODULES = ['bench/runtimes/worker.mjs', 'bench/runtimes/service.mjs', 'dist/index.js', 'dist/verify.js'];

/** @returns the arguments of workerd */
export function workerdArguments(folder, date, issuers) {
  for (const file of MODULES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  const modules = MODULES.map((file) => `(name = "${file}", esModule = embed "${file}")`);
  const config = join(folder, 'config.capnp');
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "loopback", network = (allow = ["private"]))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
const main :Workerd.Worker = (
  modules = [${modules.join(', ')}],
  bindings = [(name = "ISSUERS", json = ${JSON.stringify(JSON.stringify(issuers))})],
  compatibilityDate = "${date}", compatibilityFlags = ["nodejs_compat"], globalOutbound = "loopback"
);
`,
  );
  return ['serve', config, '--control-fd=3'];
}
