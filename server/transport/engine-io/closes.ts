/** RFC 6455, section 7.4.1; also what sessions over long-polling are said to have closed with. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_PROTOCOL_ERROR = 1002;
