// Starts @musistudio/llms with one provider: llms.cjs FOLDER PORT UPSTREAM, the package being in FOLDER/node_modules.
const [folder, port, upstream] = process.argv.slice(2);
const loaded = require(require.resolve('@musistudio/llms', { paths: [folder] }));
const Server = loaded.default ?? loaded;
const provider = { name: 'mock', api_base_url: upstream + 'v1/chat/completions', api_key: 'none', models: ['bench-free'] };
new Server({ logger: false, initialConfig: { HOST: '127.0.0.1', PORT: port, providers: [provider] } }).start();
