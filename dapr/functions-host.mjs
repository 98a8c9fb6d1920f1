// Prints dapr.yaml as it is for the official Functions host: node dapr/functions-host.mjs > dapr/dapr.functions.yaml
// The official worker runs under that host only, so its apps are started by the Azure Functions Core Tools, in the folder of their program.
import { readFileSync } from 'node:fs';

const template = readFileSync(new URL('dapr.yaml', import.meta.url), 'utf8');
const hosted = ['Ncn.Gateway', 'Ncn.ChainEvents'];
const apps = template.split(/^(?= {2}- appID: )/m).map(app => {
  const program = hosted.find(name => app.includes(`/${name}.dll"]`));
  if (!program) return app;
  const port = app.match(/^ {4}appPort: (\d+)$/m)[1];
  return app
    .replace(/^ {4}appDirPath: .*$/m, `    appDirPath: ../artifacts/bin/${program}/release`)
    .replace(/^ {4}command: .*$/m, `    command: ["func", "start", "--no-build", "--port", "${port}"]`);
});
process.stdout.write(apps.join(''));
