/** NAT checks as casts for any world, and their machines: by STUN (RFC 5780, RFC 3489), and by the three roles of seed 001. */
export type { Behaviour } from './behaviour.ts';
export { type Outlook, PEERS, type Prospect, prospectsOf } from './prospects.ts';
export { stunClient } from './stun-client.ts';
export { checkCodec } from './stun-messages.ts';
export { STUN_PORT, stunCheck } from './stun-scenario.ts';
export { stunServer, stunServerCodec, type StunServerInput } from './stun-server.ts';
export { type Checked, ofOneFamily } from './stun-session.ts';
export { textAssist } from './text-assist.ts';
export type { Checked as TextChecked, TextClientInput } from './text-check.ts';
export { textClient } from './text-client.ts';
export { NAT_CHECK_PORT, natCheckText } from './text-scenario.ts';
export { textServer } from './text-server.ts';
export { textCodec } from './text.ts';
export type { Verdict } from './verdict.ts';
