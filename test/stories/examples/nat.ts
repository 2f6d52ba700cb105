/** What the NATs before this host do. */
import { check } from '../../../index.ts';

const { verdict, mapping, filtering } = await check({ stun: process.argv.slice(2) });
console.log({ verdict, mapping, filtering });
