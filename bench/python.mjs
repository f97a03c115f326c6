// A program in Python that answers each line of JSON with one; its first line tells the versions of its packages.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Starts a program of this folder in the first Python that has its modules, since the first one there is may be one of its own,
 * with none of Debian's packages; `undefined` where none has them.
 */
export function startPython(modules, script, args = [], env = {}) {
  const commands = [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter((command) => command !== undefined);
  const python = commands.find((command) => spawnSync(command, ['-c', `import ${modules}`]).status === 0);
  if (!python) return undefined;
  const path = fileURLToPath(new URL(script, import.meta.url));
  const options = { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] };
  const child = spawn(python, ['-W', 'ignore', path, ...args], options);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  const versions = next();
  return {
    versions,
    /** One question at a time. An answer with an `error` is thrown. */
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { error, ...answer } = await next();
      if (error) throw new Error(error);
      return answer;
    },
    end: () => child.kill(),
  };
}
