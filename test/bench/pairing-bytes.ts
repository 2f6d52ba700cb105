/** Where things stand in udp-punch's datagrams (machines/udp-punch/codec.ts), for a baseline that knows no codec. */
export const ROOM_IN_REQUEST = 24;
export const MEMBER_IN_REQUEST = 60;
export const MEMBER_IN_ANSWER = 24;
/** With an IPv4 address and an alternate. */
export const MAPPED_SIZE = 68;
/** The same with the other peer's two endpoints. */
export const INTRODUCED_SIZE = 108;
