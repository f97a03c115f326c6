// Where the Node processes of a process group are: each is stopped by the inspector, also in an endless loop, tells its stack and
// is ended, so that the next one can have the inspector's port.
//   node --experimental-websocket .ci/stacks.mjs GROUP
import { execFileSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

const PORT = 9229;
const PATIENCE = 5_000;
const [group = ''] = process.argv.slice(2);
const list = execFileSync('ps', ['-eo', 'pgid=,pid=,args='], { encoding: 'utf8' });

for (const line of list.split('\n')) {
  const [pgid, pid, program, ...args] = line.trim().split(/\s+/);
  if (pgid !== group || !/node$/.test(program)) continue;
  console.log(`process ${pid}: ${args.join(' ').slice(-100)}`);
  const target = await open(Number(pid)).catch(() => undefined);
  if (target) await tell(new WebSocket(target)).catch((error) => console.log(`  ${error}`));
  process.kill(Number(pid), 'SIGKILL');
  await pause(1_000);
}

async function open(pid) {
  process.kill(pid, 'SIGUSR1');
  await pause(1_000);
  const [{ webSocketDebuggerUrl }] = await (await fetch(`http://127.0.0.1:${PORT}/json`)).json();
  return webSocketDebuggerUrl;
}

function tell(socket) {
  const urls = new Map();
  let id = 0;
  const send = (method) => socket.send(JSON.stringify({ id: ++id, method, params: {} }));
  return new Promise((resolve, reject) => {
    const idle = setTimeout(() => {
      console.log('  idle: it waits');
      resolve();
    }, PATIENCE);
    socket.onerror = () => reject(new Error('no inspector'));
    socket.onopen = () => ['Debugger.enable', 'Debugger.pause'].forEach(send);
    socket.onmessage = ({ data }) => {
      const { method, params } = JSON.parse(data);
      if (method === 'Debugger.scriptParsed') urls.set(params.scriptId, params.url);
      if (method !== 'Debugger.paused') return;
      clearTimeout(idle);
      for (const { functionName, location } of params.callFrames.slice(0, 20))
        console.log(`  ${functionName || '(anonymous)'} ${urls.get(location.scriptId)}:${location.lineNumber + 1}`);
      resolve();
    };
  }).finally(() => socket.close());
}
