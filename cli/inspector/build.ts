/** `npm run build:page` and `npm run build:playground`: writes the page's folder to the path that is given. */
import { bundlePage } from './bundle.ts';

const [to = 'dist/inspector', ...options] = process.argv.slice(2);
await bundlePage({ to, readable: options.includes('--readable') });
process.stderr.write(`${to}: the inspector, for any web server\n`);
